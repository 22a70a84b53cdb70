/* What happens by itself as time goes by, and the bump. */

#ifdef EXPIRES
proctype Clock()
{
end:
  do
  :: d_step { now < END_OF_TIME -> now++; printf("clock: %d\n", now) }
#ifdef CLOCK_STEPS_BACK
  :: d_step { now > 1 -> now--; printf("clock: %d\n", now) }
#endif
  /* RowSweeper::sweep: expired inline rows go, their stamp and intents stay. */
  :: d_step {
       EXPIRED && !IS_REDIRECT(row) ->
       row = ABSENT;
       SET_DEADLINE
     }
#ifdef LT_EXPIRES /* a long-term tier that removes expired blobs by itself */
  :: d_step {
       HAS(blobs, 0) && blob_deadline < now ->
       printf("clock: blob 0 has expired\n");
       DROP(blobs, 0);
       check()
     }
#endif
  od
}

/* Reader::bump_task, and the row's part of it: apply_bump. Its outcome matters to nobody, so one
 * that gets no reply is one that waits here.
 */
proctype Bumper()
{
  byte as_read;
  byte stamp_as_read;
  byte deadline_as_read;

end_read:
  if
  :: d_step {
       row >= INLINE && deadline != 0 && deadline < BUMPED && !EXPIRED ->
       as_read = row;
       stamp_as_read = stamp;
       deadline_as_read = deadline;
       printf("bump: reads the row\n")
     }
  fi;
#ifndef BUMP_ROW_FIRST
  if
  :: d_step {
       as_read == REDIRECT && HAS(blobs, 0) ->
       blob_deadline = BUMPED;
       printf("bump: extends the blob\n")
     }
  :: as_read == REDIRECT && !HAS(blobs, 0) -> goto done /* no bump of the row */
  :: as_read == INLINE
  fi;
#endif
end_bump:
  do
  :: d_step {
       row == as_read && stamp == stamp_as_read && deadline == deadline_as_read &&
#ifdef BUMP_AFTER_DEADLINE
         true ->
#else
         !EXPIRED ->
#endif
       deadline = BUMPED;
       printf("bump: moves the row's deadline\n");
       check()
     }
  od;
done:
  skip
}
#endif

#ifdef COLLECTS
/* Collection of stamps and intents after 7 days (collect_cells). No request is delivered that much
 * later than it was sent.
 */
byte too_old; /* small writes that are not sent again, as they were sent too long ago */
proctype Collector()
{
end:
  do
  /* The stamp of a delete of long ago. */
  :: d_step {
       row == ABSENT && stamp != 0 ->
       printf("collector: drops the first stamp\n");
       stamp = 0
     }
  /* That of a delete of this instance, 7 days later. */
  :: d_step {
       row > ABSENT && row < INLINE && stamp != 0 ->
       printf("collector: drops a stamp\n");
       stamp = 0;
       too_old = too_old | late_small;
       late_small = 0;
       late_intent = 0;
       late_commit = 0;
       late_fence = 0
     }
  /* Intents: their time is their writer's, whose clock may be slow by days, so they may go at any
   * time. A fence that was written since stays for as long as a copy of the intent is under way. */
#define COLLECT_INTENT(w) \
  :: d_step { \
       HAS(open, w) -> \
       printf("collector: drops intent %d\n", w); \
       DROP(open, w) \
     } \
  :: d_step { \
       HAS(fenced, w) && !HAS(late_intent, w) -> \
       printf("collector: drops fence %d\n", w); \
       DROP(fenced, w) \
     }
  COLLECT_INTENT(1)
#if W >= 2
  COLLECT_INTENT(2)
#endif
#if W >= 3
  COLLECT_INTENT(3)
#endif
  od
}
#define SENT_TOO_LONG_AGO(w) HAS(too_old, w)
#else
#define SENT_TOO_LONG_AGO(w) false
#endif
