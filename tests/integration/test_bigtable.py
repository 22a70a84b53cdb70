"""The server on a Bigtable emulator: what users meet when it is set up, missing or wrong."""
import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import bigtable
import exposition
import pytest
import server_log
from harness import free_port, run_cli, wait_until
from maintenance import LARGE, json_lines

PRODUCTION = """
auth: {enforce: false}
logging: {format: json}
storage:
  type: bigtable
  project_id: project
  instance_name: instance
  table_name: objects
"""


@pytest.fixture
def emulator(tmp_path):
    assert bigtable.EMULATOR.is_file(), f"no emulator at {bigtable.EMULATOR}"
    running = bigtable.Emulator(tmp_path)
    yield running
    running.close()


@pytest.fixture
def proxy(emulator):
    between = bigtable.Proxy(emulator.port)
    yield between
    between.close()


def test_small_and_large_objects_live_through_a_restart(make_server, tmp_path, emulator):
    bigtable.set_up_table(tmp_path, emulator.port)
    server = make_server(config=bigtable.config(tmp_path, emulator.port)).start()
    headers = {"content-type": "text/plain", "x-sn-expiration": "tti:30d", "x-snme-build": "9001"}
    contents = {"small": b"small", "empty": b"", "large": b"x" * LARGE, "row": b"r" * (1 << 20)}
    for key, content in contents.items():
        assert server.put(key, content, headers).status == 200
    assert server.stop() == 0
    server.start()
    for key, content in contents.items():
        answer = server.get(key)
        assert (answer.status, answer.body) == (200, content), key
        assert answer.headers["content-type"] == "text/plain"
        assert answer.headers["x-sn-expiration"] == "tti:30d"
        assert answer.headers["x-snme-build"] == "9001"
    # Grows, shrinks, goes.
    assert server.put("small", b"y" * LARGE).status == 200
    assert server.put("large", b"z").status == 200
    assert server.get("small").body == b"y" * LARGE
    assert server.get("large").body == b"z"
    for key in contents:
        assert server.delete(key).status == 204
        assert server.get(key).status == 404
    wait_until(lambda: not list((tmp_path / "blobs").rglob("*.blob")), 10, "no blob is left")


def test_setup_is_idempotent_and_says_what_it_did(tmp_path, emulator):
    path = tmp_path / "config.yaml"
    path.write_text(bigtable.config(tmp_path, emulator.port), encoding="utf-8")
    first = run_cli("-c", str(path), "bigtable", "setup", cwd=tmp_path)
    assert first.returncode == 0, first
    again = run_cli("-c", str(path), "bigtable", "setup", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, "objects has all it needs\n"), again
    assert first.stdout != again.stdout


def test_setup_without_a_table_in_the_configuration_says_so(tmp_path):
    done = run_cli("bigtable", "setup", cwd=tmp_path)
    assert done.returncode == 1
    assert "the configuration names no Bigtable table" in done.stderr


def test_a_missing_table_is_named_with_what_to_do(make_server, tmp_path, emulator):
    server = make_server(config=bigtable.config(tmp_path, emulator.port)).start()
    wait_until(lambda: "bigtable setup" in server.log(), 20, "the log says what to do")
    answer = server.put("key", b"value")
    assert answer.status in (500, 503), answer
    # It goes on as soon as the table is there.
    bigtable.set_up_table(tmp_path, emulator.port)
    assert server.put("key", b"value").status == 200
    assert server.get("key").body == b"value"


def test_a_server_waits_for_an_emulator_that_comes_later(make_server, tmp_path):
    port = free_port()
    server = make_server(config=bigtable.config(tmp_path, port)).start()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(server.get("key")))
    thread.start()
    wait_until(lambda: "can't be used" in server.log(), 20, "the log tells")
    emulator = bigtable.Emulator(tmp_path, port)
    try:
        bigtable.set_up_table(tmp_path, port)
        thread.join(60)
        assert answers[0].status in (404, 500, 503)  # with the table, without it, without Bigtable
        assert server.put("key", b"value").status == 200
    finally:
        emulator.close()


def test_a_server_whose_bigtable_is_gone_still_stops(make_server, tmp_path, emulator):
    bigtable.set_up_table(tmp_path, emulator.port)
    server = make_server(config=bigtable.config(tmp_path, emulator.port)).start()
    assert server.put("key", b"value").status == 200
    emulator.process.kill()
    wait_until(lambda: "no connection to the service" in server.log(), 20, "the server has noticed")
    server.process.send_signal(signal.SIGTERM)
    # Well before requests to Bigtable would give up by themselves.
    assert server.process.wait(20) == 0


def test_a_bigtable_that_hangs_during_cleanups_holds_the_stop_for_seconds_and_loses_nothing(
    make_server, tmp_path, emulator, proxy
):
    direct = bigtable.set_up_table(tmp_path, emulator.port)
    text = bigtable.config(tmp_path, proxy.port).replace("stale_after: 400ms", "stale_after: 3s")
    # With many channels on several loops, closing them takes long enough to meet the end of all else.
    text = text.replace("objects, endpoint", "objects, connections: 32, endpoint")
    server = make_server(config=text, OS__RUNTIME__WORKER_THREADS="4").start()
    keys = [f"key{n}" for n in range(16)]

    def put_all(content):
        with ThreadPoolExecutor(len(keys)) as threads:
            answers = list(threads.map(lambda key: server.put(key, content), keys))
        assert [answer.status for answer in answers] == [200] * len(keys)

    def cleanups() -> int:
        return exposition.parse(server.request("GET", "/metrics").body.decode())["objectstore_background_tasks"].value()

    put_all(b"0" * LARGE)
    proxy.delay_s = 0.2  # answers come before the old blobs' entries have gone
    for content in (b"%d" % number * LARGE for number in range(1, 10)):
        put_all(content)
        emulator.process.send_signal(signal.SIGSTOP)
        if cleanups() > 0:
            break
        emulator.process.send_signal(signal.SIGCONT)  # this machine is slow: they had ended before
    assert server.stop() == 0, server.log()[-4000:]
    assert server_log.find(server, "cleanups are still under way")

    emulator.process.send_signal(signal.SIGCONT)
    proxy.restore()
    server.start()
    for key in keys:
        assert server.get(key).body == content

    def listed():
        return run_cli("-c", str(direct), "changelog", "list", cwd=tmp_path).stdout

    wait_until(lambda: listed().startswith("0 "), 20, "a settled log")
    done = run_cli("-c", str(direct), "scrub", "--young", "0s", cwd=tmp_path)
    assert done.returncode == 0, done


def test_rows_alone_hold_objects_of_some_mebibytes(make_server, tmp_path, emulator):
    bigtable.set_up_table(tmp_path, emulator.port)
    text = PRODUCTION + f'  endpoint: "127.0.0.1:{emulator.port}"\n'
    server = make_server(config=text).start()
    content = b"r" * (5 << 20)
    assert server.put("key", content).status == 200
    assert server.get("key").body == content
    assert server.get("key", {"range": "bytes=1-3"}).body == b"rrr"
    assert server.put("key", b"r" * (17 << 20)).status == 413
    assert server.get("key").body == content


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "does not exist"),
        ("not JSON", "JSON"),
        ('{"type": "service_account"}', "client_email"),
        ('{"type": "surprise"}', "surprise"),
    ],
)
def test_bad_credentials_end_the_start_and_are_not_shown(tmp_path, content, message):
    config = tmp_path / "config.yaml"
    config.write_text(PRODUCTION, encoding="utf-8")
    file = tmp_path / "key.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    done = run_cli("-c", str(config), "run", cwd=tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(file))
    assert done.returncode == 1
    assert message in done.stderr and str(file) in done.stderr, done.stderr


def test_without_any_credentials_the_start_fails_after_a_few_tries(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(PRODUCTION, encoding="utf-8")
    done = run_cli(
        "-c", str(config), "run", cwd=tmp_path, HOME=str(tmp_path), CLOUDSDK_CONFIG="",
        GOOGLE_APPLICATION_CREDENTIALS="", GCE_METADATA_HOST=f"127.0.0.1:{free_port()}",
    )
    assert done.returncode == 1
    assert "no access to Bigtable" in done.stderr, done.stderr


def test_strip_leaves_rows_that_are_still_read(make_server, tmp_path, emulator):
    direct = bigtable.set_up_table(tmp_path, emulator.port)
    server = make_server(config=bigtable.config(tmp_path, emulator.port)).start()
    assert server.put("small", b"small").status == 200
    assert server.put("large", b"x" * LARGE).status == 200
    assert server.put("gone", b"gone").status == 200
    assert server.delete("gone").status == 204

    def entries():
        done = run_cli("-c", str(direct), "changelog", "list", "--json", cwd=tmp_path)
        return [event for event in json_lines(done.stdout) if event["event"] == "entry"]

    wait_until(lambda: not entries(), 20, "a drained log")
    assert server.stop() == 0
    done = run_cli("-c", str(direct), "bigtable", "strip", cwd=tmp_path)
    assert done.returncode == 0, done
    assert "stripped 3 rows" in done.stdout, done.stdout
    again = run_cli("-c", str(direct), "bigtable", "strip", cwd=tmp_path)
    assert "stripped 0 rows" in again.stdout, again.stdout
    server.start()
    assert server.get("small").body == b"small"
    assert server.get("large").body == b"x" * LARGE
    assert server.get("gone").status == 404


def test_two_tables_for_rows_and_log(make_server, tmp_path, emulator):
    text = bigtable.config(tmp_path, emulator.port).replace(
        "    table_name: objects\n", "    table_name: changes\n"
    )
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    done = run_cli("-c", str(path), "bigtable", "setup", cwd=tmp_path)
    assert done.returncode == 0, done
    server = make_server(config=text).start()
    assert server.put("large", b"x" * LARGE).status == 200
    assert server.delete("large").status == 204
    done = run_cli("-c", str(path), "scrub", "--deep", "--young", "0s", "--json", cwd=tmp_path)
    assert done.returncode == 0, done
    assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "clean"
