"""Kills the real process at random moments under load; nothing acknowledged may be lost or leak."""
import http.client
import os
import random
import threading
import time

from harness import audit, damages, drained_audit, exchange, field_of, object_path, wait_until

KILLS = int(os.environ.get("OBJECTSTORE_KILLS", "52"))
SEED = int(os.environ.get("OBJECTSTORE_SEED") or random.SystemRandom().randrange(2**32))
WRITERS = 12
KEYS_PER_WRITER = 2
AUDIT_EVERY = 13
KIB = 1024
MIB = 1024 * KIB

CONFIG = """
storage:
  type: tiered
  high_volume: {{type: rocksdb, path: "{folder}/rows"}}
  long_term: {{type: filesystem, path: "{folder}/blobs"}}
  changelog: {{type: rocksdb, heartbeat: 100ms, stale_after: 400ms, empty_wait: 100ms}}
"""


class Value:
    """Bytes that can be made again from a few numbers, and that say what they are."""

    def __init__(self, key: str, number: int, size: int):
        self.key, self.number, self.size = key, number, size

    def content(self) -> bytes:
        mark = f"{self.key} #{self.number} {self.size};".encode()[: self.size]
        return mark + random.Random(f"{self.key}/{self.number}").randbytes(self.size - len(mark))

    def __repr__(self):
        return f"#{self.number} ({self.size} bytes)"


class Key:
    """What may be read at a key which one thread writes: `possible` holds Values, or None for absent.

    One element as long as every answer was known. After an answer that left it open, what was before
    and what was tried are both possible, until a later acknowledgement or a look after the crash.
    """

    def __init__(self, name: str):
        self.name = name
        self.path = object_path(name)
        self.possible = [None]
        self.number = 0

    def acknowledged(self, value):
        self.possible = [value]

    def left_open(self, value):
        self.possible.append(value)


class Writer(threading.Thread):
    """Puts, overwrites and deletes its own keys until `ending` is set and the server is gone."""

    def __init__(self, server, keys, seed, counts, ending):
        super().__init__(daemon=True)
        self.server, self.keys, self.counts, self.ending = server, keys, counts, ending
        self.random = random.Random(seed)
        self.failure = None

    def run(self):
        try:
            self.work()
        except AssertionError as failure:
            self.failure = failure

    def work(self):
        connection = None
        while True:
            key = self.random.choice(self.keys)
            value = self.next_value(key)
            sent = False
            try:
                if connection is None:
                    connection = self.server.connect(timeout=30)
                sent = True
                if value is None:
                    answer = exchange(connection, "DELETE", key.path)
                else:
                    answer = self.put(connection, key, value)
            except (OSError, http.client.HTTPException):
                if sent:
                    key.left_open(value)
                if self.ending.is_set():
                    return
                # A refusal in the middle of a body may show as a broken connection only.
                self.counts["broken"] += 1
                if connection is not None:
                    connection.close()
                    connection = None
                continue
            self.judge(key, value, answer)

    def next_value(self, key):
        """Of ten operations six are large puts: every overwrite of one size by another is common."""
        key.number += 1
        choice = self.random.random()
        if choice < 0.15:
            return None
        if choice < 0.4:
            return Value(key.name, key.number, self.random.randrange(1, 8 * KIB))
        return Value(key.name, key.number, self.random.randrange(1200 * KIB, 3 * MIB))

    def put(self, connection, key, value):
        body = value.content()
        headers = {"Content-Length": str(len(body))} if self.random.random() < 0.5 else {}
        return exchange(connection, "PUT", key.path, self.slowly(body), headers)

    def slowly(self, body):
        """Large bodies mostly take a while, so that most kills find an upload under way."""
        pieces = 12
        pause_s = self.random.choice((0, 0.005, 0.02, 0.04)) if len(body) > MIB else 0
        size = len(body) // pieces + 1
        for start in range(0, len(body), size):
            yield body[start : start + size]
            if pause_s:
                time.sleep(pause_s)

    def judge(self, key, value, answer):
        if answer.status == (204 if value is None else 200):
            key.acknowledged(value)
            self.counts["acknowledged"] += 1
        else:
            # Only a retryable refusal may happen here; it leaves open what was stored.
            assert answer.status == 503, f"{answer.status} {answer.body!r} for {key.name} {value}"
            key.left_open(value)
            self.counts["refused"] += 1


def read(server, key):
    """GET, again while the server asks for a retry."""

    def once():
        answer = server.request("GET", key.path)
        return answer if answer.status != 503 else None

    answer = wait_until(once, 20, f"an answer to GET {key.name}")
    assert answer.status in (200, 404), f"GET {key.name}: {answer.status} {answer.body[:300]!r}"
    return answer.body if answer.status == 200 else None


def check_keys(server, keys):
    """Each key holds one of its possible values; from then on only that one is possible."""
    for key in keys:
        got = read(server, key)
        for value in reversed(key.possible):
            if got == (None if value is None else value.content()):
                key.possible = [value]
                break
        else:
            shown = None if got is None else f"{got[:60]!r} ({len(got)} bytes)"
            raise AssertionError(f"{key.name} holds {shown}, possible was {key.possible}")


def open_entries_at_start(server) -> int:
    return int(
        wait_until(
            lambda: field_of(server.log(), "recovery found open entries at start", "count"),
            10,
            "the log line that counts open entries",
        )
    )


def kill_under_load(server, keys, chance, counts):
    ending = threading.Event()
    writers = [
        Writer(server, keys[i::WRITERS], chance.randrange(2**32), counts, ending)
        for i in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    time.sleep(chance.uniform(0.1, 1.0))
    ending.set()
    server.kill()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive(), "a writer hangs"
        if writer.failure:
            raise writer.failure


def test_no_acknowledged_write_is_lost_and_nothing_leaks_when_the_process_is_killed(
    make_server, tmp_path, needs_audit
):
    print(f"seed {SEED}: repeat with OBJECTSTORE_SEED={SEED}")
    chance = random.Random(SEED)
    data = tmp_path / "store"
    server = make_server(config=CONFIG.format(folder=data)).start()
    assert open_entries_at_start(server) == 0
    keys = [Key(f"key-{i}") for i in range(WRITERS * KEYS_PER_WRITER)]
    counts = {"acknowledged": 0, "refused": 0, "broken": 0}
    with_open_entries = 0
    for kill in range(1, KILLS + 1):
        kill_under_load(server, keys, chance, counts)
        server.start()
        with_open_entries += open_entries_at_start(server) > 0
        check_keys(server, keys)
        if kill % AUDIT_EVERY == 0:
            audit_at_rest(server, data)
            server.start()
            check_keys(server, keys)
    audit_at_rest(server, data)
    server.start()
    check_keys(server, keys)
    print(f"{KILLS} kills, {with_open_entries} with open entries at the restart, operations: {counts}")
    assert counts["acknowledged"] > 5 * KILLS
    assert (counts["refused"] + counts["broken"]) * 10 < counts["acknowledged"], "too many refusals"
    assert with_open_entries * 2 >= KILLS, "the kills did not hit writes in flight"


def audit_at_rest(server, data):
    found = drained_audit(server, data / "rows", data / "blobs")
    assert not damages(found), f"seed {SEED}: {damages(found)}"
    assert found["blobs"] == found["redirects"], found


def test_a_kill_without_writes_leaves_nothing_to_recover(make_server, tmp_path, needs_audit):
    data = tmp_path / "store"
    server = make_server(config=CONFIG.format(folder=data)).start()
    large = Value("large", 1, 2 * MIB).content()
    assert server.put("large", large).status == 200
    assert server.put("small", b"small").status == 200
    found = drained_audit(server, data / "rows", data / "blobs")
    assert not damages(found), found
    server.start()
    server.kill()
    assert not damages(audit(data / "rows", data / "blobs"))
    server.start()
    assert open_entries_at_start(server) == 0
    assert server.get("large").body == large
    assert server.get("small").body == b"small"
