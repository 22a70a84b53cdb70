"""`objectstore scrub` beside a running server and alone."""
import json
import random
import re
import shlex
import signal
import socket
import stat
import threading
import time

import pytest

from harness import audit, damages, exchange, object_path, run_cli, wait_until
from maintenance import CONFIG, KIB, LARGE, Store, json_lines

LOAD_S = 8
COUNTED = ("rows", "blobs", "entries", "open_uploads", "swept_later", "unknown_versions")
SUMMARY = ("event", *COUNTED, "bytes_verified")


@pytest.fixture
def store(make_server, tmp_path):
    return Store(make_server, tmp_path)


@pytest.fixture(params=["live", "stopped"])
def tend(request, store):
    """Starts the store's server; the function it returns stops it where the test says so."""
    store.server.start()

    def settle():
        wait_until(lambda: store.cli("changelog", "list").stdout.startswith("0 in"), 20, "a drained log")
        if request.param == "stopped":
            assert store.server.stop() == 0

    return settle


def findings(done) -> list:
    events = json_lines(done.stdout)
    assert events[-1]["event"] == "summary", done
    assert [event["event"] for event in events[:-1]] == ["finding"] * (len(events) - 1)
    return events[:-1]


def test_a_sound_store_is_clean(store, tend):
    for number in range(5):
        assert store.server.put(f"small-{number}", b"small").status == 200
        store.put_large(f"large-{number}")
    tend()
    done = store.scrub("--deep", "--json")
    assert done.returncode == 0, done
    (summary,) = json_lines(done.stdout)
    assert {name: summary[name] for name in SUMMARY} == {
        "event": "summary",
        "rows": 10,
        "blobs": 5,
        "entries": 0,
        "open_uploads": 0,
        "swept_later": 0,
        "unknown_versions": 0,
        "bytes_verified": summary["bytes_verified"],
    }
    assert summary["bytes_verified"] >= 5 * LARGE
    assert summary["outcome"] == "clean"
    readable = store.scrub()
    assert readable.returncode == 0
    assert readable.stdout.startswith("clean: looked at 10 rows, 5 blobs, 0 entries")


def test_an_orphan_is_found_and_repaired(store, tend):
    orphan = store.make_orphan()
    tend()
    assert store.cli("scrub").returncode == 0, "too young to be one"
    done = store.scrub("--json")
    assert done.returncode == 1, done
    (found,) = findings(done)
    assert found["kind"] == "orphaned_blob"
    assert found["object"] == "tests/org.1/objects/orphan"
    assert found["name"] == f"{orphan.parent.name}/{orphan.name}"
    assert found["bytes"] == LARGE
    assert not found["repaired"]
    assert orphan.exists()

    readable = store.scrub()
    assert readable.returncode == 1
    assert readable.stdout.startswith("orphaned_blob tests/org.1/objects/orphan ")

    repaired = store.scrub("--repair", "--json")
    assert repaired.returncode == 0, repaired
    assert findings(repaired)[0]["repaired"]
    assert json_lines(repaired.stdout)[-1]["repaired"] == 1
    assert not orphan.exists()
    assert store.scrub().returncode == 0


def test_a_missing_blob_is_a_dangling_row(store, tend):
    lost = store.put_large("lost")
    store.put_large("kept")
    tend()
    lost.unlink()
    done = store.scrub("--repair", "--json")
    assert done.returncode == 1, done
    assert [(f["kind"], f["object"]) for f in findings(done)] == [
        ("dangling_row", "tests/org.1/objects/lost")
    ]


def test_a_flipped_byte_is_found_by_a_deep_look(store, tend):
    damaged = store.put_large("damaged")
    store.put_large("kept")
    tend()
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    assert store.scrub().returncode == 0
    done = store.scrub("--deep", "--json")
    assert done.returncode == 1, done
    assert [(f["kind"], f["object"]) for f in findings(done)] == [
        ("checksum_mismatch", "tests/org.1/objects/damaged")
    ]


class Writer(threading.Thread):
    """Writes, overwrites and deletes objects of both sizes until `ending` is set."""

    def __init__(self, store, seed, ending):
        super().__init__(daemon=True)
        self.store, self.seed, self.ending = store, seed, ending
        self.writes = 0
        self.failure = None

    def run(self):
        chance = random.Random(self.seed)
        link = self.store.server.connect()
        try:
            while not self.ending.is_set():
                path = object_path(f"key-{chance.randrange(6)}")
                kind = chance.random()
                if kind < 0.2:
                    answer = exchange(link, "DELETE", path)
                else:
                    size = chance.randrange(KIB, 8 * KIB) if kind < 0.4 else chance.randrange(LARGE, 2 * LARGE)
                    answer = exchange(link, "PUT", path, chance.randbytes(size))
                assert answer.status in (200, 204, 503), answer
                self.writes += 1
        except Exception as failure:  # told by the test's own thread
            self.failure = failure


def test_beside_writers_nothing_is_found_and_nothing_harmed(store, needs_audit):
    store.server.start()
    ending = threading.Event()
    writers = [Writer(store, seed, ending) for seed in range(4)]
    for writer in writers:
        writer.start()
    try:
        deadline = time.monotonic() + LOAD_S
        while time.monotonic() < deadline:
            for options in (("--deep", "--repair"), ("--repair",)):
                done = store.scrub("--json", *options)
                assert done.returncode == 0, done
    finally:
        ending.set()
        for writer in writers:
            writer.join(60)
    assert [writer.failure for writer in writers] == [None] * 4
    assert sum(writer.writes for writer in writers) > 50
    wait_until(lambda: store.cli("changelog", "list").stdout.startswith("0 in"), 20, "a drained log")
    assert store.server.stop() == 0
    assert not damages(audit(store.rows, store.blobs))


def slow_scrub(store):
    """A scrub that takes half a minute, under way."""
    running = store.begin("scrub", "--deep", "--young", "0s", "--rate", "300KB/s")
    with pytest.raises(Exception):
        running.wait(1.5)
    return running


def test_a_signal_ends_it_and_it_can_go_on_from_there(store, tend):
    for number in range(8):
        store.put_large(f"large-{number}")
    tend()
    for number in (signal.SIGINT, signal.SIGTERM):
        running = slow_scrub(store)
        running.send_signal(number)
        out, err = running.communicate(timeout=30)
        assert running.returncode == 2, (out, err)
        assert out.startswith("incomplete: looked at ")
        to_go_on = shlex.split(re.search(r"^to go on: (.*)$", err, re.MULTILINE).group(1))
        assert to_go_on[0] == "objectstore"
        rate = to_go_on.index("--rate")
        assert to_go_on[rate + 1] == "300KB/s"
        del to_go_on[rate : rate + 2]
        done = run_cli(*to_go_on[1:], "--json", cwd=store.folder)
        assert done.returncode == 0, done
        (summary,) = json_lines(done.stdout)
        assert summary["outcome"] == "clean"


def test_a_server_that_stops_ends_the_scrub(store):
    store.server.start()
    for number in range(8):
        store.put_large(f"large-{number}")
    running = slow_scrub(store)
    assert store.server.stop() == 0
    out, err = running.communicate(timeout=30)
    assert running.returncode == 2, (out, err)
    assert "to go on: " in err


def test_a_client_that_is_killed_harms_nobody(store):
    store.server.start()
    for number in range(8):
        store.put_large(f"large-{number}")
    for _ in range(6):  # more than there are places
        running = slow_scrub(store)
        running.kill()
        running.communicate(timeout=30)
    assert wait_until(lambda: store.scrub().returncode == 0, 20, "a place is free")
    assert store.server.stop() == 0


def test_a_bad_resume_text_is_told(store, tend):
    tend()
    done = store.scrub("--resume", "nonsense")
    assert done.returncode == 2
    assert "incomplete: " in done.stderr


def test_only_the_servers_user_may_connect(store):
    store.server.start()
    found = (store.rows / "control.sock").lstat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert store.server.stop() == 0
    assert not (store.rows / "control.sock").exists()


def test_the_socket_of_a_killed_server_is_in_nobodys_way(store):
    store.server.start()
    store.put_large("large")
    store.server.kill()
    assert (store.rows / "control.sock").exists()
    assert store.scrub().returncode == 0
    store.server.start()
    assert store.scrub().returncode == 0


def test_a_server_that_does_not_answer_keeps_the_store_closed(store):
    store.server.start()
    store.put_large("large")
    (store.rows / "control.sock").unlink()
    done = store.scrub()
    assert done.returncode == 2
    assert "in use by another process which does not answer on" in done.stderr
    link = store.begin_upload("upload")
    assert store.scrub().returncode == 2
    link.send(b"x" * LARGE)
    assert link.getresponse().status == 200, "its temporary file was left alone"


def test_a_frozen_server_is_told(store):
    store.server.start()
    store.server.process.send_signal(signal.SIGSTOP)
    try:
        done = store.scrub()
    finally:
        store.server.process.send_signal(signal.SIGCONT)
    assert done.returncode == 2
    assert "does not answer" in done.stderr


def test_junk_on_the_control_socket_is_refused(store):
    store.server.start()
    for junk in (b"\n", b"nonsense\n", b"x" * 100_000, b'{"command":"drop all","options":{}}\n'):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(20)
            link.connect(str(store.rows / "control.sock"))
            try:
                link.sendall(junk)
                answer = link.makefile().read()
            except (BrokenPipeError, ConnectionResetError):
                continue
            assert json.loads(answer)["event"] == "error"
    assert store.scrub().returncode == 0


def test_there_must_be_a_store(tmp_path):
    done = run_cli("scrub", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no store here" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_storage_of_one_tier_says_so(make_server, tmp_path):
    config = 'storage: {{type: filesystem, path: "{folder}/files"}}\n'
    store = Store(make_server, tmp_path, config)
    store.server.start()
    for command in (["scrub"], ["changelog", "list"]):
        done = store.cli(*command)
        assert done.returncode != 0
        assert "one tier" in done.stderr


def test_without_a_change_log_the_age_of_blobs_counts(make_server, tmp_path):
    config = "\n".join(line for line in CONFIG.splitlines() if "changelog" not in line)
    store = Store(make_server, tmp_path, config)
    store.server.start()
    orphan = store.make_orphan()
    done = store.cli("changelog", "list")
    assert done.returncode == 1
    assert "keeps no change log" in done.stderr
    assert store.cli("scrub").returncode == 0
    assert store.scrub("--repair").returncode == 0
    assert not orphan.exists()
