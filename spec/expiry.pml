/* Time: deadlines, TTI bumps, the sweep of what has expired, and the collection of old cells. */

#ifdef EXPIRES
/* The object as found has the deadline 1, a bump moves it to 2, later writes have none. It is
 * expired when the clock is past its deadline. Only answers to clients and the sweep look at that.
 */
byte now = 1;
byte deadline = 1; /* the row's; 0 is none */
byte blob_deadline = 1;
byte swept_deadline; /* what the sweep has read */
#define BUMPED 2
#define END_OF_TIME 3
#define EXPIRED (deadline != 0 && deadline < now)

#define BEGINS(w) (KIND(w) != SWEEP || (IS_REDIRECT(row) && EXPIRED))
#define DEADLINE_HOLDS(w) (KIND(w) != SWEEP || deadline == swept_deadline)
#define SET_DEADLINE deadline = 0
inline READ_DEADLINE(w)
{
  if
  :: KIND(w) == SWEEP -> swept_deadline = deadline
  :: else -> skip
  fi
}
/* The sweep removes what has expired, and nothing that was bumped meanwhile. */
#define MAY_BE_SWEPT(w) (KIND(w) != SWEEP || (EXPIRED && deadline == swept_deadline))
/* I8 */
#define OUTLIVED (row != REDIRECT || deadline <= blob_deadline)
#else
#define BEGINS(w) true
#define READ_DEADLINE(w) skip
#define SET_DEADLINE skip
#define MAY_BE_SWEPT(w) true
#define OUTLIVED true
#define DEADLINE_HOLDS(w) true
#define EXPIRED false
#endif
