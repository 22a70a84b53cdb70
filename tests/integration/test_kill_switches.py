"""Kill switches, configured and from the options file that is read again while the server runs."""
import json

import pytest

import exposition
import server_log
from harness import Server, free_port, object_path, run_cli, wait_until

DISABLED = b"Object access is disabled for this scope through killswitches"
CONFIG = """
killswitches:
  - usecase: broken
  - scopes: {org: "42"}
    service: "relay*"
  - usecase: both
    scopes: {org: "7"}
"""


def options(*killswitches, **others) -> str:
    return json.dumps({"options": {"killswitches": killswitches, **others}, "generated_at": "2026-04-20T13:37:00Z"})


def values_file(folder):
    path = folder / "options/values/objectstore/values.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def status(server, usecase, scopes, **headers) -> int:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request("GET", object_path("k", usecase, scopes), headers=names).status


@pytest.fixture(scope="module")
def switched(tmp_path_factory):
    """A server with configured switches and one in the options file."""
    folder = tmp_path_factory.mktemp("switches")
    values_file(folder).write_text(options({"usecase": "optional"}))
    server = Server(folder, CONFIG, SENTRY_OPTIONS_DIR=str(folder / "options"))
    yield server.start()
    server.close()


# (usecase, scopes, calling service, status)
MATCHES = [
    ("broken", "_", None, 403),
    ("broken", "org=1;project=2", "anything", 403),
    ("tests", "org=42", "relay-7d9f8b6c4d-x2x2x", 403),
    ("tests", "project=1;org=42", "relay-pop-3", 403),
    ("tests", "org=42;org=1", "relay", 403),
    ("tests", "org=1;org=42", "relay", 404),
    ("tests", "org=42", "sentry", 404),
    ("tests", "org=42", None, 404),
    ("both", "org=7", None, 403),
    ("both", "org=8", None, 404),
    ("tests", "org=7", None, 404),
    ("optional", "_", None, 403),
    ("tests", "_", None, 404),
]


@pytest.mark.parametrize("usecase, scopes, service, expected", MATCHES)
def test_a_switch_matches(switched, usecase, scopes, service, expected):
    headers = {"x_downstream_service": service} if service else {}
    assert status(switched, usecase, scopes, **headers) == expected


def test_every_kind_of_request_is_switched_off(switched):
    before = exposition.parse(switched.request("GET", "/metrics").body.decode())
    upload = "?upload_id=x&part_number=1"
    requests = [
        *((method, object_path("k", "broken", "_")) for method in ("GET", "HEAD", "PUT", "DELETE")),
        ("POST", "/v1/objects/broken/_"),
        ("POST", "/v1/objects:batch/broken/_/"),
        ("POST", "/v1/objects:multipart/broken/_"),
        ("PUT", "/v1/objects:multipart/broken/_/k"),
        ("DELETE", "/v1/objects:multipart/broken/_/k" + upload),
        ("PUT", "/v1/objects:multipart:parts/broken/_/k" + upload),
        ("GET", "/v1/objects:multipart:parts/broken/_/k" + upload),
        ("POST", "/v1/objects:multipart:complete/broken/_/k" + upload),
    ]
    for method, target in requests:
        answer = switched.request(method, target)
        assert answer.status == 403, (method, target)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.body == (b"" if method == "HEAD" else DISABLED)
    after = exposition.parse(switched.request("GET", "/metrics").body.decode())
    name = "objectstore_http_requests_switched_off_total"
    assert after[name].value() - before[name].value() == len(requests)
    assert server_log.find(switched, "request switched off", usecase="broken")[0]["level"] == "WARN"
    for page in ("/health", "/ready", "/keda"):
        assert switched.request("GET", page).status == 200


def test_options_are_read_again_while_the_server_runs(tmp_path):
    """Also where the file, or even its directory, comes later."""
    path = tmp_path / "options/values/objectstore/values.json"
    server = Server(tmp_path, CONFIG, SENTRY_OPTIONS_DIR=str(tmp_path / "options")).start()

    def off(usecase):
        return status(server, usecase, "_") == 403

    def put(text):
        values_file(tmp_path)
        (tmp_path / "next").write_text(text)
        (tmp_path / "next").rename(path)

    try:
        assert server_log.find(server, "Values directory does not exist")
        assert off("broken") and not off("first")
        put(options({"usecase": "first"}))
        wait_until(lambda: off("first"), server_log.TAKEN_OVER_WITHIN_S, "new options in use")
        assert off("broken"), "configured switches stay"

        put('{"options": {"killswitches": [{"usecase": 5}]}}')
        line = server_log.wait_for(server, "changed files are bad", what="runtime options")[0]
        assert line["level"] == "ERROR" and "killswitches[0].usecase" in line["fields"]["error"]
        assert off("first") and off("broken")

        put(options({"usecase": "second"}, new_feature=True))
        wait_until(lambda: off("second"), server_log.TAKEN_OVER_WITHIN_S, "repaired options in use")
        assert not off("first")
        assert "new_feature" in server_log.find(server, "runtime option ignored")[0]["fields"]["note"]
    finally:
        server.close()


@pytest.mark.parametrize(
    "text",
    ["", '{"options": {"killswitches": [{"usecase": 5}]}}', '{"options": {"killswitches": [{"usecases": "x"}]}}'],
)
def test_bad_options_end_the_start(tmp_path, text):
    values_file(tmp_path).write_text(text)
    done = run_cli(
        "run",
        cwd=tmp_path,
        OS__AUTH__ENFORCE="false",
        OS__HTTP_ADDR=f"127.0.0.1:{free_port()}",
        SENTRY_OPTIONS_DIR=str(tmp_path / "options"),
    )
    assert done.returncode == 1
    assert "values.json" in done.stderr


@pytest.mark.parametrize("suppress, told", [(None, True), ("1", False)])
def test_a_missing_directory_is_told_unless_that_is_not_wanted(make_server, suppress, told):
    more = {} if suppress is None else {"SENTRY_OPTIONS_SUPPRESS_MISSING_DIR": suppress}
    server = make_server(SENTRY_OPTIONS_DIR="/nonexistent/options", **more).start()
    assert bool(server_log.find(server, "Values directory does not exist")) == told
    assert status(server, "tests", "_") == 404
