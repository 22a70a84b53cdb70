"""Large objects through the server to a Cloud Storage and an S3 server, beside curl to those directly.

One curl process moves the same files one after the other over one connection, by turns through the
server and to the store: as fast as loopback goes, where client, server and store share the cores, and
held to 1 Gbit/s. A put through the server does more than one to the store: rows, change log and, on
GCS, a session; what is compared is what a client sees.
"""
import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/integration"))
import long_term  # noqa: E402
from harness import Server, clean_environment, free_port, memory_peak_mib  # noqa: E402
from test_memory import upload_at_once  # noqa: E402

MIB = 1 << 20
SIZE = 16 * MIB
COUNT = 16
ROUNDS = 3
LINKS = {"loopback": [], "1 Gbit/s": ["--limit-rate", "119M"]}
MANY, MANY_MIB = 64, 64

CONFIG = """
storage:
  type: tiered
  high_volume: {{type: rocksdb, path: rows}}
  long_term: {bucket}
  changelog: {{type: rocksdb}}
"""


class PlainGcs(long_term.Gcs):
    """fake-gcs-server itself: the front that tests use would be what is measured."""

    def __init__(self, folder: Path):
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        command = [long_term.GCS_SERVER, "-scheme", "http", "-host", "127.0.0.1", "-port", port]
        command += ["-backend", "memory", "-external-url", self.endpoint, "-log-level", "error"]
        self.process = long_term._Process(folder, "gcs", command, port)
        self._ask("POST", "/storage/v1/b", {"name": long_term.BUCKET})
        self.config = f'{{type: gcs, bucket: {long_term.BUCKET}, endpoint: "{self.endpoint}"}}'

    def put(self, number: int) -> list:
        target = f"/upload/storage/v1/b/{long_term.BUCKET}/o?uploadType=media&name=direct-{number}"
        return ["-X", "POST", "-H", "Content-Type: application/octet-stream", self.endpoint + target]

    def get(self, number: int) -> list:
        return [f"{self.endpoint}/storage/v1/b/{long_term.BUCKET}/o/direct-{number}?alt=media"]


class PlainS3(long_term.S3):
    signed = ["--aws-sigv4", "aws:amz:us-east-1:s3", "-u", f"{long_term.ACCESS_KEY}:{long_term.SECRET_KEY}",
              "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]

    def put(self, number: int) -> list:
        return [*self.signed, f"{self.endpoint}/{long_term.BUCKET}/direct-{number}"]

    get = put


class Ours:
    def __init__(self, server):
        self.prefix = f"{server.url}/v1/objects/bench/org=1/"

    def put(self, number: int) -> list:
        return [f"{self.prefix}{number}"]

    get = put


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def curl(transfers: list, link: list) -> float:
    """MiB a second of all transfers, by one process."""
    options = ["-sS", "--fail", "-H", "Expect:", *link]
    command = ["curl"]
    for number, transfer in enumerate(transfers):
        command += ["--next"] * (number > 0) + options + transfer
    began = time.monotonic()
    subprocess.run(command, check=True, env=clean_environment(), stdout=subprocess.DEVNULL)
    return len(transfers) * SIZE / MIB / (time.monotonic() - began)


def uploads(target, link: list, payload: Path) -> float:
    return curl([["-T", str(payload), "-o", "/dev/null", *target.put(i)] for i in range(COUNT)], link)


def downloads(target, link: list) -> float:
    return curl([["-o", "/dev/null", *target.get(i)] for i in range(COUNT)], link)


def compare(what: str, pid: int, ours, direct):
    rates, cpu = [], []
    for _ in range(ROUNDS):
        before = cpu_seconds(pid)
        mine = ours()
        cpu.append((cpu_seconds(pid) - before) / (COUNT * SIZE / (1 << 30)))
        rates.append((mine, direct()))
    ratios = [mine / other for mine, other in rates]
    mine, other = (statistics.median(side) for side in zip(*rates))
    print(
        f"| {what} | {mine:.0f} | {other:.0f} | {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}) | {statistics.median(cpu):.2f} |",
        flush=True,
    )


def measure(name: str, make_bucket, folder: Path):
    payload = folder / "payload"
    payload.write_bytes(os.urandom(SIZE))
    bucket = make_bucket(folder)
    server = Server(folder / "server", CONFIG.format(bucket=bucket.config), OS__LOGGING__LEVEL="WARN").start()
    ours = Ours(server)
    try:
        put = functools.partial(uploads, payload=payload)
        for what, run in (("PUT", put), ("GET", downloads)):
            run(ours, []), run(bucket, [])  # warm, and there for the gets
            for link, limit in LINKS.items():
                compare(f"{name} | {what} 16 MiB, {link}", server.pid,
                        functools.partial(run, ours, limit), functools.partial(run, bucket, limit))
    finally:
        server.close()
        bucket.close()


def memory(name: str, make_bucket, folder: Path):
    bucket = make_bucket(folder)
    server = Server(folder / "server", CONFIG.format(bucket=bucket.config), OS__LOGGING__LEVEL="WARN").start()
    try:
        result = upload_at_once(server.port, MANY, MANY_MIB)
        assert result["ok"] == MANY and result["intact"], result
        print(f"| {name} | {MANY} x {MANY_MIB} MiB | {memory_peak_mib(server.pid):.0f} |", flush=True)
    finally:
        server.close()
        bucket.close()


def each(run, made):
    for name, make_bucket in made.items():
        with tempfile.TemporaryDirectory() as folder:
            run(name, make_bucket, Path(folder))


def main():
    print("| store | what | server MiB/s | curl to the store MiB/s | ratio | server CPU s a GiB |")
    print("|---|---|---|---|---|---|")
    each(measure, {"Cloud Storage": PlainGcs, "S3": PlainS3})
    print("\n| store | uploads at once | peak memory MiB |\n|---|---|---|")
    each(memory, {"S3": PlainS3})


if __name__ == "__main__":
    main()
