"""Buckets behind the server: as the only tier and as the long-term tier, and what goes wrong with them."""
import hashlib
import subprocess
import time

import long_term
import pytest
import server_log
from harness import BINARY, clean_environment, free_port, memory_peak_mib, object_path, wait_until
from maintenance import json_lines
from test_memory import upload_at_once

MIB = 1 << 20
LIMIT_MIB = 192
LARGE = b"0123456789abcdef" * (3 * MIB // 16)

TIERED = """
storage:
  type: tiered
  high_volume: {{type: rocksdb, path: rows}}
  long_term: {bucket}
  changelog: {{type: rocksdb}}
"""


@pytest.fixture(params=long_term.CLOUD, ids=lambda tier: tier.__name__.lower())
def bucket(request, tmp_path):
    tier = request.param(tmp_path)
    yield tier
    tier.close()


def tiered(bucket) -> str:
    return TIERED.format(bucket=bucket.config)


def check_objects(server):
    """What every storage does: any size, ranges, replacement, deletion."""
    for number, body in enumerate((b"", b"small", LARGE)):
        path = object_path(f"dir/key {number}".replace(" ", "%20"))
        headers = {"Content-Type": "text/plain", "X-Snme-Name": "value", "X-Sn-Filename": "file.txt"}
        assert server.request("PUT", path, body, headers).status == 200, server.log()[-2000:]
        got = server.request("GET", path)
        assert (got.status, got.body == body) == (200, True)
        assert got.headers["content-type"] == "text/plain"
        assert got.headers["x-snme-name"] == "value"
        assert got.headers["x-sn-filename"] == "file.txt"
        assert server.request("HEAD", path).status == 204
        if body:
            part = server.request("GET", path, headers={"Range": "bytes=1-3"})
            assert (part.status, part.body) == (206, body[1:4])
            assert part.headers["content-range"] == f"bytes 1-3/{len(body)}"
        assert server.request("GET", path, headers={"Range": f"bytes={len(body)}-"}).status == 416
        assert server.request("PUT", path, b"replaced").status == 200
        assert server.request("GET", path).body == b"replaced"
        assert server.request("DELETE", path).status == 204
        assert server.request("GET", path).status == 404
        assert server.request("DELETE", path).status == 204


def test_bucket_as_the_only_tier(make_server, bucket):
    check_objects(make_server("single", config=f"storage: {bucket.config}\n").start())
    assert bucket.open_uploads() == []


def test_bucket_as_the_long_term_tier(make_server, bucket):
    server = make_server("tiered", config=tiered(bucket)).start()
    check_objects(server)
    for i in range(4):
        assert server.request("PUT", object_path(f"kept-{i % 2}"), LARGE).status == 200
    server.stop()
    done = server.cli("scrub", "--deep", "--young", "0s", "--json")
    assert done.returncode == 0, done
    assert json_lines(done.stdout)[-1]["outcome"] == "clean"
    assert bucket.open_uploads() == []
    server.start()
    assert hashlib.md5(server.request("GET", object_path("kept-1")).body).digest() == hashlib.md5(LARGE).digest()


def test_client_that_goes_away_leaves_nothing(make_server, bucket):
    server = make_server("tiered", config=tiered(bucket)).start()
    path = object_path("broken")
    assert server.request("PUT", path, b"before").status == 200
    for sent in (MIB + 1, 20 * MIB):
        connection = server.connect()
        connection.putrequest("PUT", path)
        connection.putheader("Content-Length", str(30 * MIB))
        connection.endheaders()
        connection.send(bytes(sent))
        connection.close()
    assert server.request("GET", path).body == b"before"
    wait_until(lambda: bucket.open_uploads() == [], 20, "the end of the broken uploads")
    server.stop()
    done = server.cli("scrub", "--young", "0s", "--json")
    assert done.returncode == 0, done


def test_many_uploads_at_once_stay_within_the_memory_limit(make_server, bucket):
    server = make_server("tiered", config=tiered(bucket)).start()
    result = upload_at_once(server.port, 16, 16)
    peak = memory_peak_mib(server.pid)
    print(f"16 uploads of 16 MiB: peak {peak:.0f} MiB, {result}")
    assert result["ok"] == 16 and result["intact"], result
    assert peak <= LIMIT_MIB


FROZEN_STOP_LIMIT_S = 25  # cleanups get 5 s, a request to a bucket 30 s


def stop_with_frozen(bucket, server):
    """SIGTERM while the bucket takes connections and answers nothing."""
    begin = time.monotonic()
    assert server.stop() == 0, server.log()[-4000:]
    assert time.monotonic() - begin < FROZEN_STOP_LIMIT_S
    bucket.thaw()


def test_a_bucket_that_hangs_holds_the_stop_for_seconds_only(make_server, bucket):
    quick = "type: rocksdb, heartbeat: 100ms, stale_after: 400ms, empty_wait: 100ms}"
    config = tiered(bucket).replace("type: rocksdb}", quick)
    server = make_server("tiered", config=config).start()
    assert server.put("k", LARGE).status == 200
    bucket.freeze()
    assert server.put("k", b"small").status == 200  # the old blob is deleted behind it
    stop_with_frozen(bucket, server)
    (late,) = server_log.find(server, "cleanups are still under way")
    assert late["fields"]["tasks"] == "1"
    server.start()
    assert server.get("k").body == b"small"
    wait_until(lambda: server.cli("changelog", "list").stdout.startswith("0 "), 20, "a settled change")
    done = server.cli("scrub", "--young", "0s", "--json")
    assert done.returncode == 0, done


def test_an_upload_to_s3_that_broke_off_holds_the_stop_for_seconds_only(make_server, tmp_path):
    bucket = long_term.S3(tmp_path)
    try:
        server = make_server("single", config=f"storage: {bucket.config}\n").start()
        connection = server.connect()
        connection.putrequest("PUT", object_path("broken"))
        connection.putheader("Content-Length", str(60 * MIB))
        connection.endheaders()
        connection.send(bytes(20 * MIB))
        wait_until(lambda: bucket.stored_parts() == 2, 20, "two parts of 8 MiB")
        bucket.freeze()
        connection.send(bytes(8 * MIB))  # the third one is sent while the fourth one comes in
        connection.close()
        stop_with_frozen(bucket, server)
    finally:
        bucket.close()


def start_refused(folder, config, **environment) -> str:
    """What `run` says where it doesn't start."""
    path = folder / "refused.yaml"
    path.write_text(config, encoding="utf-8")
    done = subprocess.run(
        [str(BINARY), "-c", str(path), "run"],
        cwd=folder,
        env=clean_environment(
            OS__AUTH__ENFORCE="false", OS__HTTP_ADDR=f"127.0.0.1:{free_port()}", **environment
        ),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done
    return done.stderr


BAD_S3 = {
    "wrong secret": ("secret_access_key: test-secret-key", "secret_access_key: other", "SignatureDoesNotMatch"),
    "unknown key": ("access_key_id: test-access-key", "access_key_id: other", "access key"),
    "missing bucket": ("bucket: blobs", "bucket: missing", "NoSuchBucket"),
    "wrong region": ("region: us-east-1", "region: eu-central-1", "region"),
}


@pytest.mark.parametrize("case", BAD_S3)
def test_s3_that_can_not_be_used_is_told_at_start(tmp_path, case):
    before, after, said = BAD_S3[case]
    tier = long_term.S3(tmp_path)
    try:
        config = f"storage: {tier.config}\n".replace(before, after)
        text = start_refused(tmp_path, config)
    finally:
        tier.close()
    assert said in text, text
    assert "test-secret-key" not in text


def test_store_that_is_away_is_a_retryable_refusal_and_loses_nothing(make_server, bucket):
    server = make_server("tiered", config=tiered(bucket)).start()
    path = object_path("k")
    assert server.request("PUT", path, b"before").status == 200
    bucket.close()
    answer = server.request("PUT", path, LARGE)
    assert answer.status == 503, answer
    assert answer.json()["detail"].startswith("service error")
    assert server.request("GET", path).body == b"before"
    assert server.stop() == 0
