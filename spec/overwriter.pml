/* A plain write, of which others see two things: that it becomes visible, and that it deletes what
 * it has replaced.
 */
proctype Overwriter(byte w)
{
  d_step {
    invoked(w);
    old[w] = POINTED(row);
    record_entry(w);
    my_stamp[w] = STAMP(NUMBER(stamp) + 1, w);
    printf("writer %d: overwrites\n", w);
    become_visible(w, STATE_OF(w), my_stamp[w])
  };
  d_step {
    printf("writer %d: deletes what it has replaced\n", w);
    discard(old[w]);
    remove_entry(w);
    old[w] = 0
  }
}
