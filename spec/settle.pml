/* Settling a change: src/tiered/settle.cc, the one piece of code behind every failure and recovery.
 * Fence, read, delete, end the entry (protocol.md, "Settle"). The first two are written with their
 * callers, as only they know where to go on.
 */

/* What is left to be done, as decided when the row was read. */
#define DELETE_NEW  1
#define DELETE_OLD  2
#define KEEP_ENTRY  4 /* as swept later */
#define UPLOAD_OVER 8 /* known from the start: nobody will make `new` exist any more */

/* By the row as it is: what it does not point to is deleted. */
#ifdef EXPIRED_IS_ABSENT /* to the settler's clock, which may be any */
#define AS_SEEN(pointed) ((deadline != 0) -> 0 : (pointed))
#else
#define AS_SEEN(pointed) (pointed)
#endif
inline read_and_plan(w, plan)
{
  plan = (plan & UPLOAD_OVER) |
         ((NEW_OF(w) & ~AS_SEEN(POINTED(row))) -> DELETE_NEW : 0) |
         ((old[w] & ~AS_SEEN(POINTED(row))) -> DELETE_OLD : 0);
  if
#ifndef FORGET_SWEPT_LATER
  :: (plan & DELETE_NEW) && !(plan & UPLOAD_OVER) -> plan = plan | KEEP_ENTRY
#endif
  :: else -> skip
  fi
}

/* Settlement::clean, options of a loop. A deletion that fails leaves the entry as it is: that is a
 * settler who stops here.
 */
#define CLEAN(w, plan) \
  :: d_step { \
       plan & DELETE_NEW -> \
       printf("process %d: deletes blob %d, the new one of change %d\n", _pid, w, w); \
       plan = plan & ~DELETE_NEW; \
       discard(BIT(w)) \
     } \
  :: d_step { \
       (plan & (DELETE_NEW | DELETE_OLD)) == DELETE_OLD -> \
       printf("process %d: deletes the old blob of change %d\n", _pid, w); \
       plan = plan & ~DELETE_OLD; \
       discard(old[w]) \
     } \
  :: d_step { \
       !(plan & (DELETE_NEW | DELETE_OLD)) -> \
       end_entry(w, plan); \
       plan = 0 \
     }; \
     break

inline end_entry(w, plan)
{
  if
  :: plan & KEEP_ENTRY ->
     printf("process %d: keeps entry %d as swept later\n", _pid, w);
     keep_swept_later(w)
  :: else ->
     printf("process %d: removes entry %d\n", _pid, w);
     if
     :: LATE_REMOVE && HAS(ENTRIES, w) -> ADD(late_remove, w)
     :: else -> skip
     fi;
     remove_entry(w)
  fi
}
