"""Stopping, and clients that go away: what was begun is finished, and what is left is said."""
import http.client
import json
import random
import shutil
import signal
import socket
import struct
import time

import pytest

import exposition
import form_data
import server_log
from harness import damages, drained_audit, memory_peak_mib, object_path, port_answers, wait_until

MIB = 1 << 20
UPLOADS = "/v1/objects:multipart/tests/org=1"
PARTS = "/v1/objects:multipart:parts/tests/org=1"
COMPLETE = "/v1/objects:multipart:complete/tests/org=1"


class Half:
    """A request of which the second part has not been sent yet."""

    def __init__(self, server, method, target, body: bytes, sent: int, **headers: str):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
        self.socket.sendall(head.encode() + body[:sent])
        self.rest = body[sent:]

    def finish(self):
        self.socket.sendall(self.rest)
        answer = http.client.HTTPResponse(self.socket)
        answer.begin()
        return answer, answer.read()

    def send_and_vanish(self):
        self.socket.sendall(self.rest)
        self.socket.close()


def part_of_new_upload(server, key, payload):
    """The query that names the upload, and the body that completes it."""
    upload = server.request("PUT", f"{UPLOADS}/{key}").json()["upload_id"]
    answer = server.request("PUT", f"{PARTS}/{key}?upload_id={upload}&part_number=1", payload)
    assert answer.status == 200
    parts = {"parts": [{"part_number": 1, "etag": answer.json()["etag"]}]}
    return f"?upload_id={upload}", json.dumps(parts).encode()


def test_what_is_in_flight_is_finished(server):
    large = bytes(range(256)) * (12 * MIB // 256)
    assert server.put("read", large).status == 200
    query, completion = part_of_new_upload(server, "upload", b"of an upload")
    batch = form_data.body([form_data.operation("insert", f"b{n}", b"%d" % n) for n in range(20)])
    put = Half(server, "PUT", object_path("small"), b"0123456789", 5)
    large_put = Half(server, "PUT", object_path("large"), large, 3 * MIB)
    batched = Half(server, "POST", form_data.target(), batch, len(batch) // 2, content_type=form_data.CONTENT_TYPE)
    complete = Half(server, "POST", f"{COMPLETE}/upload{query}", completion, 5, content_type="application/json")
    get = Half(server, "GET", object_path("read"), b"", 0)
    idle = server.connect()
    idle.request("GET", "/health")
    assert idle.getresponse().read() == b"OK"
    in_flight = b"objectstore_requests_in_flight 6"
    wait_until(lambda: in_flight in server.request("GET", "/keda").body, 10, "all requests have arrived")

    server.process.send_signal(signal.SIGTERM)
    server_log.wait_for(server, "stopping")
    wait_until(lambda: not port_answers(server.port), 10, "new connections are refused")
    assert idle.sock.recv(1) == b"", "idle connections are ended"
    server.process.send_signal(signal.SIGTERM)  # changes nothing
    assert server.process.poll() is None

    for half, body in ((put, b'{"key":"small"}'), (large_put, b'{"key":"large"}')):
        answer, data = half.finish()
        assert (answer.status, data) == (200, body)
        assert answer.headers["connection"] == "close"
    answer, data = batched.finish()
    statuses = [part.status for part in form_data.parse(answer.headers["content-type"], data)]
    assert statuses == [201] * 20
    answer, data = complete.finish()
    assert answer.status == 200 and json.loads(data) == {"key": "upload"}
    assert server.process.poll() is None
    answer, data = get.finish()
    assert data == large
    assert server.process.wait(20) == 0
    server.process = None
    assert server_log.find(server, "stopped") and '"level":"ERROR"' not in server.log()

    server.start()
    assert server.get("small").body == b"0123456789"
    assert server.get("large").body == large
    assert server.get("upload").body == b"of an upload"
    assert server.get("b19").body == b"19"


def test_a_client_that_stalls_does_not_hold_the_stop_for_ever(make_server):
    server = make_server(OS__HTTP__BODY_STALL_TIMEOUT="1s").start()
    Half(server, "PUT", object_path("k"), b"0123456789", 5)
    begin = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begin < 20
    server.start()
    assert server.get("k").status == 404


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGQUIT"])
def test_other_signals_stop_too(server, name):
    server.process.send_signal(getattr(signal, name))
    assert server.process.wait(20) == 0
    server.process = None


def test_clients_that_vanish_anywhere_leave_nothing_behind(server, needs_audit):
    """Requests of all kinds, cut at any byte, by a FIN or a reset, some with a part of the answer read."""
    chance = random.Random(7)
    large = b"l" * (3 * MIB)
    assert server.put("large", large).status == 200
    query, completion = part_of_new_upload(server, "upload", b"of an upload")
    reads = [form_data.operation("get", "large")] * 20
    writes = [form_data.operation("insert", f"b{n}", b"x" * 10_000) for n in range(50)]
    requests = [
        ("PUT", object_path("small"), b"x" * 1000, {}),
        ("PUT", object_path("put"), large, {}),
        ("GET", object_path("large"), b"", {}),
        ("DELETE", object_path("put"), b"", {}),
        ("POST", form_data.target(), form_data.body(reads), {"content_type": form_data.CONTENT_TYPE}),
        ("POST", form_data.target(), form_data.body(writes), {"content_type": form_data.CONTENT_TYPE}),
        ("PUT", f"{PARTS}/upload{query}&part_number=2", large, {}),
        ("POST", f"{COMPLETE}/upload{query}", completion, {"content_type": "application/json"}),
    ]
    for _ in range(300):
        method, target, body, headers = chance.choice(requests)
        sent = chance.choice([0, len(body), chance.randint(0, len(body))])
        half = Half(server, method, target, body, sent, **headers)
        if chance.random() < 0.5 and len(half.rest) == 0:
            half.socket.recv(chance.choice([1, 1000, 100_000]))
        if chance.random() < 0.5:
            half.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        half.socket.close()

    def idle():
        lines = server.request("GET", "/keda").body.decode().splitlines()
        return {"objectstore_requests_in_flight 1", "objectstore_tasks_running 0"} <= set(lines)

    wait_until(idle, 20, "nothing is in flight any more")
    gauges = exposition.parse(server.request("GET", "/metrics").body.decode())
    for gauge in ("in_use", "queued", "bulk_in_use"):
        assert gauges[f"objectstore_concurrency_{gauge}"].value() == 0
    assert server.get("large").body == large
    assert memory_peak_mib(server.pid) < 300
    assert '"level":"ERROR"' not in server.log()
    found = drained_audit(server, server.folder / "data/rows", server.folder / "data/blobs")
    assert not damages(found)


def test_what_was_begun_is_finished_without_its_client(server):
    """The client is gone once it has sent all; nobody reads the answer."""
    payloads = {f"k{size}": b"%d" % size * (size // len(b"%d" % size)) for size in (10, 100_000, 2 * MIB, 9 * MIB)}
    for key, payload in payloads.items():
        Half(server, "PUT", object_path(key), payload, 0).send_and_vanish()
    query, completion = part_of_new_upload(server, "upload", b"of an upload")
    Half(server, "POST", f"{COMPLETE}/upload{query}", completion, 0, content_type="application/json").send_and_vanish()
    for key, payload in {**payloads, "upload": b"of an upload"}.items():
        assert wait_until(lambda key=key: server.get(key).status == 200, 10, f"{key} is stored")
        assert server.get(key).body == payload
    assert server.put("deleted", b"x").status == 200
    Half(server, "DELETE", object_path("deleted"), b"", 0).send_and_vanish()
    wait_until(lambda: server.get("deleted").status == 404, 10, "the object is deleted")


def test_a_body_that_ends_early_leaves_the_old_object(server, needs_audit):
    assert server.put("k", b"old").status == 200
    for size in (10, 100_000, 2 * MIB, 9 * MIB):
        Half(server, "PUT", object_path("k"), b"x" * size, size - 1).socket.close()
    assert server.get("k").body == b"old"
    found = drained_audit(server, server.folder / "data/rows", server.folder / "data/blobs")
    assert not found["orphans"] and not found["dangling"] and not found["entries"]


def stop_with_a_cleanup_that_fails(make_server, changelog: str):
    """The old blob can't be deleted: a directory has taken its place. Returns the stopped server and that blob."""
    server = make_server(
        config="storage:\n  type: tiered\n  high_volume: {type: rocksdb, path: data/rows}\n"
        f"  long_term: {{type: filesystem, path: data/blobs}}\n  changelog: {changelog}\n"
    ).start()
    assert server.put("k", b"1" * (2 * MIB)).status == 200
    files = (path for path in (server.folder / "data/blobs").rglob("*") if path.is_file())
    (blob,) = (path for path in files if path.stat().st_size > MIB)
    blob.unlink()
    (blob / "in the way").mkdir(parents=True)
    assert server.put("k", b"2" * (2 * MIB)).status == 200
    assert server.stop() == 0
    return server, blob


def test_a_cleanup_that_fails_is_told_and_done_after_the_next_start(make_server, needs_audit):
    server, blob = stop_with_a_cleanup_that_fails(
        make_server, "{type: rocksdb, heartbeat: 500ms, stale_after: 2s, empty_wait: 500ms}"
    )
    (told,) = server_log.find(server, "a change is left to recovery")
    assert told["level"] == "WARN" and told["fields"]["object"] == "tests/org.1/objects/k"
    shutil.rmtree(blob)
    server.start()
    assert server_log.wait_for(server, "recovery found open entries at start", count="1")
    assert server.get("k").body == b"2" * (2 * MIB)
    found = drained_audit(server, server.folder / "data/rows", server.folder / "data/blobs")
    assert not found["entries"] and not found["orphans"]


def test_cleanups_without_a_log_get_five_seconds_and_are_told(make_server):
    begin = time.monotonic()
    server, _ = stop_with_a_cleanup_that_fails(make_server, "{type: noop}")
    assert 5 < time.monotonic() - begin < 20
    (late,) = server_log.find(server, "cleanups are still under way")
    assert late["level"] == "ERROR" and late["fields"]["tasks"] == "1"
    (told,) = server_log.find(server, "a change could not be cleaned up")
    assert told["fields"]["object"] == "tests/org.1/objects/k"
    server.start()
    assert server.get("k").body == b"2" * (2 * MIB)
