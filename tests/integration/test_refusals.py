"""Refusals over real sockets: their status, the shape of their body, and what they leave alone."""
import json
import random
import socket
import statistics
import time

import pytest

from harness import Server, exchange, object_path, status_of

MIB = 1024 * 1024
JSON, TEXT, EMPTY, ANY = "json", "text", "empty", "any"
PATH = object_path("k")

# (method, target, headers, status, shape of the body)
TABLE = [
    ("GET", "/nowhere", {}, 404, EMPTY),
    ("GET", "/v1/objects%3Abatch/u/_/", {}, 404, EMPTY),
    ("PATCH", PATH, {}, 405, EMPTY),
    ("OPTIONS", PATH, {}, 405, EMPTY),
    ("POST", "/health", {}, 405, EMPTY),
    ("GET", "/v1/objects/tests/_/", {}, 405, EMPTY),
    ("PUT", "/v1/objects/tests/_", {}, 405, EMPTY),
    ("PUT", "/v1/objects/tests/noscope/k", {}, 400, TEXT),
    ("PUT", "/v1/objects/tests/a=1;/k", {}, 400, TEXT),
    ("PUT", "/v1/objects/tests/a=/k", {}, 400, TEXT),
    ("PUT", "/v1/objects/tests/=1/k", {}, 400, TEXT),
    ("PUT", "/v1/objects/tests/a=b%20c/k", {}, 400, TEXT),
    ("PUT", "/v1/objects/tests/_;a=1/k", {}, 400, TEXT),
    ("PUT", "/v1/objects/tests/_/%ff", {}, 400, TEXT),
    ("PUT", "/v1/objects/te%ffsts/_/k", {}, 400, TEXT),
    ("PUT", "/v1/objects//_/k", {}, 400, ANY),
    ("PUT", "/v1/objects/a%2Fb/_/k", {}, 400, ANY),
    ("PUT", "/v1/objects/~changelog/_/k", {}, 400, ANY),
    ("PUT", "/v1/objects/__multipart__/_/k", {}, 400, ANY),
    ("PUT", PATH, {"content-type": "nonsense"}, 400, JSON),
    ("PUT", PATH, {"content-type": ""}, 400, JSON),
    ("PUT", PATH, {"content-encoding": "gzip"}, 400, JSON),
    ("PUT", PATH, {"x-sn-expiration": "ttl:1parsec"}, 400, JSON),
    ("PUT", PATH, {"x-sn-expiration": "ttl:-1s"}, 400, JSON),
    ("PUT", PATH, {"x-sn-expiration": "forever"}, 400, JSON),
    ("PUT", PATH, {"x-sn-expiration": ""}, 400, JSON),
    ("PUT", PATH, {"x-sn-expiration": "ttl:9000y"}, 400, JSON),
    ("PUT", PATH, {"x-sn-expiration": "ttl:99999999999999999999y"}, 400, JSON),
    ("PUT", PATH, {"x-sn-filename": "\xfc"}, 400, JSON),
    ("PUT", PATH, {"x-snme-a": "\x01"}, 400, ANY),
    ("PUT", PATH + "?upload_type=resumable", {"upload-length": "5"}, 501, JSON),
    ("GET", PATH, {"range": "bytes=5-2"}, 400, JSON),
    ("GET", PATH, {"range": "bytes=-0"}, 400, JSON),
    ("GET", PATH, {"range": "bytes=x"}, 400, JSON),
    ("GET", PATH, {"range": "lines=0-1"}, 400, JSON),
    ("GET", PATH, {"range": "bytes=100-"}, 416, EMPTY),
    ("GET", object_path("missing"), {}, 404, EMPTY),
    ("GET", object_path("missing"), {"range": "bytes=0-1"}, 404, EMPTY),
    ("HEAD", object_path("missing"), {}, 404, EMPTY),
]


def assert_shape(answer, shape):
    if shape == EMPTY:
        assert answer.body == b""
    elif shape == TEXT:
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.body
    elif shape == JSON:
        assert answer.headers["content-type"] == "application/json"
        error = answer.json()
        assert isinstance(error["detail"], str) and error["detail"]
        assert all(isinstance(cause, str) for cause in error.get("causes", []))
        assert error.get("causes") != []


@pytest.fixture(scope="module")
def one_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("refusals"))
    yield server
    server.close()


@pytest.fixture
def shared(one_server):
    """One server for the tests of this file; no request may bring it down."""
    if one_server.process is None:
        one_server.start()
    yield one_server
    if one_server.process.poll() is not None:
        code, one_server.process = one_server.process.returncode, None
        pytest.fail(f"the server ended with {code}:\n{one_server.log()[-2000:]}")


@pytest.mark.parametrize(
    "method, target, headers, status, shape", TABLE, ids=[f"{r[0]} {r[1]} {r[2]}" for r in TABLE]
)
def test_refused_with_its_status_and_body_and_the_object_stays(
    shared, method, target, headers, status, shape
):
    assert shared.put("k", b"0123456789").status == 200
    answer = shared.request(method, target, b"other" if method == "PUT" else None, headers)
    assert answer.status == status, answer
    assert_shape(answer, shape)
    assert shared.get("k").body == b"0123456789"


def test_a_refusal_names_what_is_allowed(shared):
    assert shared.request("PATCH", PATH).headers["allow"] == "GET,HEAD,PUT,DELETE"
    assert shared.request("GET", "/v1/objects/tests/_/").headers["allow"] == "POST"
    shared.put("k", b"0123456789")
    answer = shared.get("k", {"range": "bytes=10-"})
    assert answer.headers["content-range"] == "bytes */10"


def test_delete_of_a_missing_object_succeeds(shared):
    assert shared.delete("never-stored").status == 204


# Requests which the HTTP layer itself refuses: (bytes, status)
BROKEN_HEADS = {
    "malformed request line": (b"NONSENSE\r\n\r\n", 400),
    "target too long": (b"GET /" + b"a" * 65_600 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "too many header lines": (
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 101 + b"\r\n",
        431,
    ),
    "head too large": (b"GET /health HTTP/1.1\r\nA: " + b"b" * 600_000 + b"\r\n\r\n", 431),
    "folded header line": (b"GET /health HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),
    "both lengths": (
        f"PUT {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        + b"5\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    "two different lengths": (
        f"PUT {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!".encode(),
        400,
    ),
}


@pytest.mark.parametrize("name", BROKEN_HEADS)
def test_a_broken_head_is_refused_and_the_connection_closed(shared, name):
    assert shared.put("k", b"old").status == 200
    data, status = BROKEN_HEADS[name]
    answer = shared.raw(data)
    assert status_of(answer) == status, answer[:300]
    assert shared.get("k").body == b"old"


OLD = {"absent": None, "small": b"old", "large": random.Random(1).randbytes(2 * MIB)}
# How a body is cut or broken: bytes after the head's own lines.
BROKEN_BODIES = {
    "short small": b"Content-Length: 100\r\n\r\nhello",
    "short large": b"Content-Length: 3000000\r\n\r\n" + b"x" * 2_000_000,
    "chunked, cut in a chunk": b"Transfer-Encoding: chunked\r\n\r\n10\r\nhello",
    "chunked, no last chunk": b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "chunked, large, no last chunk": b"Transfer-Encoding: chunked\r\n\r\n1e8480\r\n" + b"x" * 2_000_000 + b"\r\n",
    "chunked, bad size": b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    "chunked, size overflows": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello",
    "chunked, chunk longer than said": b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello world\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("old", OLD)
@pytest.mark.parametrize("name", BROKEN_BODIES)
def test_a_broken_body_is_refused_and_leaves_the_old_object_whole(shared, name, old):
    shared.delete("broken")
    if OLD[old] is not None:
        assert shared.put("broken", OLD[old]).status == 200
    head = f"PUT {object_path('broken')} HTTP/1.1\r\nHost: x\r\n".encode()
    answer = shared.raw(head + BROKEN_BODIES[name], half_close=True)
    # A client that ended its sending may get no answer; if it gets one, it is a refusal.
    assert status_of(answer) in (None, 400), answer[:300]
    if status_of(answer) == 400 and b"application/json" in answer:
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]
    now = shared.get("broken")
    if OLD[old] is None:
        assert now.status == 404
    else:
        assert now.body == OLD[old]


def test_a_client_that_vanishes_in_a_body_leaves_the_old_object_whole(shared):
    for old in (OLD["small"], OLD["large"]):
        assert shared.put("vanish", old).status == 200
        with socket.create_connection(("127.0.0.1", shared.port), timeout=20) as link:
            link.sendall(f"PUT {object_path('vanish')} HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n".encode())
            link.sendall(b"y" * 2_500_000)
        assert shared.get("vanish").body == old


def test_bytes_after_the_body_are_not_stored(shared):
    head = f"PUT {object_path('surplus')} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n".encode()
    answer = shared.raw(head + b"hello and more\r\n\r\n")
    assert status_of(answer) == 200, answer[:300]
    assert shared.get("surplus").body == b"hello"


@pytest.mark.parametrize("old", ["small", "large"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_an_object_over_the_limit_is_refused_and_the_old_one_stays(make_server, old, chunked):
    limited = make_server(OS__HTTP__MAX_OBJECT_SIZE=str(2 * MIB)).start()
    assert limited.put("k", OLD[old]).status == 200
    size = 2 * MIB + 1
    body = b"z" * size
    length = b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Content-Length: %d\r\n\r\n" % size
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body) if chunked else body
    answer = limited.raw(f"PUT {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode() + length + framed)
    assert status_of(answer) in (None, 413), answer[:300]
    assert limited.get("k").body == OLD[old]
    assert limited.put("k", b"z" * 2 * MIB).status == 200


def test_a_resumable_upload_stores_nothing(shared):
    target = object_path("resumable") + "?upload_type=resumable"
    answer = shared.request("PUT", target, headers={"upload-length": "300000000"})
    assert answer.status == 501
    assert shared.get("resumable").status == 404


def test_a_small_get_does_not_wait_for_a_delayed_acknowledgement(shared):
    """Without TCP_NODELAY head and body of an answer travel 40 ms apart."""
    assert shared.put("quick", b"q" * 1000).status == 200
    connection = shared.connect()
    times = []
    for _ in range(100):
        began = time.monotonic()
        assert exchange(connection, "GET", object_path("quick")).status == 200
        times.append(time.monotonic() - began)
    connection.close()
    assert statistics.median(times) < 0.035, times
