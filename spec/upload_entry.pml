/* The entry of a multipart upload (protocol.md, "Multipart uploads"), and the upload in the store.
 * The entry is idle, held by one attempt, or dead; every change of it after the first record
 * compares the nonce that was read.
 */
#define IDLE 0
#define HELD 1
#define DEAD 2
#define GONE 3
byte state = IDLE;
byte nonce;  /* fresh in every state */
byte holder;
byte replaced; /* of a held or dead entry: the revision that the holder replaces, as a set */
byte ever;     /* attempts that have held it */
byte late_hold;
byte hold_nonce[ATTEMPTS + 1]; /* what such a request compares with */
byte late_beat;

#define NAMED_BY_UPLOAD (state != GONE -> BIT(UPLOAD) | replaced : 0)

bool session = true; /* open in the store: parts are accepted and it can be completed */
bool late_complete;

inline enter(new_state)
{
  state = new_state;
  nonce++
}

inline hold(w)
{
  enter(HELD);
  holder = w;
  ADD(ever, w);
  replaced = POINTED(read_row[w])
}

/* Compare-and-mutates. Idle has no holder and replaces nothing. */
#ifdef DEAD_COMES_BACK
#define GIVES_BACK(seen) (nonce == seen || state == DEAD)
#elif defined(GIVES_BACK_WHAT_IT_FINDS)
#define GIVES_BACK(seen) (state == HELD)
#else
#define GIVES_BACK(seen) (nonce == seen)
#endif
inline give_back()
{
  enter(IDLE);
  holder = 0;
  replaced = 0
}

inline complete_session()
{
  session = false;
  finish_upload(UPLOAD)
}
