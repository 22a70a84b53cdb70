"""Limits of the whole server: requests in flight, operations at once, rates, and what usecases may ask for."""
import contextlib
import http.client
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import exposition
import form_data
import server_log
from harness import Response, Server, object_path, wait_until

LIMITED = b"Object access is rate limited"


def put_head(key: str, length: int, **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"PUT {object_path(key)} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{lines}\r\n".encode()


class OpenPut:
    """A PUT whose last byte is held back: it is in flight and holds an operation's slot."""

    def __init__(self, server: Server, key: str, size: int = 10):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.socket.sendall(put_head(key, size) + b"x" * (size - 1))

    def refused(self) -> bool:
        """Whether an answer is there, which waits for the last byte unless it is a refusal."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def finish(self) -> Response:
        self.socket.sendall(b"x")
        return self.answer()

    def answer(self) -> Response:
        answer = http.client.HTTPResponse(self.socket)
        answer.begin()
        body = answer.read()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def open_puts(server: Server, count: int, gauge: str):
    """So many PUTs that are known to have arrived.

    A page is a request in flight as well: a PUT that is refused because one was just being answered
    (the one that tells the gauge, say) is sent again.
    """
    puts = [OpenPut(server, f"held-{number}") for number in range(count)]

    def all_held() -> bool:
        for number, put in enumerate(puts):
            if put.refused():
                put.close()
                puts[number] = OpenPut(server, f"held-{number}")
        return load(server)[gauge] >= count

    try:
        wait_until(all_held, 10, f"{count} held requests")
        yield puts
    finally:
        for put in puts:
            put.close()


def load(server: Server) -> dict:
    lines = server.request("GET", "/keda").body.decode().splitlines()
    return {name: int(value) for name, value in (line.split(" ") for line in lines if line[0] != "#")}


def metrics(server: Server) -> dict:
    return exposition.parse(server.request("GET", "/metrics").body.decode())


def test_too_many_requests_in_flight(make_server):
    server = make_server(OS__HTTP__MAX_REQUESTS="3").start()
    with open_puts(server, 3, "objectstore_tasks_running") as puts:
        refused = server.get("k", {"x-downstream-service": "relay-7"})
        assert (refused.status, refused.body) == (503, b"")
        assert "server" not in refused.headers
        for page in ("/health", "/ready", "/keda", "/metrics"):
            assert server.request("GET", page).status == 200
        assert metrics(server)["objectstore_http_requests_refused_total"].value(service="relay") == 1
        assert puts[0].finish().status == 200
        wait_until(lambda: server.get("k").status == 404, 5, "room again")
        assert [put.finish().status for put in puts[1:]] == [200, 200]


def test_too_many_operations_at_once(make_server):
    server = make_server(OS__SERVICE__MAX_CONCURRENCY="2").start()
    with open_puts(server, 2, "objectstore_tasks_running") as puts:
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            answer = server.request(method, object_path("k"))
            assert answer.status == 429, method
            if method != "HEAD":
                assert answer.json() == {
                    "detail": "service error: concurrency limit reached",
                    "causes": ["concurrency limit reached"],
                }
        assert metrics(server)["objectstore_concurrency_rejected_total"].value() == 4
        assert server_log.find(server, "concurrency limit reached")[0]["level"] == "WARN"
        assert [put.finish().status for put in puts] == [200, 200]
    assert server.put("k", b"x").status == 200


@pytest.mark.parametrize("setting, status", [("OS__HTTP__MAX_REQUESTS", 503), ("OS__SERVICE__MAX_CONCURRENCY", 429)])
def test_a_limit_of_zero_refuses_all_but_the_pages(make_server, setting, status):
    server = make_server(**{setting: "0"}).start()
    assert server.get("k").status == status
    assert server.request("GET", "/ready").status == 200


def test_an_operation_waits_in_the_queue(make_server):
    server = make_server(
        OS__SERVICE__MAX_CONCURRENCY="1", OS__SERVICE__CONCURRENCY_QUEUE="1", OS__SERVICE__CONCURRENCY_TIMEOUT="30s"
    ).start()
    with open_puts(server, 1, "objectstore_tasks_running") as puts, ThreadPoolExecutor() as threads:
        waiting = threads.submit(server.get, "k")
        wait_until(lambda: metrics(server)["objectstore_concurrency_queued"].value() == 1, 10, "a waiting operation")
        assert server.get("k").status == 429, "the queue has one place"
        assert not waiting.done()
        assert puts[0].finish().status == 200
        assert waiting.result(10).status == 404


def test_an_operation_does_not_wait_for_ever(make_server):
    server = make_server(
        OS__SERVICE__MAX_CONCURRENCY="1", OS__SERVICE__CONCURRENCY_QUEUE="5", OS__SERVICE__CONCURRENCY_TIMEOUT="300ms"
    ).start()
    with open_puts(server, 1, "objectstore_tasks_running"):
        begin = time.monotonic()
        assert server.get("k").status == 429
        assert 0.3 <= time.monotonic() - begin < 5


def test_operations_of_a_batch_wait_for_a_place_each(make_server):
    server = make_server(OS__SERVICE__MAX_CONCURRENCY="1", OS__SERVICE__CONCURRENCY_TIMEOUT="100ms").start()
    operations = [form_data.operation("head", f"k{number}") for number in range(3)]
    with open_puts(server, 1, "objectstore_tasks_running") as puts:
        for part in form_data.run(server, operations):
            assert part.status == 429
            assert part.json()["detail"] == "service error: concurrency limit reached"
        assert metrics(server)["objectstore_concurrency_rejected_total"].value(**{"class": "bulk"}) == 3
        assert puts[0].finish().status == 200
    assert [part.status for part in form_data.run(server, operations)] == [404] * 3


def test_throughput_is_limited(make_server):
    server = make_server(
        config="rate_limits: {throughput: {global_rps: 1, burst: 4, rules: [{usecase: slow, scopes: [], rps: 1}]}}"
    ).start()
    answers = [server.get("k") for _ in range(8)]
    assert [answer.status for answer in answers[:5]] == [404] * 5
    refused = [answer for answer in answers if answer.status == 429]
    assert refused and refused[0].body == LIMITED
    assert refused[0].headers["content-type"] == "text/plain; charset=utf-8"
    assert load(server)["objectstore_requests_total"] == 8 - len(refused)
    assert load(server)["objectstore_throughput_limit"] == 1
    counted = metrics(server)["objectstore_rate_limited_total"]
    assert counted.value(reason="throughput_global", usecase="tests") == len(refused)
    wait_until(lambda: server.get("k").status == 404, 10, "a token again")


def test_operations_of_a_batch_take_a_token_each(make_server):
    """The request has taken one before."""
    server = make_server(config="rate_limits: {throughput: {global_rps: 1, burst: 9}}").start()
    parts = form_data.run(server, [form_data.operation("insert", f"k{number}", b"x") for number in range(20)])
    statuses = [part.status for part in parts]
    assert statuses[:9] == [201] * 9 and statuses[-5:] == [429] * 5
    assert parts[-1].json() == {"detail": "batch error: rate limited", "causes": ["rate limited"]}
    assert server.get("k0").status == 429


def test_shares_and_rules_limit_each_by_itself(make_server):
    server = make_server(
        config="""
rate_limits:
  throughput:
    global_rps: 1000
    usecase_pct: 1
    rules:
      - {scopes: [[org, "9"]], rps: 2}
"""
    ).start()

    def admitted(usecase, scopes, count=30):
        path = object_path("k", usecase, scopes)
        connection = server.connect()
        statuses = []
        for _ in range(count):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()
        assert set(statuses) <= {404, 429}
        return statuses.count(404)

    begin = time.monotonic()
    busy, other, ruled = admitted("busy", "_"), admitted("other", "_", 10), admitted("ruled", "org=9", 10)
    seconds = time.monotonic() - begin
    assert 10 <= busy <= 10 + 10 * seconds + 1
    assert other == 10
    assert 2 <= ruled <= 2 + 2 * seconds + 1
    reasons = metrics(server)["objectstore_rate_limited_total"]
    assert reasons.value(reason="throughput_usecase", usecase="busy") == 30 - busy
    assert reasons.value(reason="throughput_rule", usecase="ruled") == 10 - ruled


@pytest.mark.parametrize("report_only", [False, True])
def test_bandwidth_is_a_debt(make_server, report_only):
    server = make_server(
        config=f"rate_limits: {{bandwidth: {{global_bps: 100000, report_only: {str(report_only).lower()}}}}}"
    ).start()
    assert server.put("k", b"x" * 300_000).status == 200, "a running transfer is never stopped"
    after = server.get("k")
    if report_only:
        assert after.status == 200
        assert load(server)["objectstore_bytes_total"] == 600_000
    else:
        assert (after.status, after.body) == (429, LIMITED)
        assert load(server)["objectstore_bytes_total"] == 300_000
        limited = metrics(server)["objectstore_rate_limited_total"]
        assert limited.value(reason="bandwidth_global", usecase="tests") == 1
        wait_until(lambda: server.request("HEAD", object_path("k")).status == 204, 15, "the debt is paid", 0.2)
    assert load(server)["objectstore_bandwidth_limit"] == 100_000


def test_usecases_limit_expiration(make_server):
    server = make_server(
        config="""
usecases:
  strict:
    expiration:
      manual: {allowed: false}
      ttl: {max: 90d}
      tti: {allowed: false}
"""
    ).start()
    strict = [
        (None, "client error: expiration policy 'manual' is not allowed for use case 'strict'"),
        ("tti:1h", "client error: expiration policy 'tti:1h' is not allowed for use case 'strict'"),
        ("ttl:91d", "client error: expiration duration 91d exceeds maximum of 90d for use case 'strict'"),
        ("ttl:90d", None),
        ("ttl:1s", None),
    ]
    targets = [
        ("PUT", object_path("k", "strict")),
        ("POST", "/v1/objects/strict/_"),
        ("PUT", "/v1/objects:multipart/strict/_/k"),
        ("POST", "/v1/objects:multipart/strict/_"),
    ]
    for method, target in targets:
        for policy, refusal in strict:
            answer = server.request(method, target, b"", {"x-sn-expiration": policy} if policy else {})
            if refusal is None:
                assert answer.status in (200, 201), (method, target, policy)
            else:
                assert (answer.status, answer.json()) == (400, {"detail": refusal}), (method, target, policy)
    assert server.put("k", b"").status == 200, "other usecases are not limited"
