"""The command line, and what `run` refuses to start on."""
import re
import shutil
import socket
from pathlib import Path

import pytest

from harness import ROOT, free_port, run_cli

MARKER = Path("/tmp/objectstore.down")


@pytest.fixture
def marker():
    """The readiness marker, removed afterwards. One that is there already belongs to somebody else."""
    if MARKER.exists():
        pytest.skip(f"{MARKER} exists already")
    yield MARKER
    MARKER.unlink(missing_ok=True)


def run_here(folder, *arguments, **environment):
    """`run` (or another command) in a directory of its own, expected to end by itself."""
    settings = {"OS__HTTP_ADDR": f"127.0.0.1:{free_port()}", "OS__AUTH__ENFORCE": "false"}
    return run_cli(*(arguments or ("run",)), cwd=folder, **{**settings, **environment})


def said(done) -> str:
    return done.stderr + done.stdout


def test_version_names_program_version_and_commit(tmp_path):
    done = run_cli("version", cwd=tmp_path)
    assert done.returncode == 0
    assert re.fullmatch(r"objectstore@\d+\.\d+\.\d+\+\S+\n", done.stdout), done.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("help",), ("run", "--help")])
def test_help_goes_to_stdout(tmp_path, arguments):
    done = run_cli(*arguments, cwd=tmp_path)
    assert done.returncode == 0
    assert "objectstore" in done.stdout and done.stderr == ""


@pytest.mark.parametrize("arguments", [(), ("fly",), ("--wings", "run"), ("run", "--wings"), ("sleep", "soon")])
def test_a_bad_command_line_is_an_error_that_names_the_help(tmp_path, arguments):
    done = run_cli(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert "Run objectstore --help for more information." in done.stderr.splitlines()


def test_healthcheck_tells_whether_the_server_answers(server, tmp_path):
    up = run_cli("healthcheck", cwd=tmp_path, OS__HTTP_ADDR=f"127.0.0.1:{server.port}", OS__AUTH__ENFORCE="false")
    assert up.returncode == 0, said(up)
    down = run_here(tmp_path, "healthcheck")
    assert down.returncode == 1


def test_down_makes_the_server_unready_until_the_marker_is_removed(server, marker, tmp_path):
    ready = server.request("GET", "/ready")
    assert (ready.status, ready.body) == (200, b"OK")
    assert run_cli("down", cwd=tmp_path).returncode == 0
    assert marker.read_bytes() == b""
    ready = server.request("GET", "/ready")
    assert (ready.status, ready.body) == (503, b"Shutting down")
    assert server.request("GET", "/health").status == 200
    marker.unlink()
    assert server.request("GET", "/ready").status == 200


def test_sleep_ends_well(tmp_path):
    assert run_cli("sleep", "0", cwd=tmp_path).returncode == 0


def test_a_stop_signal_ends_the_server_well(server):
    assert server.put("k", b"v").status == 200
    assert server.stop() == 0
    server.start()
    assert server.get("k").body == b"v"


def test_the_development_configuration_is_good_and_loopback_only(tmp_path):
    done = run_cli("-c", str(ROOT / "deploy/dev.yaml"), "config", "check", cwd=tmp_path)
    assert done.returncode == 0, said(done)
    shown = run_cli("-c", str(ROOT / "deploy/dev.yaml"), "config", "show", cwd=tmp_path)
    assert shown.returncode == 0
    assert "127.0.0.1:8888" in shown.stdout


def test_config_check_names_every_problem_with_path_and_line(tmp_path):
    (tmp_path / "bad.yaml").write_text(
        "auth:\n  enforce: false\nstorage:\n  type: punchcards\nlogging:\n  level: LOUD\n"
        "htpp_addr: 127.0.0.1:1\nhttp:\n  max_requests: many\n"
    )
    done = run_cli("-c", "bad.yaml", "config", "check", cwd=tmp_path)
    assert done.returncode == 1
    for path, line in (("storage.type", 4), ("logging.level", 6), ("htpp_addr", 7), ("http.max_requests", 9)):
        naming = [text for text in said(done).splitlines() if path in text]
        assert naming, f"{path} is not named in: {said(done)}"
        assert any(re.search(rf"\b{line}\b", text) for text in naming), naming
    assert run_here(tmp_path, "-c", "bad.yaml", "run").returncode == 1


BUCKET = {"OS__STORAGE__BUCKET": "b"}
GCS = {**BUCKET, "OS__STORAGE__TYPE": "gcs"}
S3 = {
    **BUCKET,
    "OS__STORAGE__TYPE": "s3",
    "OS__STORAGE__ACCESS_KEY_ID": "a",
    "OS__STORAGE__SECRET_ACCESS_KEY": "s",
}
# Settings that end the start, and what is said.
FATAL = [
    ({"OS__METRICS__ADDR": "foo"}, "failed to initialize metrics exporter"),
    (
        {"OS__METRICS__ADDR": "127.0.0.1:8125", "OS__METRICS__BUFFER_SIZE": "10"},
        "failed to initialize metrics exporter",
    ),
    ({"OS__AUTH__KEYS": '{kid={key_files=["missing.pem"]}}'}, "reading key from missing.pem"),
    ({"OS__HTTP__TLS": '{cert_file="missing.pem",key_file="missing.pem"}'}, "http.tls"),
    *(({**GCS, "OS__STORAGE__ENDPOINT": url}, "invalid GCS endpoint URL") for url in
      ("foo", "not a url", "ftp://x", "http://a b/", "http://")),
    ({**GCS, "GOOGLE_APPLICATION_CREDENTIALS": "missing.json"}, "missing.json"),
    ({**S3, "OS__STORAGE__ENDPOINT": "foo"}, "invalid S3 endpoint"),
    ({**S3, "OS__STORAGE__SPOOL_DIRECTORY": "missing"}, "spool_directory"),
    ({**BUCKET, "OS__STORAGE__TYPE": "s3compatible", "OS__STORAGE__ENDPOINT": "foo"}, "invalid S3 endpoint"),
    (
        {
            "OS__STORAGE__TYPE": "bigtable",
            "OS__STORAGE__PROJECT_ID": "p",
            "OS__STORAGE__INSTANCE_NAME": "i",
            "OS__STORAGE__TABLE_NAME": "t",
            "OS__STORAGE__ENDPOINT": "foo",
        },
        "HOST:PORT",
    ),
]


@pytest.mark.parametrize("command", [("run",), ("config", "check")], ids=["run", "check"])
@pytest.mark.parametrize("settings, text", FATAL)
def test_config_check_finds_what_ends_the_start(tmp_path, command, settings, text):
    done = run_here(tmp_path, *command, limit_s=60, **settings)
    assert done.returncode == 1, said(done)
    assert text in said(done)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", [("run",), ("config", "check"), ("config", "show")], ids=["run", "check", "show"])
@pytest.mark.parametrize("storage", [GCS, S3, {**BUCKET, "OS__STORAGE__TYPE": "s3compatible"}], ids=["gcs", "s3", "s3compatible"])
def test_a_password_in_an_endpoint_is_refused_and_in_no_text(tmp_path, command, storage):
    endpoint = "http://user:TOPSECRET@127.0.0.1:9"
    done = run_here(tmp_path, *command, limit_s=60, **storage, OS__STORAGE__ENDPOINT=endpoint)
    assert "TOPSECRET" not in said(done)
    if command != ("config", "show"):
        assert done.returncode == 1
        assert "no user name and no password" in said(done)


def test_a_kill_switch_that_is_no_glob_is_warned_of(make_server, tmp_path):
    warning = "killswitches[0].service: `[` is no glob"
    settings = {"OS__KILLSWITCHES": '[{service="["}]'}
    done = run_here(tmp_path, "config", "check", **settings)
    assert done.returncode == 0
    assert warning in done.stderr and "configuration is valid" in done.stdout
    server = make_server(**settings).start()
    assert warning in server.log()


def test_duplicate_keys_are_fatal(tmp_path):
    (tmp_path / "twice.yaml").write_text("auth: {enforce: false}\nlogging:\n  level: INFO\nlogging:\n  level: WARN\n")
    for command in (("config", "check"), ("run",)):
        done = run_here(tmp_path, "-c", "twice.yaml", *command)
        assert done.returncode == 1
        assert "logging" in said(done)


def test_config_show_is_effective_and_hides_secrets(tmp_path):
    (tmp_path / "c.yaml").write_text("auth: {enforce: false}\nsentry: {dsn: 'https://secret0key@sentry.example/1'}\n")
    done = run_cli("-c", "c.yaml", "config", "show", cwd=tmp_path, OS__HTTP__MAX_REQUESTS="77")
    assert done.returncode == 0, said(done)
    assert "77" in done.stdout
    assert "secret0key" not in said(done)


def test_a_named_configuration_that_is_missing_is_fatal(tmp_path):
    for command in (("run",), ("config", "check")):
        done = run_here(tmp_path, "-c", "not-there.yaml", *command)
        assert done.returncode == 1
        assert "not-there.yaml" in said(done)


def test_an_unknown_key_is_warned_of_and_fails_only_the_check(make_server, tmp_path):
    config = "auth: {enforce: false}\nstorrage: {type: filesystem}\n"
    server = make_server(config=config).start()
    assert "storrage" in server.log()
    done = run_cli("-c", str(server.folder / "config.yaml"), "config", "check", cwd=tmp_path)
    assert done.returncode == 1
    assert "storrage" in said(done)


def test_enforced_auth_without_keys_is_fatal(tmp_path):
    done = run_here(tmp_path, OS__AUTH__ENFORCE="true")
    assert done.returncode == 1
    assert "Auth enforcement is enabled but no keys are configured" in said(done)
    assert not (tmp_path / "data").exists(), "nothing is to be created before the refusal"


def test_an_address_in_use_is_fatal(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run_here(tmp_path, limit_s=20, OS__HTTP_ADDR=f"127.0.0.1:{other.getsockname()[1]}")
    assert done.returncode == 1
    assert "failed to start TCP listener" in said(done)


def test_a_second_process_on_the_same_directory_is_refused(server):
    assert server.put("k", b"v").status == 200
    done = run_here(server.folder)
    assert done.returncode == 1
    assert "data" in said(done)
    assert re.search(r"in use|another process|already|lock", said(done)), said(done)
    assert server.get("k").body == b"v"


def test_an_unknown_format_version_is_refused_with_instructions(server):
    assert server.put("k", b"v").status == 200
    assert server.stop() == 0
    version = server.folder / "data/format"
    good = version.read_text()
    version.write_text(re.sub(r"\d+", "999", good, count=1))
    done = run_here(server.folder)
    assert done.returncode == 1
    assert "999" in said(done) and "format" in said(done), said(done)
    version.write_text(good)
    server.start()
    assert server.get("k").body == b"v"


def test_a_data_directory_with_foreign_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/letters.txt").write_text("mine")
    done = run_here(tmp_path)
    assert done.returncode == 1
    assert "data" in said(done), said(done)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["letters.txt"]
    assert (tmp_path / "data/letters.txt").read_text() == "mine"


def test_a_directory_without_its_format_file_is_not_taken_for_a_new_one(server):
    assert server.put("k", b"v").status == 200
    assert server.stop() == 0
    kept = server.folder / "kept"
    shutil.move(server.folder / "data/format", kept)
    assert run_here(server.folder).returncode == 1
    shutil.move(kept, server.folder / "data/format")
    server.start()
    assert server.get("k").body == b"v"
