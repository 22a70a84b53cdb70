"""`objectstore changelog` beside a running server and alone."""
import json
import re
import time
import uuid

import pytest

from harness import wait_until
from maintenance import LARGE, Store, json_lines

ID = "0196523c-7b2a-7d3e-9c51-0d2f6a1b4e77"
KEY = f"~changelog/77/{ID}"
OBJECT = "tests/org.1/objects/k"
ENTRY = json.dumps({"id": OBJECT, "new": f"{OBJECT}/{ID}", "old": None})


@pytest.fixture
def store(make_server, tmp_path):
    made = Store(make_server, tmp_path)
    made.server.start()
    return made


@pytest.fixture(params=["live", "stopped"])
def poisoned(request, store):
    """A store with one entry in quarantine that can be read, and one that can't."""
    assert store.server.stop() == 0
    store.poison(KEY, ENTRY, "the disk was on fire")
    store.poison("~changelog/78/" + ID[:-1] + "8", "not JSON\x1b[31m", "it is no entry")
    if request.param == "live":
        store.server.start()
    return store


def entries(store) -> list:
    done = store.cli("changelog", "list", "--json")
    assert done.returncode == 0, done
    events = json_lines(done.stdout)
    assert events[-1]["event"] == "done"
    return events[:-1]


def test_an_upload_under_way_is_an_open_entry(store):
    assert entries(store) == []
    link = store.begin_upload("slow")
    (found,) = wait_until(lambda: entries(store), 10, "the upload's entry")
    assert found["state"] == "open"
    assert found["object"] == "tests/org.1/objects/slow"
    assert found["new"].startswith("tests/org.1/objects/slow/")
    assert found["old"] is None
    assert uuid.UUID(found["id"]).version == 7
    assert re.fullmatch(rf"[^:]+:{store.server.pid}:[0-9a-f]{{4}}", found["owner"])
    assert 0 <= found["age_s"] < 60

    readable = store.cli("changelog", "list")
    assert readable.stdout.startswith(f"open            {found['id']} ")
    assert readable.stdout.endswith("1 in the log, 0 in quarantine\n")
    shown = store.cli("changelog", "show", found["id"])
    assert f"object: {found['object']}" in shown.stdout

    for command in (["retry", found["id"]], ["drop", found["id"], "--yes"]):
        refused = store.cli("changelog", *command)
        assert refused.returncode == 1
        assert "in the log (open), not in quarantine" in refused.stderr

    link.send(b"x" * LARGE)
    assert link.getresponse().status == 200
    wait_until(lambda: not entries(store), 10, "the entry is gone")


def test_what_a_killed_server_leaves_is_listed_and_left_alone(store):
    link = store.begin_upload("slow")
    wait_until(lambda: entries(store), 10, "the upload's entry")
    store.server.kill()
    link.close()
    (found,) = entries(store)
    time.sleep(1.5)  # longer than it takes to get stale
    assert [entry["id"] for entry in entries(store)] == [found["id"]], "no recovery in this command"
    store.server.start()
    wait_until(lambda: not entries(store), 20, "recovery has settled it")


def test_quarantined_entries_are_listed_and_shown(poisoned):
    readable_entry, broken = entries(poisoned)
    assert readable_entry["state"] == broken["state"] == "quarantined"
    assert readable_entry["id"] == ID
    assert readable_entry["reason"] == "the disk was on fire"
    assert readable_entry["object"] == OBJECT
    assert readable_entry["new"] == f"{OBJECT}/{ID}"
    assert broken["text"] == "not JSON\x1b[31m"
    shown = poisoned.cli("changelog", "show", broken["key"])
    assert shown.returncode == 0
    assert "why: it is no entry" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert poisoned.cli("scrub").returncode == 1


def test_a_quarantined_entry_is_retried(poisoned):
    done = poisoned.cli("changelog", "retry", ID)
    assert done.returncode == 0, done
    if poisoned.server.process is None:
        assert [(e["id"], e["state"]) for e in entries(poisoned) if e["id"] == ID] == [(ID, "open")]
        poisoned.server.start()
    wait_until(lambda: not [e for e in entries(poisoned) if e["id"] == ID], 20, "it is settled")


def test_all_are_retried(poisoned):
    done = poisoned.cli("changelog", "retry", "--all")
    assert done.returncode == 0, done
    assert done.stdout == "2 entries are back in the log\n"
    if poisoned.server.process is None:
        poisoned.server.start()

    def only_the_broken_one_is_back():
        found = entries(poisoned)
        return [e["state"] for e in found] == ["quarantined"] and "text" in found[0]

    wait_until(only_the_broken_one_is_back, 20, "one is settled, one put aside again")


def test_a_drop_needs_a_yes(poisoned):
    asked = poisoned.cli("changelog", "drop", ID)
    assert asked.returncode == 1
    assert f"new blob: {OBJECT}/{ID}" in asked.stdout
    assert "--yes" in asked.stderr
    assert len(entries(poisoned)) == 2
    assert poisoned.cli("changelog", "drop", ID, "--yes").returncode == 0
    assert len(entries(poisoned)) == 1
    again = poisoned.cli("changelog", "drop", ID, "--yes")
    assert again.returncode == 1
    assert "there is no change" in again.stderr


def test_ids_that_are_not_there_are_told(poisoned):
    for action in ("show", "retry", "drop"):
        missing = poisoned.cli("changelog", action, str(uuid.uuid4()))
        assert missing.returncode == 1
        assert "`objectstore changelog list` shows what there is" in missing.stderr
        wrong = poisoned.cli("changelog", action, "nonsense")
        assert wrong.returncode == 1
        assert "neither the id of a change nor the key" in wrong.stderr


def test_an_entry_of_a_later_program_is_listed(store):
    assert store.server.stop() == 0
    store.poison(KEY, '{"version":7,"what":"ever"}')
    (found,) = entries(store)
    assert found["state"] == "unknown_version"
    assert "version 7" in found["reason"]
