"""The server beside nginx (static files and DAV PUT): the same machine, file system and client, in turns.

Ratios of medians are what counts; nginx syncs nothing to disk, the server syncs every PUT.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/integration"))
from harness import Server, free_port, memory_peak_mib, wait_until  # noqa: E402

ROUNDS = 3
SECONDS = 4
CONNECTIONS = 32
LARGE_CONNECTIONS = 4
LARGE_UPLOADS = 16
SMALL = 10 * 1024
LARGE = 16 << 20
TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """
daemon off;
{user}
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  client_max_body_size 0;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/www;
    location / {{ dav_methods PUT DELETE; create_full_put_path on; }}
  }}
}}
"""


class Nginx:
    name = "nginx"
    prefix = "/objects/"

    def __init__(self, folder: Path):
        (folder / "www/objects").mkdir(parents=True)
        self.port = free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=self.port, user=user))
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(folder), "-c", str(config),
                                         "-e", str(folder / "error.log")], stderr=subprocess.DEVNULL)
        wait_until(lambda: status(f"http://127.0.0.1:{self.port}/") is not None, 20, "nginx answers")

    def pids(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def close(self):
        self.process.terminate()
        self.process.wait(20)


class Ours:
    name = "objectstore"
    prefix = "/v1/objects/bench/org=1/"

    def __init__(self, folder: Path):
        self.server = Server(folder, OS__LOGGING__LEVEL="WARN").start()
        self.port = self.server.port

    def pids(self):
        return [self.server.pid]

    def close(self):
        self.server.close()


def status(url):
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url],
                          capture_output=True, text=True)
    return int(done.stdout) or None


def cpu_seconds(peer) -> float:
    total = 0
    for pid in peer.pids():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def url(peer, key) -> str:
    return f"http://127.0.0.1:{peer.port}{peer.prefix}{key}"


def upload(peer, key, path):
    # Without Expect: nginx and the server then see the same bytes on the wire.
    done = subprocess.run(
        ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Expect:", "-T", str(path), url(peer, key)],
        capture_output=True, text=True,
    )
    if done.stdout not in ("200", "201", "204"):
        raise SystemExit(f"{peer.name}: PUT {key} gave {done.stdout} {done.stderr}")


def wrk(peer, script, connections, target="/"):
    """Requests and bytes a second, and the number of requests."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "20s"]
    if script:
        command += ["-s", str(ROOT / "bench" / script)]
    done = subprocess.run([*command, f"http://127.0.0.1:{peer.port}{target}"], capture_output=True, text=True,
                          env={**os.environ, "BENCH_PREFIX": peer.prefix}, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        print(f"{peer.name}: {done.stdout}", file=sys.stderr)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))
    count = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    return rate, count


def get_small(peer, _round):
    return wrk(peer, "get.lua", CONNECTIONS)


def put_small(peer, _round):
    return wrk(peer, "put.lua", CONNECTIONS)


def get_large(peer, _round):
    rate, count = wrk(peer, None, LARGE_CONNECTIONS, f"{peer.prefix}large")
    return rate * LARGE / 2**20, count


def put_large(peer, number):
    began = time.monotonic()
    with ThreadPoolExecutor(LARGE_CONNECTIONS) as pool:
        list(pool.map(lambda i: upload(peer, f"up-{number}-{i}", peer.large_file), range(LARGE_UPLOADS)))
    return LARGE_UPLOADS * LARGE / 2**20 / (time.monotonic() - began), LARGE_UPLOADS


MEASURES = [
    (f"GET 10 KiB, {CONNECTIONS} connections", "requests/s", get_small),
    (f"PUT 10 KiB, {CONNECTIONS} connections", "requests/s", put_small),
    (f"GET 16 MiB, {LARGE_CONNECTIONS} connections", "MiB/s", get_large),
    (f"PUT 16 MiB, {LARGE_CONNECTIONS} connections", "MiB/s", put_large),
]


def measure(peers, action):
    """For each peer the median figure and its CPU seconds for 1000 requests; the peers take turns."""
    figures = {peer.name: [] for peer in peers}
    cpu = {peer.name: 0.0 for peer in peers}
    requests = {peer.name: 0 for peer in peers}
    for number in range(ROUNDS):
        for peer in peers if number % 2 == 0 else peers[::-1]:
            before = cpu_seconds(peer)
            figure, count = action(peer, number)
            cpu[peer.name] += cpu_seconds(peer) - before
            requests[peer.name] += count
            figures[peer.name].append(figure)
    return [(statistics.median(figures[p.name]), 1000 * cpu[p.name] / max(1, requests[p.name])) for p in peers]


def memory_row(folder: Path) -> str:
    needed = 5 << 30
    if shutil.disk_usage(folder).free < needed:
        return "not measured: needs 5 GiB of disk"
    peer = Ours(folder / "memory")
    try:
        program = [sys.executable, str(ROOT / "tests/integration/load.py"), str(peer.port), "64", "64"]
        done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=True)
        result = json.loads(done.stdout)
        peak = memory_peak_mib(peer.server.pid)
        return f"{peak:.0f} MiB ({result['ok']} of 64 stored in {result['seconds']:.0f} s)"
    except subprocess.TimeoutExpired:
        return "not measured: the uploads took more than 120 s"
    finally:
        peer.close()


def version_of(*command) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout + done.stderr).splitlines()[0]


def compare(folder: Path):
    small, large = folder / "small.bin", folder / "large.bin"
    small.write_bytes(os.urandom(SMALL))
    large.write_bytes(os.urandom(LARGE))
    peers = []
    try:
        for kind in (Ours, Nginx):
            (folder / kind.name).mkdir()
            peers.append(kind(folder / kind.name))
        for peer in peers:
            peer.large_file = large
            for number in range(100):
                upload(peer, str(number), small)
            upload(peer, "large", large)
        print(f"{os.cpu_count()} cores; {version_of('/usr/sbin/nginx', '-v')}; {ROUNDS} rounds each, medians.\n")
        print("| | objectstore | nginx | ratio | CPU s a 1000 requests: objectstore | nginx |")
        print("|---|---|---|---|---|---|")
        for title, unit, action in MEASURES:
            (ours, our_cpu), (theirs, their_cpu) = measure(peers, action)
            print(f"| {title} | {ours:.0f} {unit} | {theirs:.0f} {unit} | {ours / theirs:.2f} "
                  f"| {our_cpu:.3f} | {their_cpu:.3f} |", flush=True)
    finally:
        for peer in peers:
            peer.close()


def main():
    base = ROOT / "build/bench"
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base) as name:
        folder = Path(name)
        compare(folder)
        print(f"\nPeak memory with 64 uploads of 64 MiB at once: {memory_row(folder)}")


if __name__ == "__main__":
    main()
