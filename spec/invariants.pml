/* What must hold, and the history that has to be remembered for it. Nothing here has an effect on
 * what the processes do.
 */

/* A claim has a name, which a verifier's message then ends with; the names are never true. */
#define CLAIM(name, condition) assert((condition) || name)
bool I1_row_points_to_blob;
bool I2_write_has_its_place;
bool I2_no_write_twice;
bool I2_no_write_after_overwritten;
bool I2_only_expired_is_swept;
bool I3_no_orphan;
bool I4_deleted_for_good;
bool I5_fenced_or_committed;
bool I7_no_false_alarm;
bool I8_blob_outlives_row;
bool I9_log_drains;
bool stamps_grow;

byte applied;   /* writes that were visible at some time */
byte overtaken; /* writes during which another write became visible */
byte skipped;   /* writes answered with success because they were overtaken */
byte condemned; /* blobs whose deletion was asked for: it may arrive at any later time */
byte hopeless;  /* attempts that a confirmed fence has found open */

#ifdef LT_EXPIRES
#define EXCUSED (row == REDIRECT && EXPIRED)
#else
#define EXCUSED false
#endif

/* I3 is asked of every state, not only of those at rest: wherever processes stop for good, what
 * they leave is known to the log. I4 is asked in every state between the request for a deletion
 * and its arrival, so it covers deletions that come late or twice.
 */
inline check()
{
  CLAIM(I1_row_points_to_blob, (POINTED(row) & ~blobs) == 0 || EXCUSED);
  CLAIM(I3_no_orphan, (blobs & ~(POINTED(row) | NAMED_BY_ENTRIES | NAMED_BY_UPLOAD)) == 0);
  CLAIM(I4_deleted_for_good, (POINTED(row) & condemned) == 0);
  CLAIM(I8_blob_outlives_row, OUTLIVED)
}

inline invoked(w)
{
  DROP(overtaken, w)
}

/* A write becomes visible. Rows are read and written as a whole, so the order in which writes
 * become visible is a linearization if each has its place within its own time (acknowledge) and
 * none appears where it has no place.
 */
inline become_visible(w, state, new_stamp)
{
  CLAIM(I2_no_write_twice, !HAS(applied, w) || BY(row) == w);
  CLAIM(I2_no_write_after_overwritten, !HAS(skipped, w));
  CLAIM(I2_only_expired_is_swept, MAY_BE_SWEPT(w));
#ifndef STAMPS_MAY_FALL
  CLAIM(stamps_grow, new_stamp > stamp || KIND(w) == SWEEP);
#endif
  replace(state, new_stamp);
  ADD(applied, w);
  if
  :: KIND(w) != SWEEP -> overtaken = overtaken | (ALL_WRITES & ~BIT(w))
  :: else -> skip /* nobody asked for it: no other write can count as ordered before it */
  fi;
  forget_late_requests();
  check()
}

/* The same by a commit. */
inline commit_attempt(w)
{
  CLAIM(I5_fenced_or_committed, !HAS(hopeless, w));
  become_visible(w, STATE_OF(w), my_stamp[w])
}

/* The client is told that its write was done: it was visible, or another one was put over it. */
inline acknowledge(w)
{
  CLAIM(I2_write_has_its_place, HAS(applied, w) || HAS(overtaken, w));
  if
  :: HAS(applied, w) -> skip
  :: else -> ADD(skipped, w)
  fi
}

/* A confirmed fence, about to be written. */
inline note_fence(w)
{
  if
  :: HAS(open, w) -> ADD(hopeless, w)
  :: else -> skip
  fi
}

/* Of a writer that is done, what no late request needs. */
inline forget_writer(w)
{
  if
  :: HAS(late_intent | late_commit | late_small, w) -> skip
  :: else ->
     read_row[w] = 0;
     read_stamp[w] = 0;
     my_stamp[w] = 0
  fi
}

/* When nothing can happen any more. */
proctype Rest()
{
end:
  if
  :: timeout ->
     CLAIM(I9_log_drains, ENTRIES == 0 && NAMED_BY_UPLOAD == 0);
     CLAIM(I3_no_orphan, (blobs & ~POINTED(row)) == 0)
  fi
}
