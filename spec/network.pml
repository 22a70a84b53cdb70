/* Requests whose sender has given up waiting for the reply, or has the reply while a second copy
 * is under way. Each may be applied at any later time, and more than once: a request in flight
 * stays in flight. That covers those that are lost, too. Where a request is sent, the sender
 * either sees it applied, or sees nothing and the request is in flight.
 */
byte late_intent;
byte late_record; /* the first record, and heartbeats */
byte late_remove;
byte late_finish;
byte late_commit;
byte late_fence;
byte late_small;
/* A small write in flight never lives beside a second stamp of its writer, but in mutants. */
#if defined(FRESH_STAMP_ON_RESEND) || defined(GO_ON_IN_DOUBT) || defined(REFUSED_ARE_REPEATED)
byte late_stamp[W + 1];
#define LATE_STAMP(w) late_stamp[w]
#define KEEP_LATE_STAMP(w) late_stamp[w] = my_stamp[w]
#else
#define LATE_STAMP(w) my_stamp[w]
#define KEEP_LATE_STAMP(w) skip
#endif

/* When the row is written, what can never again be applied is dropped: the stamp that a late
 * intent or small write asks for does not come back, and without an intent no commit matches.
 */
inline forget_late_requests()
{
#ifndef STAMPS_MAY_FALL
  late_intent = 0;
  late_commit = late_commit & open;
#if W >= 1
  if
  :: LATE_STAMP(1) <= stamp -> DROP(late_small, 1)
  :: else -> skip
  fi;
#endif
#if W >= 2
  if
  :: LATE_STAMP(2) <= stamp -> DROP(late_small, 2)
  :: else -> skip
  fi;
#endif
#if W >= 3
  if
  :: LATE_STAMP(3) <= stamp -> DROP(late_small, 3)
  :: else -> skip
  fi;
#endif
#else
  skip
#endif
}


/* Deliveries that change nothing are left out. */
#define DELIVERIES(w) \
  :: d_step { \
       LATE_INTENT && HAS(late_intent, w) && INTENT_HOLDS(w) && !HAS(open, w) && \
         !HAS(fenced, w) -> \
       printf("network: a copy of intent %d is applied\n", w); \
       set_open(w) \
     } \
  :: d_step { \
       LATE_COMMIT && HAS(late_commit, w) && COMMIT_HOLDS(w) -> \
       printf("network: commit %d is applied late\n", w); \
       commit_attempt(w) \
     } \
  :: d_step { \
       LATE_SMALL && HAS(late_small, w) && SMALL_HOLDS(w, LATE_STAMP(w)) -> \
       printf("network: small write %d is applied late\n", w); \
       become_visible(w, STATE_OF(w), LATE_STAMP(w)) \
     } \
  :: d_step { \
       LATE_FINISH && HAS(late_finish, w) -> \
       printf("network: upload %d finishes late\n", w); \
       DROP(late_finish, w); \
       finish_upload(w) \
     } \
  :: d_step { \
       LATE_RECORD && HAS(late_record, w) && !HAS(logged, w) -> \
       printf("network: entry %d is recorded late\n", w); \
       record_entry(w) \
     } \
  :: d_step { \
       LATE_REMOVE && HAS(late_remove, w) && HAS(ENTRIES, w) -> \
       printf("network: entry %d is removed late\n", w); \
       remove_entry(w) \
     } \
  :: d_step { \
       LATE_FENCE && HAS(late_fence, w) && !HAS(fenced, w) -> \
       printf("network: fence %d is applied late\n", w); \
       set_fenced(w) \
     }

proctype Network()
{
end:
  do
  DELIVERIES(1)
#if W >= 2
  DELIVERIES(2)
#endif
#if W >= 3
  DELIVERIES(3)
#endif
#if W >= 4
  DELIVERIES(4)
#endif
  od
}
