"""Kills the real process at random moments under load; nothing acknowledged may be lost or leak."""
import os
import random
import time

from harness import audit, damages, drained_audit, field_of, wait_until
from workload import MIB, Key, Load, Value, check_keys, new_counts

KILLS = int(os.environ.get("OBJECTSTORE_KILLS", "52"))
SEED = int(os.environ.get("OBJECTSTORE_SEED") or random.SystemRandom().randrange(2**32))
WRITERS = 12
KEYS_PER_WRITER = 2
AUDIT_EVERY = 13

CONFIG = """
storage:
  type: tiered
  high_volume: {{type: rocksdb, path: "{folder}/rows"}}
  long_term: {{type: filesystem, path: "{folder}/blobs"}}
  changelog: {{type: rocksdb, heartbeat: 100ms, stale_after: 400ms, empty_wait: 100ms}}
"""


def open_entries_at_start(server) -> int:
    return int(
        wait_until(
            lambda: field_of(server.log(), "recovery found open entries at start", "count"),
            10,
            "the log line that counts open entries",
        )
    )


def kill_under_load(server, keys, chance, counts):
    load = Load([server], keys, chance, counts, WRITERS)
    time.sleep(chance.uniform(0.1, 1.0))
    load.end()
    server.kill()
    load.join()


def test_no_acknowledged_write_is_lost_and_nothing_leaks_when_the_process_is_killed(
    make_server, tmp_path, needs_audit
):
    print(f"seed {SEED}: repeat with OBJECTSTORE_SEED={SEED}")
    chance = random.Random(SEED)
    data = tmp_path / "store"
    server = make_server(config=CONFIG.format(folder=data)).start()
    assert open_entries_at_start(server) == 0
    keys = [Key(f"key-{i}") for i in range(WRITERS * KEYS_PER_WRITER)]
    counts = new_counts()
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
