"""A full disk: 507, reads go on, and writes work again once there is space."""
import os
import random
import subprocess

import pytest

from harness import wait_until

MIB = 1024 * 1024
DISK_MIB = 64
RECOVERY_LIMIT_S = 90


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with little space."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def server(make_server, small_disk):
    """Its data lies on the small disk, its log does not."""
    config = f"""
storage:
  type: tiered
  high_volume: {{type: rocksdb, path: "{small_disk}/rows"}}
  long_term: {{type: filesystem, path: "{small_disk}/blobs"}}
  changelog: {{type: rocksdb}}
"""
    running = make_server(config=config).start()
    yield running
    running.close()


def fill(ballast):
    """Takes the last byte of the disk."""
    with open(ballast, "ab", buffering=0) as file:
        for size in (MIB, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def put_until_full(server, size, ballast):
    """Puts objects of a size until one is refused; returns the acknowledged ones and the refusal."""
    stored = {}
    for number in range(2 * DISK_MIB * MIB // size):
        fill(ballast)
        key, body = f"fill-{size}-{number}", random.Random(number).randbytes(size)
        answer = server.put(key, body)
        if answer.status != 200:
            return stored, answer
        stored[key] = body
    raise AssertionError("the disk never got full")


def assert_readable(server, stored):
    for key, body in stored.items():
        answer = server.get(key)
        assert (answer.status, answer.body == body) == (200, True), f"{key}: {answer.status}"


@pytest.mark.parametrize("size", [20_000, 256 * 1024, 3 * MIB], ids=["20 kB", "256 KiB", "3 MiB"])
def test_a_full_disk_is_507_and_reads_go_on_until_space_is_freed(server, small_disk, size):
    stored = {"small": b"small", "large": random.Random(7).randbytes(2 * MIB)}
    for key, body in stored.items():
        assert server.put(key, body).status == 200
    ballast = small_disk / "ballast"

    more, refusal = put_until_full(server, size, ballast)
    stored |= more
    assert refusal.status == 507, refusal
    assert refusal.json()["detail"]
    assert int(refusal.headers["retry-after"]) >= 0
    assert_readable(server, stored)
    assert server.request("GET", "/health").status == 200

    ballast.unlink()
    wait_until(
        lambda: server.put("afterwards", b"a" * size).status == 200,
        RECOVERY_LIMIT_S,
        "writes after space was freed",
        every_s=0.5,
    )
    stored["afterwards"] = b"a" * size
    assert_readable(server, stored)
    assert server.delete("large").status == 204
    del stored["large"]

    server.stop()
    server.start()
    assert_readable(server, stored)
    assert server.get("large").status == 404
