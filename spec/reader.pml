/* A read: Reader::find. What it returns is what the row pointed to at one moment during the read;
 * that there is something to be returned is I7. Blobs keep their names and are never written
 * again, so bytes of two objects can't mix.
 */
#ifdef READER
proctype Reader()
{
  byte as_read;
  byte missing; /* where the row pointed the last time, without a blob there */

end_read:
  if
  :: d_step {
       IS_REDIRECT(row) && !EXPIRED ->
       as_read = row;
       printf("reader: reads the row: by %d\n", BY(row))
     }
  fi;
  if
  :: d_step {
       POINTED(as_read) & ~blobs ->
       printf("reader: finds no blob\n");
#ifdef ONE_LOOK
       CLAIM(I7_no_false_alarm, false);
#endif
       CLAIM(I7_no_false_alarm, as_read != missing);
       missing = as_read
     };
     goto end_read
  :: d_step { POINTED(as_read) & blobs -> as_read = 0; missing = 0 }
  fi;
  goto end_read
}
#endif
