"""Batches over real connections: their size, their limits, and clients that behave badly."""
import socket
import threading
import time
from pathlib import Path

import pytest

import form_data
from form_data import operation
from harness import exchange, memory_peak_mib, status_of

KIB, MIB = 1 << 10, 1 << 20
MOST = 1000
MEMORY_LIMIT_MIB = 300


def request_head(length: int) -> bytes:
    return (
        f"POST {form_data.target()} HTTP/1.1\r\nHost: x\r\nContent-Type: {form_data.CONTENT_TYPE}\r\n"
        f"Content-Length: {length}\r\nConnection: close\r\n\r\n"
    ).encode()


def parts_of(answer: bytes) -> list:
    """Of a whole answer with its head, in chunks."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert status_of(answer) == 200
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert fields["transfer-encoding"] == "chunked"
    body = bytearray()
    at = 0
    while True:
        line_end = rest.index(b"\r\n", at)
        count = int(rest[at:line_end], 16)
        begin = line_end + 2
        body += rest[begin : begin + count]
        at = begin + count + 2
        assert rest[at - 2 : at] == b"\r\n"
        if count == 0:
            break
    assert at == len(rest)
    return form_data.parse(fields["content-type"], bytes(body))


def test_a_thousand_inserts_then_a_thousand_of_each_other_kind(server):
    connection = server.connect()

    def run(operations):
        answer = exchange(
            connection, "POST", form_data.target(), form_data.body(operations), {"content-type": form_data.CONTENT_TYPE}
        )
        assert answer.status == 200
        return sorted(form_data.parse(answer.headers["content-type"], answer.body))

    payloads = {f"dir/ké y{n}": b"%d " % n * (n % 700) for n in range(MOST)}
    inserts = [
        operation("INSERT", key, payload, content_type="text/plain", x_sn_origin=f"o{n}")
        for n, (key, payload) in enumerate(payloads.items())
    ]
    for kind, operations, status in (
        ("insert", inserts, 201),
        ("get", [operation("get", key) for key in payloads], 200),
        ("head", [operation("Head", key) for key in payloads], 204),
        ("delete", [operation("delete", key) for key in payloads], 204),
        ("get", [operation("get", key) for key in payloads], 404),
    ):
        parts = run(operations)
        assert [part.index for part in parts] == list(range(MOST))
        assert {part.status for part in parts} == {status}
        assert {part.headers["x-sn-batch-operation-kind"] for part in parts} == {kind}
        assert [part.key for part in parts] == list(payloads)
        if status == 200:
            assert [part.body for part in parts] == list(payloads.values())
        else:
            assert not any(part.body for part in parts)
        if kind in ("get", "head") and status != 404:
            assert all(part.headers["content-type"] == "text/plain" for part in parts)
            assert [part.headers["x-sn-origin"] for part in parts] == [f"o{n}" for n in range(MOST)]
    connection.close()


def test_one_operation_too_many_and_one_payload_too_large(server):
    operations = [operation("insert", f"k{n}", b"x") for n in range(MOST + 2)]
    operations[5] = operation("insert", "k5", b"x" * (MIB + 1))
    operations[6] = operation("insert", "k6", b"x" * MIB)
    parts = form_data.run(server, operations)
    assert [part.index for part in parts] == list(range(MOST + 2))
    refused = [part for part in parts if part.status != 201]
    assert [(part.index, part.status) for part in refused] == [(5, 413), (MOST, 413), (MOST + 1, 413)]
    for part in refused:
        assert part.json()["detail"].startswith("batch error: batch limit exceeded: ")
        assert "x-sn-batch-operation-key" not in part.headers and "content-type" not in part.headers
    assert server.get("k6").headers["x-sn-size"] == str(MIB)
    assert server.get(f"k{MOST - 1}").status == 200
    assert server.get("k5").status == server.get(f"k{MOST}").status == 404


def test_bad_parts_are_answered_each_by_itself(server):
    operations = [
        operation("get"),
        operation("fly", "k"),
        operation("insert", "k", b"x", content_type="nonsense"),
        operation("insert", None, b"generated"),
        operation("insert", "k", b"good"),
        form_data.operation("get", "k").replace(b"operation-kind", b"operation-sort"),
        operation("get", "k").replace(b"key: k", b"key: %ff"),
    ]
    parts = form_data.run(server, operations)
    assert [part.status for part in parts] == [400, 400, 400, 201, 201, 400, 400]
    for part in parts:
        if part.status == 400:
            error = part.json()
            assert error["detail"] == "batch error: " + error["causes"][0]
    assert server.get(parts[3].key).body == b"generated"


WHOLE, CUT = operation("insert", "k", b"x"), operation("insert", "l", b"yyy")
CUT_OFF = {
    "nothing": b"",
    "no boundary": b"hello",
    "within a head": WHOLE + CUT[: CUT.index(b"-operation")],
    "within a payload": WHOLE + CUT[:-4],
    "before the last boundary": WHOLE + CUT,
}


@pytest.mark.parametrize("case", CUT_OFF)
def test_a_body_without_its_end_is_one_bad_part(server, case):
    """Whole by its Content-Length, but without the closing boundary."""
    body = CUT_OFF[case]
    connection = server.connect()
    answer = exchange(connection, "POST", form_data.target(), body, {"content-type": form_data.CONTENT_TYPE})
    parts = sorted(form_data.parse(answer.headers["content-type"], answer.body))
    whole = 1 if b"insert" in body else 0
    assert [part.status for part in parts] == [201] * whole + [400]
    assert parts[-1].json()["detail"].startswith("batch error: multipart error: ")
    assert exchange(connection, "GET", "/health").body == b"OK", "the connection is still good"
    connection.close()
    assert server.request("GET", "/v1/objects/tests/org=1/l").status == 404


def test_a_client_that_ends_within_the_body(server):
    body = form_data.body([operation("insert", f"k{n}", b"x" * 100) for n in range(10)])
    answer = server.raw(request_head(len(body)) + body[: len(body) // 2], half_close=True)
    if answer:  # a client that half-closes may get none
        parts = sorted(parts_of(answer))
        assert [part.status for part in parts[:-1]] == [201] * (len(parts) - 1) and parts[-1].status == 400
    assert server.request("GET", "/health").status == 200


def resident_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def test_a_client_that_sends_all_before_it_reads(server):
    """Ninety megabytes of answer while ten of request are still to come: neither side may wait for the other."""
    stored = {f"k{n}": b"%03d" % n * (100 * KIB // 3) for n in range(90)}
    form_data.run(server, [operation("insert", key, payload) for key, payload in stored.items()])
    gets = [f"k{n % 90}" for n in range(900)]
    operations = [operation("get", key) for key in gets]
    operations += [operation("insert", f"late{n}", b"y" * (100 * KIB)) for n in range(100)]
    body = form_data.body(operations)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as link:
        link.sendall(request_head(len(body)) + body)
        time.sleep(0.2)  # the server has all the time it needs to fill its memory
        assert resident_mib(server.pid) < MEMORY_LIMIT_MIB
        answer = bytearray()
        while piece := link.recv(1 << 20):
            answer += piece
    parts = sorted(parts_of(bytes(answer)))
    assert [part.status for part in parts] == [200] * 900 + [201] * 100
    assert all(part.body == stored[key] for key, part in zip(gets, parts[:900], strict=True))
    assert memory_peak_mib(server.pid) < MEMORY_LIMIT_MIB


def test_many_clients_that_never_read(server):
    """Each would have a gigabyte to read; the server must hold little of it, and go on serving others."""
    stored = {f"k{n}": b"x" * MIB for n in range(10)}
    form_data.run(server, [operation("insert", key, payload) for key, payload in stored.items()])
    body = form_data.body([operation("get", f"k{n % 10}") for n in range(MOST)])
    links = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(8)]
    try:
        for link in links:
            link.sendall(request_head(len(body)) + body)
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            assert server.get("k1").status == 200
        assert memory_peak_mib(server.pid) < MEMORY_LIMIT_MIB
    finally:
        for link in links:
            link.close()
    assert server.stop() == 0


def test_answers_come_as_they_are_ready(server):
    """The first part is answered while the request's end is not sent."""
    first, rest = operation("insert", "a", b"x"), form_data.body([operation("insert", "b", b"y")])
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as link:
        boundary = f"--{form_data.BOUNDARY}\r\n".encode()
        link.sendall(request_head(len(first) + len(rest)) + first + boundary)
        answer = b""
        while b"201 Created" not in answer:
            piece = link.recv(65536)
            assert piece, answer
            answer += piece
        sender = threading.Thread(target=link.sendall, args=(rest[len(boundary) :],))
        sender.start()
        while piece := link.recv(65536):
            answer += piece
        sender.join()
    assert [part.status for part in parts_of(answer)] == [201, 201]
