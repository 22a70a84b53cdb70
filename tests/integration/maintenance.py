"""What the tests of scrub and changelog share."""
import json
import os
import subprocess
import time
from pathlib import Path

from harness import BINARY, Server, clean_environment, object_path, run_cli, wait_until

POISON = Path(os.environ.get("OBJECTSTORE_POISON_BIN") or BINARY.with_name("objectstore-poison"))
KIB = 1024
LARGE = 1200 * KIB  # above what a row holds

CONFIG = """
storage:
  type: tiered
  high_volume: {{type: rocksdb, path: "{folder}/rows"}}
  long_term: {{type: filesystem, path: "{folder}/blobs"}}
  changelog: {{type: rocksdb, heartbeat: 200ms, stale_after: 800ms, empty_wait: 200ms}}
"""


class Store:
    """A server with its directories, and the commands that are run beside it."""

    def __init__(self, make_server, folder: Path, config: str = CONFIG):
        self.folder = folder / "store"
        self.folder.mkdir()
        self.rows = self.folder / "rows"
        self.blobs = self.folder / "blobs"
        self.server: Server = make_server(config=config.format(folder=self.folder), folder=self.folder)

    def arguments(self, *command: str) -> list:
        return ["-c", str(self.folder / "config.yaml"), *command]

    def cli(self, *command: str, **more):
        return run_cli(*self.arguments(*command), cwd=self.folder, **more)

    def scrub(self, *options: str):
        """Every blob is old enough to be an orphan."""
        return self.cli("scrub", "--young", "0s", *options)

    def begin(self, *command: str) -> subprocess.Popen:
        return subprocess.Popen(
            [str(BINARY), *self.arguments(*command)],
            cwd=self.folder,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def put_large(self, key: str, byte: bytes = b"x") -> Path:
        """Returns the object's new blob file."""
        before = set(self.blob_files())
        assert self.server.put(key, byte * LARGE).status == 200
        # An overwritten blob goes in the background.
        (made,) = set(self.blob_files()) - before
        return made

    def blob_files(self) -> list:
        return [path for path in self.blobs.rglob("*") if path.is_file() and path.parent.name != "tmp"]

    def make_orphan(self, key: str = "orphan") -> Path:
        """A blob that was replaced, and is there again."""
        path = self.put_large(key, b"1")
        content = path.read_bytes()
        self.put_large(key, b"2")
        wait_until(lambda: not path.exists(), 10, "the replaced blob is deleted")
        path.write_bytes(content)
        return path

    def begin_upload(self, key: str):
        """A large upload of which the end is missing; its connection."""
        link = self.server.connect()
        link.putrequest("PUT", object_path(key))
        link.putheader("Content-Length", str(2 * LARGE))
        link.endheaders()
        link.send(b"x" * LARGE)
        return link

    def poison(self, key: str, value: str, reason: str | None = None):
        """Writes an entry into the log of the stopped server, or into its quarantine."""
        more = [] if reason is None else [reason]
        subprocess.run(
            [str(POISON), str(self.rows), key, value, str(int(time.time() * 1000)), *more],
            check=True,
            capture_output=True,
            timeout=60,
        )


def json_lines(text: str) -> list:
    return [json.loads(line) for line in text.splitlines()]
