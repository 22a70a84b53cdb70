"""What the change log costs on Bigtable, with every reply of the emulator delayed by 5 ms.

Prints: the pace of recovery beside that of one entry at a time, the requests that keep 10 000 open
changes alive, and the median time of a 4 MiB put with the log beside one without.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/integration"))
import bigtable  # noqa: E402
from harness import BINARY, Server, wait_until  # noqa: E402

DELAY_MS = 5
PUTS = 150
WARM_UP = 20
SIZE = 4 << 20
PIECE = 32 << 10
GIGABIT = 1_000_000_000
TOXIPROXY = ROOT / "build/go/bin/toxiproxy-server"


class DelayingProxy:
    """toxiproxy in front of `port`; each reply is late by DELAY_MS, any number of them at once."""

    def __init__(self, port: int, folder: Path):
        log = folder / "toxiproxy.log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen([str(TOXIPROXY), "-host", "127.0.0.1", "-port", "0"],
                                            stdout=out, stderr=out)
        # Its own line names port 0: the socket tells.
        self.api = wait_until(self._listening, 20, "toxiproxy listens")
        made = self._post("/proxies", {"name": "bigtable", "listen": "127.0.0.1:0",
                                       "upstream": f"127.0.0.1:{port}", "enabled": True})
        self.port = int(made["listen"].rsplit(":", 1)[1])
        self._post("/proxies/bigtable/toxics", {"name": "late", "type": "latency", "stream": "downstream",
                                                "attributes": {"latency": DELAY_MS, "jitter": 0}})

    def _listening(self):
        sockets = set()
        for fd in Path(f"/proc/{self.process.pid}/fd").glob("*"):
            try:
                target = os.readlink(fd)
            except FileNotFoundError:
                continue  # closed meanwhile
            if target.startswith("socket:"):
                sockets.add(target[8:-1])
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                return int(fields[1].split(":")[1], 16)
        return None

    def _post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.api}{path}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def close(self):
        self.process.kill()
        self.process.wait()


def paced(body, bits_per_second):
    """The body as it comes over a network of that speed; over loopback it is there at once."""
    began = time.monotonic()
    for start in range(0, len(body), PIECE):
        time.sleep(max(0, began + 8 * start / bits_per_second - time.monotonic()))
        yield body[start : start + PIECE]


def put_times(servers, bits_per_second):
    """The medians in ms; the servers take turns, so that the machine's moods hit all of them."""
    content = os.urandom(SIZE)
    times = {name: [] for name in servers}
    links = {name: server.connect() for name, server in servers.items()}
    for number in range(PUTS):
        for name, link in links.items():
            began = time.monotonic()
            body = paced(content, bits_per_second) if bits_per_second else content
            link.request("PUT", f"/v1/objects/bench/org=1/put-{name}-{number}", body,
                         {"Content-Length": str(SIZE)})
            answer = link.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            if number >= WARM_UP:
                times[name].append(1000 * (time.monotonic() - began))
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        emulator = bigtable.Emulator(folder)
        bigtable.set_up_table(folder, emulator.port)
        proxy = DelayingProxy(emulator.port, folder)
        servers = {}
        try:
            done = subprocess.run(
                [str(BINARY.with_name("objectstore-log-bench")), f"127.0.0.1:{proxy.port}",
                 "projects/project/instances/instance/tables/objects", str(folder / "bench-blobs")],
                capture_output=True, text=True, timeout=600)
            if done.returncode != 0:
                raise SystemExit(done.stderr)
            log = json.loads(done.stdout)
            with_log = re.sub(r"heartbeat:.*\n.*\n.*\n.*\n", "", bigtable.config(folder / "with", proxy.port))
            without = re.sub(r"(?s)  changelog:.*", "", bigtable.config(folder / "without", proxy.port))
            for kind, text in (("with", with_log), ("without", without)):
                servers[kind] = Server(folder / kind, text, OS__LOGGING__LEVEL="ERROR").start()
            uploads = {"1 Gbit/s": put_times(servers, GIGABIT), "loopback": put_times(servers, None)}
        finally:
            for server in servers.values():
                server.close()
            proxy.close()
            emulator.close()
    ratio = log["entries_per_second"] / log["serial_entries_per_second"]
    print("| measure, 5 ms a reply | | |")
    print("|---|---|---|")
    print(f"| stale entries settled a second, one at a time | {log['serial_entries_per_second']:.0f} | |")
    print(f"| … as configured by default, of 10 000 | {log['entries_per_second']:.0f} | {ratio:.1f} times |")
    print(f"| requests a second for 10 000 open changes | {log['heartbeat_requests_per_second']:.2f} | |")
    for network, medians in uploads.items():
        print(f"| 4 MiB PUT over {network}, median without a log | {medians['without']:.1f} ms | |")
        print(f"| … with it | {medians['with']:.1f} ms | {medians['with'] / medians['without']:.3f} |")


if __name__ == "__main__":
    main()
