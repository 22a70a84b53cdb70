"""CPU seconds of the server beside those of the Bigtable emulator that it asks, in the same run.

The mix is 50 % PUT, 45 % GET, 5 % DELETE, 10 KiB at the median, over 32 connections. The emulator's
own cost is the yardstick: it does the same requests on the other side of the wire.
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/integration"))
import bigtable  # noqa: E402
from harness import Server  # noqa: E402

ROUNDS = 3
SECONDS = 8
CONNECTIONS = 32
PREFIX = "/v1/objects/bench/org=1/"


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def mix(port: int) -> int:
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "20s",
         "-s", str(ROOT / "bench/mix.lua"), f"http://127.0.0.1:{port}/"],
        capture_output=True, text=True, check=True, env={**os.environ, "BENCH_PREFIX": PREFIX},
    )
    if "Socket errors" in done.stdout:
        print(done.stdout, file=sys.stderr)
    return int(re.search(r"^requests (\d+)", done.stdout, re.MULTILINE).group(1))


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        emulator = bigtable.Emulator(folder)
        bigtable.set_up_table(folder, emulator.port)
        text = bigtable.config(folder, emulator.port)
        server = Server(folder / "server", text, OS__LOGGING__LEVEL="WARN").start()
        try:
            mix(server.port)  # fills the table
            ratios, ours, theirs, rates = [], [], [], []
            for _ in range(ROUNDS):
                before = cpu_seconds(server.pid), cpu_seconds(emulator.process.pid)
                count = mix(server.port)
                spent = [cpu_seconds(pid) - was
                         for pid, was in zip((server.pid, emulator.process.pid), before)]
                ours.append(1000 * spent[0] / count)
                theirs.append(1000 * spent[1] / count)
                ratios.append(spent[0] / spent[1])
                rates.append(count / SECONDS)
        finally:
            server.close()
            emulator.close()
    print("| | CPU ms a request | | |")
    print("|---|---|---|---|")
    print("| requests/s | server | emulator | ratio |")
    print(f"| {statistics.median(rates):.0f} | {statistics.median(ours):.4f} | "
          f"{statistics.median(theirs):.4f} | {statistics.median(ratios):.2f} "
          f"({min(ratios):.2f} to {max(ratios):.2f}) |")


if __name__ == "__main__":
    main()
