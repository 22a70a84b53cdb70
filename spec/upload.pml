/* A multipart upload, written ahead of the code. The writes 1..ATTEMPTS each try to complete it;
 * the blob that it makes is number 1.
 */

/* Under dead, whoever took it there or found it so: fence all, abort, read, delete, remove. */
inline bury(left, doomed)
{
  left = ever;
  do
#define FENCE_ONE(a) \
  :: d_step { \
       HAS(left, a) -> \
       DROP(left, a); \
       printf("process %d: under dead, fences %d\n", _pid, a); \
       note_fence(a); \
       set_fenced(a) \
     }
  FENCE_ONE(1)
#if ATTEMPTS >= 2
  FENCE_ONE(2)
#endif
#if ATTEMPTS >= 3
  FENCE_ONE(3)
#endif
  :: d_step {
       left == 0 ->
       printf("process %d: under dead, aborts the upload\n", _pid);
       session = false
     };
     break
  od;
  if
  :: d_step {
       true ->
       doomed = (BIT(UPLOAD) | replaced) & ~POINTED(row);
       printf("process %d: under dead, reads the row: by %d\n", _pid, BY(row))
     }
  fi;
  d_step {
    printf("process %d: under dead, deletes %d\n", _pid, doomed);
    discard(doomed);
    doomed = 0
  };
  d_step {
    if
    :: state == DEAD -> enter(GONE); replaced = 0; check()
    :: else -> skip
    fi
  }
}

proctype Completer(byte w)
{
  byte held; /* the nonce under which it holds the entry */
  byte left;
  byte doomed;
  bool in_doubt;
  bool found_open;

  d_step { invoked(w) };
#ifdef HOLD_BEFORE_INTENT
  if
  :: d_step { state == IDLE -> read_row_for(w); hold(w); held = nonce }
  :: state != IDLE -> goto done
  fi;
#endif

  /* 1 Read. */
read:
  if
  :: d_step {
       POINTED(row) != BIT(UPLOAD) ->
       read_row_for(w);
       printf("attempt %d: reads the row: by %d\n", w, BY(row))
     }
  :: POINTED(row) == BIT(UPLOAD) -> goto done /* success at once */
  fi;

  /* 2 Intent. */
  if
  :: d_step {
       INTENT_HOLDS(w) ->
       printf("attempt %d: sets its intent\n", w);
       set_open(w);
       if
       :: LATE_INTENT -> ADD(late_intent, w)
       :: else -> skip
       fi
     }
  :: goto read
  fi;

  /* 3 Hold. */
#ifndef HOLD_BEFORE_INTENT
  if
  :: d_step {
#ifdef SHARED_HOLD
       state == IDLE || state == HELD ->
#else
       state == IDLE ->
#endif
       printf("attempt %d: holds the entry\n", w);
       hold(w);
       held = nonce;
#ifdef BLIND_HEARTBEAT
       ADD(late_beat, w)
#endif
     }
  :: d_step {
       LATE_HOLD && state == IDLE ->
       ADD(late_hold, w);
       hold_nonce[w] = nonce;
       printf("attempt %d: its hold gets no reply\n", w)
     };
     goto done /* 503: recovery finds out */
  :: state != IDLE -> goto done /* 503, or the upload no longer exists */
  fi;
#endif

  /* 4 Complete; where that fails, the blob may be there all the same. */
  if
  :: d_step { session -> printf("attempt %d: completes the upload\n", w); complete_session() }
  :: d_step { !session && HAS(blobs, UPLOAD) -> printf("attempt %d: finds the blob\n", w) }
  :: d_step { session -> late_complete = true; printf("attempt %d: no reply\n", w) };
     goto failed
  :: !session && !HAS(blobs, UPLOAD) -> goto failed
  fi;

  /* 5 Commit. */
  if
  :: d_step {
       COMMIT_HOLDS(w) ->
       my_stamp[w] = NEXT_STAMP(w);
       printf("attempt %d: commits\n", w);
       commit_attempt(w);
       acknowledge(w)
     };
     goto committed
  :: d_step {
       !COMMIT_HOLDS(w) ->
       my_stamp[w] = NEXT_STAMP(w);
       printf("attempt %d: its commit is refused\n", w)
     }
  :: d_step {
       LATE_COMMIT ->
       my_stamp[w] = NEXT_STAMP(w);
       in_doubt = true;
       ADD(late_commit, w);
       printf("attempt %d: its commit gets no reply\n", w)
     }
  fi;
  d_step {
    found_open = HAS(open, w);
    printf("attempt %d: fences itself, found open: %d\n", w, found_open);
    note_fence(w);
    set_fenced(w)
  };
  atomic {
    if
    :: in_doubt && POINTED(row) == BIT(UPLOAD) ->
       printf("attempt %d: success, the row points to it\n", w);
       goto committed
    :: in_doubt && POINTED(row) != BIT(UPLOAD) && found_open -> goto failed
    :: else -> skip
    fi
  };
  atomic {
    if
    :: WRITTEN_SINCE(w) ->
       printf("attempt %d: success, ordered before a later write\n", w);
       acknowledge(w)
    :: else -> goto done /* 503: recovery has fenced it and given the entry back */
    fi
  };
  if
  :: d_step { nonce == held && state == HELD -> enter(DEAD) }
  :: !(nonce == held && state == HELD) -> goto done
  fi;
  bury(left, doomed);
  goto done;

committed:
  if
  :: d_step {
       POINTED(read_row[w]) & ~POINTED(row) ->
       doomed = POINTED(read_row[w]);
       discard(doomed);
       doomed = 0
     }
  :: !(POINTED(read_row[w]) & ~POINTED(row))
  fi;
  if
  :: d_step { nonce == held && state == HELD -> enter(GONE); replaced = 0; check() }
  :: !(nonce == held && state == HELD)
  fi;
  goto done;

failed: /* no commit of it is under way, or none that can match */
  if
  :: d_step {
       GIVES_BACK(held) ->
       printf("attempt %d: gives the entry back\n", w);
       give_back()
     }
  :: !GIVES_BACK(held)
  fi;
done:
  skip
}

proctype UploadRecoverer()
{
  byte seen; /* the nonce */
  byte whose;
  byte left;
  byte doomed;
  bool found_open;

end_idle:
  if
  :: d_step { state == HELD -> seen = nonce; whose = holder }
  :: d_step {
       state == IDLE ->
       printf("recovery %d: the upload is due, takes it to dead\n", _pid);
       enter(DEAD)
     };
     goto dead
  :: state == DEAD -> goto dead
  fi;
  if
  :: d_step {
       true ->
       found_open = HAS(open, whose);
       printf("recovery %d: fences attempt %d, found open: %d\n", _pid, whose, found_open);
       note_fence(whose);
       set_fenced(whose)
     }
  :: d_step { true -> seen = 0; whose = 0 };
     goto end_idle
  fi;
  if
  :: d_step {
       found_open && GIVES_BACK(seen) ->
       printf("recovery %d: gives the entry back\n", _pid);
       give_back();
       seen = 0;
       whose = 0;
       found_open = false
     };
     goto end_idle
  :: d_step {
       !found_open && nonce == seen ->
       printf("recovery %d: takes the upload to dead\n", _pid);
       enter(DEAD);
       seen = 0;
       whose = 0
     };
     goto dead
  :: d_step {
       true ->
       seen = 0;
       whose = 0;
       found_open = false
     };
     goto end_idle /* refused, or it stops here */
  fi;
dead:
  bury(left, doomed);
  goto end_idle
}

/* Late requests to the entry and to the store. */
proctype UploadNetwork()
{
end:
  do
  :: d_step { late_complete && session -> complete_session(); late_complete = false }
#define LATE_ENTRY(w) \
  :: d_step { \
       HAS(late_hold, w) && state == IDLE && nonce == hold_nonce[w] -> \
       printf("network: attempt %d holds the entry\n", w); \
       hold(w) \
     } \
  :: d_step { \
       HAS(late_beat, w) -> \
       printf("network: a heartbeat of attempt %d\n", w); \
       DROP(late_beat, w); \
       hold(w) \
     }
  LATE_ENTRY(1)
#if ATTEMPTS >= 2
  LATE_ENTRY(2)
#endif
#if ATTEMPTS >= 3
  LATE_ENTRY(3)
#endif
  od
}
