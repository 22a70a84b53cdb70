/* One write, from the client's request to the answer and the cleaning behind it: LargePut,
 * SmallWrite and ProtectedWrite in src/tiered/. Numbers are the steps of protocol.md, "Large
 * writes".
 *
 * A writer that crashes is one that takes no further step: what is asked of every state holds
 * then, too. So there are no crashes to be seen here. Nor is there a guard with its heartbeats:
 * without it nothing breaks (ChangeGuard::valid is an economy).
 */
#ifdef IN_TURN /* the second client begins when the first has its answer */
byte writers_done;
#define IS_INVOKED(w) (w != 2 || HAS(writers_done, 1))
#define NOTE_DONE(w) ADD(writers_done, w)
#else
#define IS_INVOKED(w) true
#define NOTE_DONE(w) skip
#endif

#define FAST(w) (KIND(w) == SMALL || KIND(w) == DELETE)
#define NEEDS_ENTRY(w) (KIND(w) == LARGE || IS_REDIRECT(read_row[w]))

/* A write's second stamp is above the one it has seen, and above that of its fast request. */
#ifdef STAMP_IGNORES_SEEN
#define SEEN(w) 0
#else
#define SEEN(w) NUMBER(read_stamp[w])
#endif
#ifdef SLOW_IGNORES_FAST
#define SENT(w) 0
#else
#define SENT(w) NUMBER(my_stamp[w])
#endif
#define NEXT_STAMP(w) STAMP((SEEN(w) > SENT(w) -> SEEN(w) : SENT(w)) + 1, w)
#ifdef EXPIRY_LEAVES_A_STAMP
#define COMMIT_STAMP(w) NEXT_STAMP(w)
#else
#define COMMIT_STAMP(w) (KIND(w) == SWEEP -> read_stamp[w] : NEXT_STAMP(w))
#endif

/* ProtectedWrite::after_refusal: another write was committed meanwhile. */
#ifdef MISSING_STAMP_IS_A_DIFFERENCE
#define WRITTEN_SINCE(w) (stamp != read_stamp[w])
#else
#define WRITTEN_SINCE(w) (stamp > read_stamp[w])
#endif

inline answer_after_refusal(w)
{
  if
  :: WRITTEN_SINCE(w) && KIND(w) != SWEEP ->
     printf("writer %d: success, ordered before a later write\n", w);
     acknowledge(w)
  :: else -> printf("writer %d: 503\n", w)
  fi
}

inline answer_commit(w, in_doubt, found_open)
{
  if
  :: in_doubt && stamp == my_stamp[w] && KIND(w) != SWEEP ->
     printf("writer %d: success, found in the row\n", w);
     acknowledge(w)
  :: in_doubt && stamp != my_stamp[w] && found_open -> printf("writer %d: 503\n", w)
  :: else -> answer_after_refusal(w)
  fi
}

inline read_row_for(w)
{
  read_row[w] = row;
  read_stamp[w] = stamp;
  READ_DEADLINE(w)
}

proctype Writer(byte w)
{
  byte plan;       /* settle.pml */
  bool in_doubt;   /* the reply to the write or commit was lost */
  bool committing; /* a commit was sent, the client waits for what became of it */
  bool found_open;

end_invoked:
  atomic {
    IS_INVOKED(w);
    invoked(w);
    if
    :: KIND(w) == LARGE -> goto begin
    :: KIND(w) == SWEEP -> goto begin
    :: FAST(w) -> skip
    fi
  };

  /* Small writes: one conditional request, the same again while its outcome is unknown. The
   * writer's clock may be any, so its stamp may be below or above what the row has. */
  atomic {
    if
    :: my_stamp[w] = STAMP(1, w)
    :: my_stamp[w] = STAMP(2, w)
    :: my_stamp[w] = STAMP(3, w)
    fi
  };
fast:
  if
  :: d_step {
       SMALL_HOLDS(w, my_stamp[w]) && !SENT_TOO_LONG_AGO(w) ->
       printf("writer %d: small write is applied\n", w);
       become_visible(w, STATE_OF(w), my_stamp[w]);
       acknowledge(w)
     };
     goto done
  :: d_step {
       !SMALL_HOLDS(w, my_stamp[w]) && !in_doubt ->
#ifdef REFUSED_ARE_REPEATED
       ADD(late_small, w);
       KEEP_LATE_STAMP(w);
#endif
       printf("writer %d: small write is refused\n", w)
     };
     goto begin
  :: SENT_TOO_LONG_AGO(w) -> goto done
  :: d_step {
       !SMALL_HOLDS(w, my_stamp[w]) && in_doubt && stamp == my_stamp[w] ->
       printf("writer %d: success, its stamp is in the row\n", w);
       acknowledge(w)
     };
     goto done
  :: d_step {
       !SMALL_HOLDS(w, my_stamp[w]) && in_doubt && stamp != my_stamp[w] ->
       in_doubt = false;
       printf("writer %d: refused after an unknown outcome\n", w)
     };
#ifdef GO_ON_IN_DOUBT
     goto begin
#else
     goto done
#endif
  :: d_step {
       LATE_SMALL && !in_doubt && !SENT_TOO_LONG_AGO(w) ->
       in_doubt = true;
       ADD(late_small, w);
       KEEP_LATE_STAMP(w);
#ifdef FRESH_STAMP_ON_RESEND
       my_stamp[w] = my_stamp[w] + STAMP(1, 0);
#endif
       printf("writer %d: small write gets no reply\n", w)
     };
     goto fast
  fi;

begin:
#ifdef RECORD_BEFORE_INTENT /* of a large put where no blob is, so that nothing else is at fault */
  if
  :: d_step {
       KIND(w) == LARGE ->
       printf("writer %d: records its entry\n", w);
       record_entry(w)
     }
  :: KIND(w) != LARGE
  fi;
#endif

  /* 1 Read. */
end_read:
  if
  :: d_step {
       BEGINS(w) ->
       read_row_for(w);
       printf("writer %d: reads the row: by %d\n", w, BY(row))
     }
  fi;

  /* 2 Intent. Refused or unknown: again with another id. Nobody ever looks at what the former
   * attempt may leave, so it is left out. */
#ifndef DRAFT_DESIGN
  if
  :: d_step {
       INTENT_HOLDS(w) ->
       printf("writer %d: sets its intent\n", w);
       set_open(w);
       if
       :: LATE_INTENT -> ADD(late_intent, w)
       :: else -> skip
       fi
     }
  :: goto end_read
  fi;
#endif
#ifdef FINISH_BEFORE_RECORD
  d_step { KIND(w) == LARGE -> finish_upload(w) };
#endif

  /* 3 Record. */
#ifndef RECORD_BEFORE_INTENT
  if
  :: d_step {
       NEEDS_ENTRY(w) ->
       old[w] = POINTED(read_row[w]);
       printf("writer %d: records its entry\n", w);
       record_entry(w);
       if
       :: LATE_RECORD -> ADD(late_record, w)
       :: else -> skip
       fi
     }
  :: d_step {
       NEEDS_ENTRY(w) && LATE_RECORD ->
       old[w] = POINTED(read_row[w]);
       ADD(late_record, w)
     };
     goto judge
  :: d_step { !NEEDS_ENTRY(w) -> skip }
  fi;
#endif

  /* 4 Upload: its last step. */
#ifndef FINISH_BEFORE_RECORD
  if
  :: d_step {
       KIND(w) == LARGE && !HAS(upload_over, w) ->
       printf("writer %d: finishes its upload\n", w);
#ifdef FINISH_REPEATED
       ADD(late_finish, w);
#endif
       finish_upload(w)
     }
  :: d_step {
       KIND(w) == LARGE && !HAS(upload_over, w) && LATE_FINISH ->
       printf("writer %d: the end of its upload gets no reply\n", w);
       ADD(late_finish, w)
     };
     goto judge
  :: d_step { KIND(w) == LARGE -> plan = UPLOAD_OVER }; /* it never asks for the blob */
     goto judge
  :: KIND(w) != LARGE
  fi;
#endif

  /* 5 Commit. */
  if
  :: d_step {
       COMMIT_HOLDS(w) ->
       my_stamp[w] = COMMIT_STAMP(w);
       printf("writer %d: commits\n", w);
       commit_attempt(w);
       acknowledge(w);
       plan = (old[w] -> DELETE_OLD : 0) | UPLOAD_OVER
     };
     goto clean
  :: d_step {
       !COMMIT_HOLDS(w) ->
       my_stamp[w] = COMMIT_STAMP(w);
       plan = UPLOAD_OVER;
       committing = true;
       printf("writer %d: its commit is refused\n", w)
     }
  :: d_step {
       LATE_COMMIT ->
       my_stamp[w] = COMMIT_STAMP(w);
       plan = UPLOAD_OVER;
       committing = true;
       in_doubt = true;
       ADD(late_commit, w);
       printf("writer %d: its commit gets no reply\n", w)
     }
#ifdef UNKNOWN_IS_FAILURE
       ;
     plan = DELETE_NEW | UPLOAD_OVER;
     goto clean
#endif
  fi;

  /* Settle, and answer if a commit was sent: ProtectedWrite::resolve. */
judge:
#ifndef DRAFT_DESIGN
  if
  :: d_step {
       true ->
       found_open = HAS(open, w);
       printf("writer %d: fences itself, found open: %d\n", w, found_open);
       note_fence(w);
       set_fenced(w)
     }
#ifdef GO_ON_UNCONFIRMED
  :: d_step { true -> printf("writer %d: its fence is lost\n", w) }
#endif
  :: d_step { LATE_FENCE && !HAS(late_fence, w) -> ADD(late_fence, w) };
     goto judge
  fi;
#endif
  if
  :: d_step {
       true ->
       printf("writer %d: reads the row: by %d\n", w, BY(row));
       if
       :: committing -> answer_commit(w, in_doubt, found_open)
       :: else -> printf("writer %d: 503\n", w)
       fi;
       read_and_plan(w, plan);
       found_open = false;
       in_doubt = false;
       committing = false
     }
  fi;

  /* 6 Clean, in the background. */
clean:
  do
  CLEAN(w, plan)
  od;

done:
  if
  :: d_step {
       true ->
       in_doubt = false;
       plan = 0;
       NOTE_DONE(w);
       forget_writer(w)
     }
  fi
}
