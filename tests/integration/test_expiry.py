"""Objects go at their deadline, and what they took is given back in both tiers."""
import random
import time

from harness import audit, damages, wait_until

MIB = 1024 * 1024
SIZES = {"empty": 0, "small": 10 * 1024, "large": 2 * MIB}
GONE_LIMIT_S = 20
SPACE_LIMIT_S = 40

CONFIG = """
storage:
  type: tiered
  high_volume: {{type: rocksdb, path: "{folder}/rows"}}
  long_term: {{type: filesystem, path: "{folder}/blobs"}}
  changelog:
    {{type: rocksdb, heartbeat: 100ms, stale_after: 400ms, empty_wait: 100ms, sweep_interval: 200ms}}
"""


def blob_bytes(folder) -> int:
    """Bytes in files below a folder; files may go while it looks."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def start(make_server, tmp_path):
    store = tmp_path / "store"
    return make_server(config=CONFIG.format(folder=store)).start(), store


def test_expired_objects_are_gone_and_their_space_is_given_back(make_server, tmp_path, needs_audit):
    server, store = start(make_server, tmp_path)
    before = blob_bytes(store / "blobs")
    kept = random.Random(1).randbytes(2 * MIB)
    assert server.put("kept", kept).status == 200
    for name, size in SIZES.items():
        for number in range(5):
            body = random.Random(number).randbytes(size)
            answer = server.put(f"{name}-{number}", body, {"x-sn-expiration": "ttl:3s"})
            assert answer.status == 200
            answer = server.get(f"{name}-{number}")
            assert answer.body == body
            assert answer.headers["x-sn-expiration"] == "ttl:3s"
            assert answer.headers["x-sn-time-expires"] > answer.headers["x-sn-time-created"]
    assert blob_bytes(store / "blobs") - before > 12 * MIB
    # Overwritten in time, so that the old deadline must not take the new object.
    assert server.put("large-0", kept).status == 200

    for name in SIZES:
        for number in range(5):
            if (name, number) != ("large", 0):
                key = f"{name}-{number}"
                wait_until(lambda key=key: server.get(key).status == 404, GONE_LIMIT_S, f"{key} is gone")
    wait_until(
        lambda: blob_bytes(store / "blobs") - before < 5 * MIB, SPACE_LIMIT_S, "the blobs are removed"
    )
    assert server.get("kept").body == kept
    assert server.get("large-0").body == kept

    def swept():
        """Both tiers hold the two kept objects only."""
        time.sleep(0.5)
        assert server.stop() == 0
        found = audit(store / "rows", store / "blobs")
        server.start()
        return not damages(found) and found["blobs"] == found["redirects"] == 2

    wait_until(swept, SPACE_LIMIT_S, "rows and blobs of expired objects are removed")


def test_an_expired_object_is_replaced_as_if_it_were_not_there(make_server, tmp_path):
    server, _ = start(make_server, tmp_path)
    for name, size in SIZES.items():
        assert server.put(name, b"x" * size, {"x-sn-expiration": "ttl:0s"}).status == 200
        assert server.get(name).status == 404
        assert server.request("HEAD", f"/v1/objects/tests/org=1/{name}").status == 404
        assert server.put(name, b"again").status == 200
        assert server.get(name).body == b"again"
        assert "x-sn-expiration" not in server.get(name).headers
    time.sleep(1)  # several sweeps
    for name in SIZES:
        assert server.get(name).body == b"again"


def test_reading_keeps_an_object_with_an_idle_time_alive(make_server, tmp_path):
    server, store = start(make_server, tmp_path)
    idle_s = 3
    for name, size in SIZES.items():
        answer = server.put(name, b"i" * size, {"x-sn-expiration": f"tti:{idle_s}s"})
        assert answer.status == 200
    began = time.monotonic()
    while time.monotonic() - began < 2.5 * idle_s:
        for name, size in SIZES.items():
            looked_at = time.monotonic() - began
            assert server.get(name).body == b"i" * size, f"{name} went away after {looked_at:.1f} s of use"
        time.sleep(0.2)
    # Asking keeps them alive, so the first look is well after the deadline.
    time.sleep(idle_s + 1)
    for name in SIZES:
        assert server.get(name).status == 404
    wait_until(lambda: blob_bytes(store / "blobs") < MIB, SPACE_LIMIT_S, "the blobs are removed")
