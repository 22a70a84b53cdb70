"""The log of the whole server: JSON lines, request ids, and nothing secret in them."""
import re
import shlex
import signal
import subprocess
import urllib.request
from urllib.parse import quote

import pytest

import form_data
import server_log
from credentials import Key, base64url
from harness import BINARY, IN_USE, Server, clean_environment, free_port, object_path, port_answers, run_cli, wait_until

LEVELS = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR"}
MIB = 1 << 20
OWN = ("tests", {"org": "1"})
OPEN = {"OS__AUTH__ENFORCE": "false"}


def log_id(answer) -> str:
    return answer.headers["x-request-id"]


@pytest.fixture(scope="module")
def talkative(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("talkative"), OS__LOGGING__LEVEL="TRACE")
    yield server.start()
    server.close()


def check_form(server: Server):
    text = server.log()
    assert text.endswith("\n") and text.isascii()
    for entry in server_log.entries(server):
        assert list(entry) == ["timestamp", "level", "message", "fields"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", entry["timestamp"])
        assert entry["level"] in LEVELS
        assert all(isinstance(value, str) for value in entry["fields"].values())


NASTY = ['"quotes"', "back\\slash", "new\nline\r\n", "tab\t\x1b[31mred", "\u2028\u2029\x85", "{}", "a" * 3000, "é🎉"]


def test_lines_stay_lines_whatever_is_asked(talkative):
    for text in NASTY:
        path = object_path(quote(text, safe=""), usecase="~" + quote(text, safe=""))
        assert talkative.request("PUT", path, b"x").status == 400
        assert talkative.put(quote(text, safe=""), b"x", {"x-sn-expiration": "ttl:none"}).status == 400
    assert talkative.request("GET", "/v1/objects/%ff/_/%fe").status == 400
    check_form(talkative)
    objects = {entry["fields"].get("object") for entry in server_log.find(talkative, "request failed")}
    for text in NASTY:
        assert f"tests/org.1/objects/{text}" in objects


ID = "4bf92f35-77b3/caller's:own"
# What a caller may name his request, and what is replaced.
GIVEN = {
    ID: True,
    "x": True,
    "a" * 128: True,
    "a" * 129: False,
    "": False,
    "two words": False,
    "t\xe9l\xe9": False,
}


@pytest.mark.parametrize("given", GIVEN, ids=lambda text: text[:20] or "empty")
def test_a_caller_names_his_request(talkative, given):
    answers = [talkative.get("missing", {"x-request-id": given}) for _ in range(2)]
    if GIVEN[given]:
        assert [log_id(answer) for answer in answers] == [given, given]
    else:
        assert given not in map(log_id, answers)
        assert log_id(answers[0]) != log_id(answers[1])
    check_form(talkative)
    for answer in answers:
        server_log.wait_for(talkative, "request", request_id=log_id(answer), status="404", method="GET")


def test_every_answer_has_an_id_of_its_own_and_a_line(talkative):
    upload = "?upload_id=x&part_number=1"
    requests = [
        ("GET", object_path("k"), 404),
        ("PUT", object_path("k"), 200),
        ("HEAD", object_path("k"), 204),
        ("DELETE", object_path("k"), 204),
        ("PATCH", object_path("k"), 405),
        ("GET", "/nowhere", 404),
        ("GET", "/health", 200),
        ("GET", "/v1/objects/tests/bad/k", 400),
        ("POST", "/v1/objects:batch/tests/_/", 400),
        ("PUT", "/v1/objects:multipart:parts/tests/_/k" + upload, 400),
        ("POST", "/v1/objects:multipart:complete/tests/_/k" + upload, 415),
    ]
    ids = []
    for method, target, status in requests:
        answer = talkative.request(method, target)
        assert answer.status == status
        ids.append(log_id(answer))
        server_log.wait_for(talkative, "request", request_id=ids[-1], status=str(status))
    assert len(set(ids)) == len(ids)


def test_a_failure_is_found_by_its_id(make_server):
    """Of the store, at the default level; in a batch too."""
    server = make_server().start()
    assert server.put("k", b"x" * (2 * MIB)).status == 200
    files = (path for path in (server.folder / "data/blobs").rglob("*") if path.is_file())
    (blob,) = (path for path in files if path.stat().st_size > MIB)
    damaged = bytearray(blob.read_bytes())
    damaged[: len(damaged) // 2] = b"\0" * (len(damaged) // 2)
    blob.write_bytes(damaged)
    answer = server.get("k", {"x-request-id": ID})
    assert answer.status == 500 and log_id(answer) == ID
    (line,) = server_log.find(server, "request failed", request_id=ID)
    assert line["level"] == "ERROR"
    assert line["fields"]["object"] == "tests/org.1/objects/k" and line["fields"]["status"] == "500"
    assert str(blob.name) not in answer.body.decode(), "where it lies is not the client's business"
    (part,) = form_data.run(server, [form_data.operation("get", "k")], {"x-request-id": "the-batch"})
    assert part.status == 500
    assert server_log.find(server, "request failed", request_id="the-batch")
    check_form(server)


def test_nothing_secret_is_logged(tmp_path):
    key, stranger = Key("k"), Key("k")
    key.write_public(tmp_path / "key.pem")
    server = Server(
        tmp_path,
        'auth: {enforce: true, keys: {k: {key_files: [key.pem], max_permissions: [object.read, object.write]}}}\n'
        "sentry: {dsn: 'https://sentrysecret@sentry.invalid/1'}\n",
        OS__AUTH__ENFORCE="true",
        OS__LOGGING__LEVEL="TRACE",
        AWS_SECRET_ACCESS_KEY="awssecretawssecret",
    ).start()
    try:
        good, bad, expired = key.token(*OWN), stranger.token(*OWN), key.token(*OWN, lasts_s=-100)
        unsigned = good.rsplit(".", 1)[0] + "." + base64url(b"0" * 64)
        tokens = [good, bad, expired, unsigned, "x.y.plainlysecret", "plainlysecret"]
        path = object_path("k")
        for method, body in (("PUT", b"payloadsecret"), ("GET", None), ("DELETE", None), ("PATCH", None)):
            for token in tokens:
                for headers in ({"x-os-auth": f"Bearer {token}"}, {"authorization": f"bearer {token}"}):
                    server.request(method, path, body, headers)
                server.request(method, f"{path}?os_auth={token}", body)
                server.request(method, f"/nowhere?os_auth={token}", body)
            others = {"authorization": "Basic cGxhaW5seXNlY3JldA==", "cookie": "cookiesecret"}
            server.request(method, path, body, others)
            for signer in (key, stranger):
                url = signer.presign("GET", path)
                server.request(method, url, body)
                server.request(method, url + "&more=plainlysecret", body)
        header = {"x-os-auth": f"Bearer {good}"}
        operations = [form_data.operation("insert", "b", b"payloadsecret"), form_data.operation("delete", "b")]
        form_data.run(server, operations, header)
        server.raw(f"GET {path} HTTP/1.1\r\nx-os-auth: Bearer {good}\r\n folded\r\n\r\n".encode())
        assert server.get("k", header).body == b"payloadsecret"
        check_form(server)
        assert server.stop() == 0
        log = server.log()
    finally:
        server.close()
    assert "request failed" in log or '"request"' in log
    assert server_log.find(server, "credential refused"), "nothing was logged that could have held a secret"
    secrets = {"secret", "os_sig", "os_auth", "Bearer", "PRIVATE", "cGxhaW5seXNlY3JldA"}
    secrets |= {part for token in tokens for part in token.split(".") if len(part) > 3}
    assert not [secret for secret in secrets if secret in log]


@pytest.mark.parametrize("form", ["simplified", "pretty"])
def test_other_formats_are_a_line_each(make_server, form):
    server = make_server(OS__LOGGING__FORMAT=form, OS__LOGGING__LEVEL="DEBUG").start()
    assert server.request("PUT", object_path("a%0Ab%1B%22", usecase="~x")).status == 400
    assert server.stop() == 0
    lines = server.log().splitlines()
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}" if form == "pretty" else r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    assert all(re.match(rf"{time} +(DEBUG|INFO|WARN|ERROR) ", line) for line in lines)
    assert "\x1b" not in server.log()
    assert any("serving" in line for line in lines) and "stopped" in lines[-1]


def test_the_log_can_be_off(make_server):
    server = make_server(OS__LOGGING__LEVEL="OFF").start()
    assert server.get("k").status == 404
    assert server.stop() == 0
    assert server.log() == ""


def test_nobody_has_to_read_the_log(tmp_path):
    """Only on a port that is known beforehand can such a server be asked."""
    port = free_port()
    environment = clean_environment(OS__HTTP_ADDR=f"127.0.0.1:{port}", OS__LOGGING__LEVEL="TRACE", **OPEN)
    with subprocess.Popen(
        [str(BINARY), "run"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        try:
            process.stderr.readline()
            process.stderr.close()
            wait_until(lambda: port_answers(port), 30, "a listening server")
            for number in range(20):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health?{number}", timeout=10) as answer:
                    assert answer.read() == b"OK"
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_a_start_that_fails_is_told_even_without_a_log(tmp_path):
    ended = run_cli("run", cwd=tmp_path, OS__LOGGING__LEVEL="OFF", OS__HTTP_ADDR="203.0.113.1:1", **OPEN)
    assert ended.returncode == 1
    assert IN_USE in ended.stderr and len(ended.stderr.splitlines()) == 1


def test_threads_that_can_not_be_started_are_told(tmp_path):
    limited = f"ulimit -v 8000000; exec {shlex.quote(str(BINARY))} run"
    environment = clean_environment(OS__HTTP_ADDR="127.0.0.1:0", OS__RUNTIME__WORKER_THREADS="3000", **OPEN)
    ended = subprocess.run(
        ["sh", "-c", limited], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1, ended
    assert "can't start the 3000 threads of runtime.worker_threads" in ended.stderr
