/* Words that all parts of the model share. docs/model.md says how the model is built and run.
 *
 * There is one object, so one row. Its writes are numbered 1..W; 0 stands for what was there
 * before. The number of a write is also the number of its attempt, of its change and of the
 * revision (blob) that it uploads; sets of any of them are bit masks.
 */
#define BIT(i)       (1 << (i))
#define HAS(set, i)  (((set) >> (i)) & 1)
#define ADD(set, i)  set = (set) | BIT(i)
#define DROP(set, i) set = (set) & ~BIT(i)

/* Mutants without this claim, for the sake of what follows from it. */
#if defined(STAMP_IGNORES_SEEN) || defined(WRITES_KEEP_INTENTS) || \
  defined(INTENT_IGNORES_STAMP) || defined(SLOW_IGNORES_FAST)
#define STAMPS_MAY_FALL
#endif

/* Kinds of writes. */
#define LARGE    1 /* a put of a blob */
#define SMALL    2 /* a put of a payload that lies in the row */
#define DELETE   3
#define SWEEP    4 /* removal of the object because it has expired */
#define COMPLETE 5 /* of a multipart upload, one attempt */

/* The instance gives KIND_1.. and W. */
#ifndef KIND_2
#define KIND_2 0
#endif
#ifndef KIND_3
#define KIND_3 0
#endif
#ifndef KIND_4
#define KIND_4 0
#endif
#define KIND(w) ((w) == 1 -> KIND_1 : ((w) == 2 -> KIND_2 : ((w) == 3 -> KIND_3 : KIND_4)))
#define ALL_WRITES (BIT(W + 1) - 2)

/* Which requests may be late or doubled here. */
#ifndef LATE_INTENT
#define LATE_INTENT 0
#endif
#ifndef LATE_RECORD
#define LATE_RECORD 0
#endif
#ifndef LATE_REMOVE
#define LATE_REMOVE 0
#endif
#ifndef LATE_FINISH
#define LATE_FINISH 0
#endif
#ifndef LATE_COMMIT
#define LATE_COMMIT 0
#endif
#ifndef LATE_FENCE
#define LATE_FENCE 0
#endif
#ifndef LATE_HOLD
#define LATE_HOLD 0
#endif
#ifndef LATE_SMALL
#define LATE_SMALL 0
#endif
