"""The instances of the model that scripts/check_model.py searches, and its mutants."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Instance:
    model: str  # the file to start from
    shows: str
    macros: tuple
    long: bool = False
    hash_bits: int = 22
    depth: int = 100_000


@dataclass(frozen=True)
class Mutant:
    instance: str
    macro: str
    rule: str  # what is taken away
    where: str  # has it; (R): marked there as found by search


# How the row is found. A row that the existing service wrote has no stamp.
BLOB = ("INIT_ROW=REDIRECT", "INIT_STAMP=16")
PAYLOAD = ("INIT_ROW=INLINE", "INIT_STAMP=16")
DELETED = ("INIT_ROW=ABSENT", "INIT_STAMP=16")
NOTHING = ("INIT_ROW=ABSENT", "INIT_STAMP=0")
OLD_BLOB = ("INIT_ROW=REDIRECT", "INIT_STAMP=8")
LEGACY_BLOB = ("INIT_ROW=REDIRECT", "INIT_STAMP=0")


def writers(*kinds):
    return (f"W={len(kinds)}",) + tuple(f"KIND_{i}={kind}" for i, kind in enumerate(kinds, 1))


def late(*requests):
    return tuple(f"LATE_{request.upper()}=1" for request in requests)


def recoverers(count):
    return (f"RECOVERERS={count}",)


def plain(shows, *parts, **more):
    return Instance("protocol", shows, tuple(macro for part in parts for macro in part), **more)


def multipart(shows, attempts, overwriters, *parts, **more):
    kinds = ("COMPLETE",) * attempts + ("SMALL",) * overwriters
    macros = (f"ATTEMPTS={attempts}",) + writers(*kinds) + BLOB
    return Instance("multipart", shows, macros + tuple(m for part in parts for m in part), **more)


MUCH_LATE = late("intent", "record", "finish", "commit", "small")
EVERYTHING_LATE = MUCH_LATE + late("remove", "fence")

INSTANCES = {
    # One writer and all that can happen to it.
    "one_large": plain(
        "a large put, every request late and twice, two recoverers",
        writers("LARGE"), BLOB, recoverers(2), EVERYTHING_LATE),
    "one_large_finish": plain(
        "a large put whose end of upload may be late",
        writers("LARGE"), BLOB, recoverers(1), late("finish", "commit", "fence")),
    "one_large_quarantine": plain(
        "the same with entries that are put aside and released",
        writers("LARGE"), BLOB, recoverers(2), EVERYTHING_LATE, ("QUARANTINE",)),
    "one_delete": plain(
        "a delete over a blob, every request late and twice, two recoverers",
        writers("DELETE"), BLOB, recoverers(2), EVERYTHING_LATE),
    # Large with large.
    "two_large_quiet": plain(
        "two large puts, nothing late",
        writers("LARGE", "LARGE"), BLOB, recoverers(1)),
    "two_large": plain(
        "two large puts, two recoverers",
        writers("LARGE", "LARGE"), BLOB, recoverers(2), late("finish", "commit"), hash_bits=25),
    "two_large_late": plain(
        "two large puts, requests late and twice",
        writers("LARGE", "LARGE"), BLOB, recoverers(1), MUCH_LATE + late("fence"), hash_bits=24),
    # Large with small and with deletes.
    "large_small": plain(
        "a large and a small put over a payload, two recoverers",
        writers("LARGE", "SMALL"), PAYLOAD, recoverers(2),
        late("intent", "finish", "commit", "small"), hash_bits=24),
    "large_small_late": plain(
        "a large and a small put over a blob, requests late and twice",
        writers("LARGE", "SMALL"), BLOB, recoverers(1), MUCH_LATE + late("fence"), hash_bits=24),
    "large_delete": plain(
        "a large put and a delete over a blob, two recoverers",
        writers("LARGE", "DELETE"), BLOB, recoverers(2), late("finish", "commit", "small"),
        hash_bits=24),
    "large_delete_legacy": plain(
        "a large put and a delete over a blob whose row has no stamp",
        writers("LARGE", "DELETE"), LEGACY_BLOB, recoverers(1), late("intent", "commit", "small")),
    # Small with small.
    "two_small": plain(
        "two small puts where nothing is",
        writers("SMALL", "SMALL"), NOTHING, recoverers(0),
        late("intent", "commit", "fence", "small")),
    "small_delete_blob": plain(
        "a small put and a delete over a blob",
        writers("SMALL", "DELETE"), BLOB, recoverers(1), MUCH_LATE),
    "small_then_delete": plain(
        "a small put over a blob, then a delete; refused small requests are repeated, too",
        writers("SMALL", "DELETE"), OLD_BLOB, recoverers(1), late("small"),
        ("REFUSED_ARE_REPEATED", "IN_TURN")),
    # Three writers.
    "three_small": plain(
        "two small puts and a delete where something was deleted long ago",
        writers("SMALL", "SMALL", "DELETE"), DELETED, recoverers(0), late("small", "commit")),
    "three_small_blob": plain(
        "two small puts and a delete over a blob",
        writers("SMALL", "SMALL", "DELETE"), BLOB, recoverers(0), late("small")),
    "large_large_overwritten": plain(
        "two large puts and a write that always succeeds, over a blob",
        writers("LARGE", "LARGE", "SMALL"), BLOB, recoverers(1), ("OVERWRITER",), hash_bits=25),
    # Readers.
    "reader": plain(
        "a reader beside a large put and a delete",
        writers("LARGE", "DELETE"), BLOB, recoverers(1), ("READER",), late("finish", "commit")),
    "reader_large": plain(
        "a reader beside two large puts",
        writers("LARGE", "LARGE"), BLOB, recoverers(1), ("READER",), late("finish", "commit"),
        hash_bits=24),
    # Collection of stamps and intents.
    "collection": plain(
        "a large and a small put where something was deleted long ago; cells are collected",
        writers("LARGE", "SMALL"), DELETED, recoverers(1), ("COLLECTS",),
        late("intent", "commit", "small")),
    "collection_delete": plain(
        "a large put and a delete over a blob; cells are collected",
        writers("LARGE", "DELETE"), BLOB, recoverers(1), ("COLLECTS",),
        late("intent", "commit", "small"), hash_bits=24),
    # Expiry.
    "expiry_large": plain(
        "a large put over a blob that expires, a bump of it, its sweep",
        writers("LARGE", "SWEEP"), BLOB, recoverers(1), ("EXPIRES",), late("commit")),
    "expiry_small": plain(
        "a small put over a blob that expires, a bump of it, its sweep, a reader",
        writers("SMALL", "SWEEP"), BLOB, recoverers(1), ("EXPIRES", "READER"),
        late("commit", "small"), hash_bits=24),
    "expiry_in_store": plain(
        "a large put over a blob that the store itself expires, a bump of it, a reader",
        writers("LARGE"), BLOB, recoverers(1), ("EXPIRES", "LT_EXPIRES", "READER"), MUCH_LATE),
    "expiry_payload": plain(
        "a large and a small put over a payload that expires, a bump of it",
        writers("LARGE", "SMALL"), PAYLOAD, recoverers(1), ("EXPIRES",)),
    # Multipart uploads.
    "multipart": multipart(
        "two attempts to complete an upload, an overwriting put, two recoverers",
        2, 1, recoverers(2), hash_bits=25),
    "multipart_late": multipart(
        "the same with late requests",
        2, 1, recoverers(1), late("intent", "commit", "hold")),
    # Larger ones, for --long.
    "two_large_records": plain(
        "two large puts with late records and heartbeats, two recoverers",
        writers("LARGE", "LARGE"), BLOB, recoverers(2), late("record", "finish", "commit"),
        long=True, hash_bits=27),
    "large_small_everything": plain(
        "a large and a small put over a blob, every request late and twice",
        writers("LARGE", "SMALL"), BLOB, recoverers(1), EVERYTHING_LATE, long=True, hash_bits=26),
    "large_delete_legacy_everything": plain(
        "a large put and a delete over a blob whose row has no stamp, every request late",
        writers("LARGE", "DELETE"), LEGACY_BLOB, recoverers(1), EVERYTHING_LATE,
        long=True, hash_bits=26),
    "large_small_overwritten": plain(
        "a large and a small put and a write that always succeeds, over a blob",
        writers("LARGE", "SMALL", "SMALL"), BLOB, recoverers(1), ("OVERWRITER",),
        late("commit", "small"), long=True, hash_bits=27),
    "expiry_two_recoverers": plain(
        "a large put over a blob that expires, its sweep and bump, two recoverers",
        writers("LARGE", "SWEEP"), BLOB, recoverers(2), ("EXPIRES",), late("commit", "finish"),
        long=True, hash_bits=26),
    "multipart_three": multipart(
        "three attempts to complete an upload",
        3, 0, recoverers(1), late("commit"), long=True, hash_bits=26),
    "multipart_late_holds": multipart(
        "two attempts to complete an upload, an overwriting put, two recoverers",
        2, 1, recoverers(2), late("hold"), long=True, hash_bits=26),
}

# Rules by the section of protocol.md that has them; the last ones are assumptions.
MUTANTS = {
    "draft_design": Mutant(
        "two_large_quiet", "DRAFT_DESIGN",
        "a commit depends on its intent, not on the row being as it was read",
        "Why the draft design loses data"),
    "record_before_intent": Mutant(
        "large_small", "RECORD_BEFORE_INTENT",
        "the entry is recorded after the intent is acknowledged",
        "Large writes, 3 (R)"),
    "finish_before_record": Mutant(
        "one_large", "FINISH_BEFORE_RECORD",
        "the step that makes the blob exist waits for the entry",
        "Large writes, 4 (R)"),
    "commit_keeps_intents": Mutant(
        "two_large_quiet", "WRITES_KEEP_INTENTS",
        "a write clears every intent in the row",
        "Large writes, 5"),
    "missing_stamp_differs": Mutant(
        "collection", "MISSING_STAMP_IS_A_DIFFERENCE",
        "a stamp that is missing is no difference",
        "Large writes, outcomes (R)"),
    "unknown_is_failure": Mutant(
        "one_large", "UNKNOWN_IS_FAILURE",
        "a commit whose outcome is unknown is fenced before its blob is deleted",
        "Large writes, outcomes"),
    "no_fence_if_absent": Mutant(
        "collection", "NO_FENCE_IF_ABSENT",
        "a fence is written whether the intent is there or not",
        "Settle, 1 (R)"),
    "fence_unconfirmed": Mutant(
        "one_large", "GO_ON_UNCONFIRMED",
        "go on only when the fence is confirmed",
        "Settle, 1 (R)"),
    "read_before_fence": Mutant(
        "one_large", "READ_BEFORE_FENCE",
        "the row is read after the fence",
        "Settle, 2"),
    "forget_swept_later": Mutant(
        "one_large", "FORGET_SWEPT_LATER",
        "an entry is kept as swept later, though the deletion said not found",
        "Settle, 4 (R)"),
    "swept_stays": Mutant(
        "one_large_finish", "SWEPT_STAYS",
        "a swept entry is taken up once it is due",
        "Settle, 4"),
    "release_forgets_due_time": Mutant(
        "one_large_quarantine", "RELEASE_FORGETS_DUE_TIME",
        "a swept entry keeps its due time in quarantine",
        "not in protocol.md yet"),
    "stamp_ignores_seen": Mutant(
        "two_small", "STAMP_IGNORES_SEEN",
        "a stamp is above every one that its writer has seen",
        "Small writes (R)"),
    "delete_leaves_no_stamp": Mutant(
        "three_small", "DELETE_LEAVES_NO_STAMP",
        "a delete leaves its stamp in the row",
        "Small writes (R)"),
    "intent_ignores_stamp": Mutant(
        "large_small", "INTENT_IGNORES_STAMP",
        "an intent is set only if the stamp is as read",
        "Large writes, 2"),
    "slow_ignores_fast": Mutant(
        "small_then_delete", "SLOW_IGNORES_FAST",
        "the slow path's stamp is above that of the fast request",
        "Small writes (R)"),
    "fresh_stamp_on_resend": Mutant(
        "two_small", "FRESH_STAMP_ON_RESEND",
        "a request is sent again with the same stamp",
        "Small writes (R)"),
    "go_on_in_doubt": Mutant(
        "two_small", "GO_ON_IN_DOUBT",
        "refused after an unknown outcome is an error",
        "Small writes (R)"),
    "expired_is_absent": Mutant(
        "expiry_large", "EXPIRED_IS_ABSENT",
        "settling sees an expired redirect as a redirect",
        "Expiry (R)"),
    "bump_after_deadline": Mutant(
        "expiry_large", "BUMP_AFTER_DEADLINE",
        "a bump is refused once the present deadline has passed",
        "src/storage/row_cells.cc"),
    "bump_row_first": Mutant(
        "expiry_in_store", "BUMP_ROW_FIRST",
        "the blob is bumped before the row",
        "Small writes"),
    "expiry_leaves_a_stamp": Mutant(
        "expiry_large", "EXPIRY_LEAVES_A_STAMP",
        "the sweep keeps the stamp as it was: no write counts as ordered before an expiry",
        "not in protocol.md yet"),
    "reader_looks_once": Mutant(
        "reader", "ONE_LOOK",
        "a reader that finds no blob reads the row again",
        "Invariants, I7"),
    "blind_heartbeat": Mutant(
        "multipart", "BLIND_HEARTBEAT",
        "heartbeats compare the exact entry",
        "Multipart uploads (R)"),
    "hold_before_intent": Mutant(
        "multipart", "HOLD_BEFORE_INTENT",
        "the entry is held after the intent is acknowledged",
        "Multipart uploads (R)"),
    "shared_hold": Mutant(
        "multipart", "SHARED_HOLD",
        "one attempt at a time holds the entry",
        "Multipart uploads (R)"),
    "gives_back_what_it_finds": Mutant(
        "multipart", "GIVES_BACK_WHAT_IT_FINDS",
        "recovery gives back only the hold of the very attempt it has fenced",
        "Multipart uploads (R)"),
    "dead_comes_back": Mutant(
        "multipart", "DEAD_COMES_BACK",
        "dead is final",
        "Multipart uploads (R)"),
    "finish_repeated": Mutant(
        "one_large", "FINISH_REPEATED",
        "the end of an upload is carried out once: it uses up the upload, or is sent once",
        "assumed"),
    "repeated_by_network": Mutant(
        "three_small_blob", "REFUSED_ARE_REPEATED",
        "nothing in between repeats a row mutation",
        "assumed"),
    "clock_steps_back": Mutant(
        "expiry_large", "CLOCK_STEPS_BACK",
        "the clock of sweep and bump does not step back over a deadline",
        "assumed"),
}
