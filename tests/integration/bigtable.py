"""The Bigtable emulator, and a proxy in front of it that delays, cuts and swallows replies."""
import asyncio
import os
import re
import subprocess
import threading
from pathlib import Path

from harness import ROOT, clean_environment, run_cli, wait_until

EMULATOR = Path(os.environ.get("OBJECTSTORE_BIGTABLE_EMULATOR") or ROOT / "build/go/bin/bigtable-emulator")
PIECE = 64 * 1024

TABLE = "project_id: project, instance_name: instance, table_name: objects"
CONFIG = """
storage:
  type: tiered
  high_volume: {{type: bigtable, {table}, endpoint: "127.0.0.1:{port}"}}
  long_term: {long_term}
  changelog:
    type: bigtable
    project_id: project
    instance_name: instance
    table_name: objects
    endpoint: "127.0.0.1:{port}"
    heartbeat: 100ms
    stale_after: 400ms
    empty_wait: 100ms
    sweep_interval: 500ms
    late_upload_window: 6s
    largest_clock_skew: 500ms
"""


def config(folder: Path, port: int, long_term: str = "") -> str:
    blobs = long_term or f'{{type: filesystem, path: "{folder}/blobs"}}'
    return CONFIG.format(table=TABLE, port=port, long_term=blobs)


class Emulator:
    """One emulator process on a port of its own; its tables are gone with it."""

    def __init__(self, folder: Path, port: int = 0):
        self.log_path = Path(folder) / "emulator.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [str(EMULATOR), "-host", "127.0.0.1", "-port", str(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment(),
            )
        self.port = int(wait_until(self._announced_port, 30, "the emulator's address"))

    def _announced_port(self):
        assert self.process.poll() is None, self.log_path.read_text()
        match = re.search(r"running on 127\.0\.0\.1:(\d+)", self.log_path.read_text())
        return match.group(1) if match else None

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.kill()
        self.process.wait()


class Proxy:
    """Passes bytes on to `target_port`; the faults begin and end when the test says so.

    Runs in a thread of its own. `delay_s` holds back each piece of a reply for that long.
    """

    def __init__(self, target_port: int):
        self.target_port = target_port
        self.delay_s = 0.0
        self.swallowing = False
        self.links = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]

    def _call(self, task):
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(30)

    async def _serve(self, reader, writer):
        self.links.add(writer)
        other = None
        try:
            far_reader, other = await asyncio.open_connection("127.0.0.1", self.target_port)
            self.links.add(other)
            await asyncio.gather(
                self._pass_on(reader, other, False), self._pass_on(far_reader, writer, True)
            )
        except OSError:
            pass
        finally:
            for end in (writer, other):
                if end is not None:
                    self.links.discard(end)
                    end.close()

    async def _pass_on(self, source, sink, is_reply):
        try:
            while data := await source.read(PIECE):
                if is_reply and self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if is_reply and self.swallowing:
                    continue
                sink.write(data)
                await sink.drain()
        finally:
            sink.close()

    def cut(self):
        """Closes every connection at once, whatever is on its way."""

        async def close_all():
            for link in list(self.links):
                link.transport.abort()

        self._call(close_all())

    def swallow_replies(self):
        """Requests go through, replies are lost, until restore()."""
        self.swallowing = True

    def restore(self):
        self.delay_s = 0.0
        if self.swallowing:
            # What was swallowed is missing in the middle of the streams.
            self.cut()
            self.swallowing = False

    def close(self):
        async def end():
            self.server.close()
            for link in list(self.links):
                link.transport.abort()

        self._call(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


def set_up_table(folder: Path, emulator_port: int, long_term: str = ""):
    """`objectstore bigtable setup` with a configuration that goes to the emulator directly."""
    path = Path(folder) / "direct.yaml"
    path.write_text(config(folder, emulator_port, long_term), encoding="utf-8")
    done = run_cli("-c", str(path), "bigtable", "setup", cwd=folder)
    assert done.returncode == 0, done
    return path
