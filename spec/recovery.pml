/* Recovery: src/changelog/recovery.cc and Settlement::settle. It may take up any entry at any
 * moment, beside its owner and beside others: there is no staleness and no claim in the model, as
 * they only save work. It may give up after every step, which is a crash or a failed request.
 */
#define GIVE_UP \
  d_step { true -> w = 0; plan = 0 }; \
  goto end_idle

/* An entry that can't be settled is put aside, as it is then, and released some time later. */
#ifdef QUARANTINE
#define PUT_ASIDE \
  :: d_step { \
       HAS(logged | swept, w) -> \
       printf("recovery %d: puts entry %d aside\n", _pid, w); \
       put_aside(w); \
       w = 0; \
       plan = 0 \
     }; \
     goto end_idle
#define RELEASE(i) \
    :: d_step { \
         HAS(aside, i) -> \
         printf("recovery %d: releases entry %d\n", _pid, i); \
         release(i) \
       }; \
       goto end_idle
#else
#define PUT_ASIDE
#define RELEASE(i)
#endif

proctype Recoverer()
{
  byte w;    /* the change that it settles */
  byte plan; /* settle.pml */

end_idle:
  atomic {
    if
#ifdef SWEPT_STAYS
#define IS_DUE(i) false
#else
#define IS_DUE(i) HAS(swept, i)
#endif
#define TAKE_UP(i) \
    :: HAS(logged, i) -> w = i; printf("recovery %d: takes up entry %d\n", _pid, i) \
    :: IS_DUE(i) -> \
       w = i; \
       plan = UPLOAD_OVER; \
       if \
       :: DUE(i) -> upload_ends_by_itself(i) \
       :: else -> skip \
       fi; \
       printf("recovery %d: takes up entry %d, which is due to be swept\n", _pid, i) \
    RELEASE(i)
    TAKE_UP(1)
#if W >= 2
    TAKE_UP(2)
#endif
#if W >= 3
    TAKE_UP(3)
#endif
#if W >= 4
    TAKE_UP(4)
#endif
    fi
  };

#ifdef READ_BEFORE_FENCE
  d_step { read_and_plan(w, plan) };
#endif

  /* 1 Fence, until it is confirmed. */
fence:
  if
#ifdef DRAFT_DESIGN
  :: true
#else
  :: d_step {
       true ->
       printf("recovery %d: fences %d, found open: %d\n", _pid, w, HAS(open, w));
       note_fence(w);
       set_fenced(w)
     }
  :: d_step { LATE_FENCE && !HAS(late_fence, w) -> ADD(late_fence, w) };
     goto fence
#ifdef GO_ON_UNCONFIRMED
  :: d_step { true -> printf("recovery %d: fence %d is lost\n", _pid, w) }
#endif
#endif
  :: GIVE_UP
  PUT_ASIDE
  fi;

#ifndef READ_BEFORE_FENCE
  /* 2 Read. */
  if
  :: d_step {
       true ->
       read_and_plan(w, plan);
       printf("recovery %d: reads the row: by %d\n", _pid, BY(row))
     }
  :: GIVE_UP
  PUT_ASIDE
  fi;
#endif

  /* 3 and 4 Delete, end the entry. */
  do
  CLEAN(w, plan)
  :: GIVE_UP
  PUT_ASIDE
  od;
  w = 0;
  goto end_idle
}
