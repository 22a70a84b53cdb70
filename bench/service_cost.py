"""The server beside itself: with authentication and without, in batches and one by one.

Ratios of medians of interleaved rounds are what counts.
"""
import http.client
import os
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/integration"))
sys.path.insert(0, str(ROOT / "bench"))
import http_compare  # noqa: E402
from harness import Server  # noqa: E402

ROUNDS = 5
SMALL = 10 * 1024
OPERATIONS = 1000
PREFIX = "/v1/objects/bench/org=1/"
BOUNDARY = "bench"


class Peer:
    """One server; with `keys`, one that wants a token."""

    prefix = PREFIX

    def __init__(self, name, folder, keys=None):
        self.name = name
        environment = {"OS__LOGGING__LEVEL": "WARN"}
        if keys is not None:
            environment |= {"OS__AUTH__ENFORCE": "true", "OS__AUTH__KEYS": keys}
        self.server = Server(folder, **environment).start()
        self.port = self.server.port

    def pids(self):
        return [self.server.pid]


def make_key(folder: Path):
    key = Ed25519PrivateKey.generate()
    public = folder / "public.pem"
    public.write_bytes(key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    permissions = '["object.read","object.write","object.delete"]'
    keys = f'{{bench={{key_files=["{public}"],max_permissions={permissions}}}}}'
    claims = {"exp": int(time.time()) + 3600, "res": {"os:usecase": "bench", "org": "1"},
              "permissions": ["object.read", "object.write", "object.delete"]}
    return keys, jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": "bench"})


def get_cost(peer) -> float:
    """CPU milliseconds of the server a GET of 10 KiB."""
    before = http_compare.cpu_seconds(peer)
    _, count = http_compare.wrk(peer, "get_token.lua", http_compare.CONNECTIONS)
    return 1000 * (http_compare.cpu_seconds(peer) - before) / count


def compare_auth(folder: Path):
    keys, token = make_key(folder)
    os.environ["BENCH_TOKEN"] = token  # sent to both: what is compared is looking at it
    peers = [Peer("off", folder / "off"), Peer("on", folder / "on", keys)]
    for peer in peers:
        for number in range(100):
            done = peer.server.request("PUT", f"{PREFIX}get-{number}", b"x" * SMALL,
                                       {"x-os-auth": f"Bearer {token}"})
            assert done.status == 200, done
    costs = {peer.name: [] for peer in peers}
    for _ in range(ROUNDS):
        for peer in peers:
            costs[peer.name].append(get_cost(peer))
    for peer in peers:
        peer.server.close()
    ratios = [on / off for on, off in zip(costs["on"], costs["off"])]
    off, on = (statistics.median(costs[name]) for name in ("off", "on"))
    print(f"| GET 10 KiB with a token, CPU ms a request | {on:.4f} | {off:.4f} without authentication "
          f"| {on / off:.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | at most 1.25 |")


def batch_body(payload: bytes) -> bytes:
    part = (f"--{BOUNDARY}\r\nx-sn-batch-operation-kind: insert\r\n"
            "x-sn-batch-operation-key: {}\r\ncontent-type: application/octet-stream\r\n\r\n")
    pieces = []
    for _ in range(OPERATIONS):
        pieces += [part.format(uuid.uuid4().hex).encode(), payload, b"\r\n"]
    return b"".join([*pieces, f"--{BOUNDARY}--\r\n".encode()])


def batch_seconds(connection, payload: bytes) -> float:
    body = batch_body(payload)
    begun = time.perf_counter()
    connection.request("POST", "/v1/objects:batch/bench/org=1/", body,
                       {"content-type": f"multipart/form-data; boundary={BOUNDARY}"})
    answer = connection.getresponse().read()
    took = time.perf_counter() - begun
    assert answer.count(b"201 Created") == OPERATIONS
    return took


def single_seconds(connection, payload: bytes) -> float:
    keys = [uuid.uuid4().hex for _ in range(OPERATIONS)]
    begun = time.perf_counter()
    for key in keys:
        connection.request("PUT", PREFIX + key, payload)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    return time.perf_counter() - begun


def compare_batch(folder: Path):
    with_server = Server(folder / "batch", OS__LOGGING__LEVEL="WARN").start()
    connection = http.client.HTTPConnection("127.0.0.1", with_server.port)
    payload = os.urandom(SMALL)
    batches, singles = [], []
    for _ in range(ROUNDS):
        batches.append(batch_seconds(connection, payload))
        singles.append(single_seconds(connection, payload))
    with_server.close()
    ratios = [batch / single for batch, single in zip(batches, singles)]
    batch, single = statistics.median(batches), statistics.median(singles)
    print(f"| {OPERATIONS} inserts of 10 KiB in one batch, s | {batch:.3f} | {single:.3f} one by one on one "
          f"connection | {batch / single:.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | at most 0.5 |")


def main():
    print("| what | value | beside | ratio | target |\n|---|---|---|---|---|")
    scratch = ROOT / "build/bench"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        compare_auth(Path(folder))
        compare_batch(Path(folder))


if __name__ == "__main__":
    main()
