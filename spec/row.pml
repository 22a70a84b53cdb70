/* The row and its atomic requests: src/storage/row_cells.cc, one inline for each function there.
 * Predicates are macros, so that they can stand in guards.
 */

/* The state: what kind it is, and whose write made it. */
#define ABSENT   0
#define INLINE   8
#define REDIRECT 16
#define IS_REDIRECT(r) ((r) >= REDIRECT)
#define BY(r)          ((r) & 7)
#define POINTED(r)     (IS_REDIRECT(r) -> BIT(REVISION(BY(r))) : 0)
#define STATE_OF(w) \
  ((w) + (KIND(w) == LARGE || KIND(w) == COMPLETE -> REDIRECT : \
          (KIND(w) == SMALL -> INLINE : ABSENT)))
#ifndef REVISION
#define REVISION(w) (w)
#endif

/* Stamps are ordered by number, then by who made them; 0 is none, the lowest. */
#define STAMP(number, id) (((number) << 3) + (id))
#define NUMBER(s)         ((s) >> 3)

byte row = INIT_ROW;
byte stamp = INIT_STAMP;
byte open;   /* attempts whose intent is `open` */
byte fenced; /* attempts whose intent is `fenced`, one millisecond above `open` */

/* What each write has read, and the stamp that it writes: its locals, but late requests carry
 * them too. */
byte read_row[W + 1];
byte read_stamp[W + 1];
byte my_stamp[W + 1];

/* Is the row as the write has read it? A stamp that is missing is no difference. */
#ifdef INTENT_IGNORES_STAMP
#define STAMP_AS_READ(w) true
#else
#define STAMP_AS_READ(w) (stamp == 0 || stamp == read_stamp[w])
#endif
#define INTENT_HOLDS(w) \
  (STAMP_AS_READ(w) && POINTED(row) == POINTED(read_row[w]) && \
   DEADLINE_HOLDS(w))

#ifdef DRAFT_DESIGN /* no intents: the commit looks at the row alone */
#define COMMIT_HOLDS(w) (row == read_row[w])
#else
#define COMMIT_HOLDS(w) HAS(open, w)
#endif

/* apply_write_unless_redirect */
#define SMALL_HOLDS(w, its_stamp) (!IS_REDIRECT(row) && stamp < (its_stamp))

inline replace(state, new_stamp)
{
  row = state;
#ifdef DELETE_LEAVES_NO_STAMP
  stamp = (state < INLINE -> 0 : new_stamp);
#else
  stamp = new_stamp;
#endif
#ifndef WRITES_KEEP_INTENTS
  open = 0;
#endif
  fenced = 0;
  SET_DEADLINE
}

/* apply_open_intent, where INTENT_HOLDS: it stays unseen below a cell with a later time. */
inline set_open(w)
{
  if
  :: HAS(fenced, w) -> skip
  :: else -> ADD(open, w)
  fi
}

/* apply_fence; what it finds is HAS(open, w) before. */
inline set_fenced(w)
{
#ifdef NO_FENCE_IF_ABSENT
  if
  :: HAS(open, w) -> ADD(fenced, w)
  :: else -> skip
  fi;
#else
  ADD(fenced, w);
#endif
  DROP(open, w)
}
