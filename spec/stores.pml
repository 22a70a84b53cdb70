/* The long-term tier and the change log. */


/* Blobs. The step that makes one exist consumes the upload: a second delivery does nothing. */
byte blobs = (INIT_ROW >= REDIRECT -> BIT(0) : 0);
byte upload_over; /* uploads that are longer than any may last, and so will not finish any more */

inline finish_upload(w)
{
  ADD(blobs, w);
  check()
}

/* BlobStore::discard: gone now, but an upload under way may still finish. */
inline discard(set)
{
  condemned = condemned | (set);
  blobs = blobs & ~(set);
  check()
}

#ifndef MULTIPART
#define NAMED_BY_UPLOAD 0
#endif

/* Entries: what a change's entry says never varies, only whether it is there. */
byte logged;   /* open */
byte swept;    /* kept as swept later */
byte aside;       /* in quarantine */
byte aside_swept; /* of those: kept as swept later */
byte old[W + 1];  /* of an entry: the revision that the change replaces, as a set */

#define ENTRIES (logged | swept | aside)
#define NEW_OF(w) (KIND(w) == LARGE -> BIT(w) : 0)
#define NAMED(w) (HAS(ENTRIES, w) -> (NEW_OF(w) | old[w]) : 0)
#if W == 1
#define NAMED_BY_ENTRIES NAMED(1)
#elif W == 2
#define NAMED_BY_ENTRIES (NAMED(1) | NAMED(2))
#elif W == 3
#define NAMED_BY_ENTRIES (NAMED(1) | NAMED(2) | NAMED(3))
#else
#define NAMED_BY_ENTRIES (NAMED(1) | NAMED(2) | NAMED(3) | NAMED(4))
#endif

/* ChangeLog::record of an open change: blind, also as a heartbeat. */
inline record_entry(w)
{
  ADD(logged, w);
  DROP(swept, w)
}

/* ChangeGuard::close and keep_until. */
inline remove_entry(w)
{
  DROP(logged, w);
  DROP(swept, w);
  check()
}
inline keep_swept_later(w)
{
  ADD(swept, w);
  DROP(logged, w)
}

/* ChangeLog::quarantine, of the entry as it is, and release. A swept entry keeps its due time. */
inline put_aside(w)
{
  ADD(aside, w);
  aside_swept = (aside_swept & ~BIT(w)) | (swept & BIT(w));
  DROP(logged, w);
  DROP(swept, w)
}
#ifdef RELEASE_FORGETS_DUE_TIME
byte hasty; /* swept entries that are taken up before they are due */
#define DUE(w) !HAS(hasty, w)
#else
#define DUE(w) true
#endif
inline release(w)
{
  if
  :: HAS(aside_swept, w) ->
     keep_swept_later(w);
#ifdef RELEASE_FORGETS_DUE_TIME
     ADD(hasty, w)
#endif
  :: else -> record_entry(w)
  fi;
  DROP(aside, w);
  DROP(aside_swept, w)
}

/* The longest time that an upload may take is over: it ends, and none of it is under way. */
inline upload_ends_by_itself(w)
{
  ADD(upload_over, w);
  DROP(late_finish, w)
}
