"""Runs the real server in a directory of its own, on loopback, and talks HTTP to it."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("OBJECTSTORE_BIN") or ROOT / "build/release/objectstore").resolve()
AUDIT = Path(os.environ.get("OBJECTSTORE_AUDIT_BIN") or BINARY.with_name("objectstore-audit"))
START_LIMIT_S = 60
STOP_LIMIT_S = 60
IN_USE = "failed to start TCP listener"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition, limit_s: float, what: str, every_s: float = 0.05):
    """Polls until `condition()` is true and returns its value; fails after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {limit_s} s still not: {what}")
        time.sleep(every_s)


def clean_environment(**extra: str) -> dict:
    """The caller's environment without settings of a server."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("OS__") and name != "RUST_LOG"
    }
    return {**kept, **extra}


def run_cli(*arguments: str, cwd: Path, limit_s: float = 60, **environment: str):
    """Runs the binary to its end; text of stdout and stderr in the result."""
    return subprocess.run(
        [str(BINARY), *arguments],
        cwd=cwd,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=limit_s,
    )


class Response(NamedTuple):
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


class Server:
    """One server process after another on the same data.

    `config` is the text of its YAML file or None; settings in `environment` win over it. Everything
    written to stderr, over all starts, is in `log_path`.
    """

    def __init__(self, folder: Path, config: str | None = None, **environment: str):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_path = self.folder / "server.log"
        self.environment = {
            "OS__AUTH__ENFORCE": "false",
            "OS__LOGGING__FORMAT": "json",
            **environment,
        }
        self.arguments = ["run"]
        if config is not None:
            path = self.folder / "config.yaml"
            path.write_text(config, encoding="utf-8")
            self.arguments = ["-c", str(path), "run"]
        self.process = None
        self.port = 0
        self.log_start = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    def start(self):
        for _ in range(3):
            try:
                return self._start()
            except ConnectionError:
                continue  # another process took the port in between
        return self._start()

    def _start(self):
        assert self.process is None, "already running"
        self.port = free_port()
        self.log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(BINARY), *self.arguments],
                cwd=self.folder,
                env=clean_environment(**self.environment, OS__HTTP_ADDR=f"127.0.0.1:{self.port}"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while not self._healthy():
            if self.process.poll() is not None:
                code, self.process = self.process.returncode, None
                if IN_USE in self.log():
                    raise ConnectionError(self.port)
                raise AssertionError(f"the server ended with {code} at start:\n{self.log()[-4000:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the server did not get healthy:\n{self.log()[-4000:]}")
            time.sleep(0.02)
        return self

    def _healthy(self) -> bool:
        try:
            return self.request("GET", "/health", timeout=5).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self) -> int:
        """Asks the server to end and returns its exit code."""
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the server did not stop within {STOP_LIMIT_S} s") from None

    def kill(self):
        process, self.process = self.process, None
        process.kill()
        process.wait()

    def close(self):
        if self.process is not None:
            self.kill()

    def cli(self, *arguments: str):
        """A command with this server's configuration, in its directory."""
        return run_cli(*self.arguments[:-1], *arguments, cwd=self.folder)

    def log(self) -> str:
        """What was logged since the last start."""
        with open(self.log_path, "rb") as file:
            file.seek(self.log_start)
            return file.read().decode("utf-8", "replace")

    def connect(self, timeout: float = 60) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def request(self, method, target, body=None, headers=None, timeout: float = 60) -> Response:
        connection = self.connect(timeout)
        try:
            return exchange(connection, method, target, body, headers)
        finally:
            connection.close()

    def put(self, key, body, headers=None, **more) -> Response:
        return self.request("PUT", object_path(key), body, headers, **more)

    def get(self, key, headers=None, **more) -> Response:
        return self.request("GET", object_path(key), None, headers, **more)

    def delete(self, key, **more) -> Response:
        return self.request("DELETE", object_path(key), **more)

    def raw(self, data: bytes, half_close: bool = False, timeout: float = 20) -> bytes:
        """Sends bytes as they are and returns all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as link:
            try:
                link.sendall(data)
                if half_close:
                    link.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused early; the answer may still be there to read
            answer = b""
            while True:
                try:
                    piece = link.recv(65536)
                except ConnectionResetError:
                    return answer
                except TimeoutError:
                    raise AssertionError(f"no end of the answer: {answer[:200]!r}") from None
                if not piece:
                    return answer
                answer += piece


def object_path(key: str, usecase: str = "tests", scopes: str = "org=1") -> str:
    return f"/v1/objects/{usecase}/{scopes}/{key}"


def exchange(connection, method, target, body=None, headers=None) -> Response:
    """One request on an open connection; header names of the answer in lower case."""
    connection.request(method, target, body=body, headers=headers or {})
    answer = connection.getresponse()
    data = answer.read()
    return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, data)


def status_of(answer: bytes) -> int | None:
    match = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(match.group(1)) if match else None


def field_of(log: str, message: str, field: str) -> str | None:
    """The field's value in the first line with the message, in any log format."""
    for line in log.splitlines():
        if message in line:
            match = re.search(rf'\b{field}"?\s*[=:]\s*"?([^",}}\s]+)', line)
            return match.group(1) if match else None
    return None


def audit(rows: Path, blobs: Path) -> dict:
    """Looks at both tiers from outside; the server must not be running."""
    done = subprocess.run([str(AUDIT), str(rows), str(blobs)], capture_output=True, text=True, timeout=300)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        raise AssertionError(f"the audit ended with {done.returncode}: {done.stdout}{done.stderr}") from None


def damages(found: dict) -> dict:
    """What of an audit's result must not be, once the log is drained."""
    names = ("dangling", "orphans", "corrupt", "entries", "quarantined", "temporary_files")
    return {name: found[name] for name in names if found[name]}


def drained_audit(server: Server, rows: Path, blobs: Path, limit_s: float = 60) -> dict:
    """Lets the running server work its log off, then stops it and audits; leaves it stopped."""
    deadline = time.monotonic() + limit_s
    pause_s = 0.5
    while True:
        time.sleep(pause_s)
        assert server.stop() == 0, server.log()[-4000:]
        found = audit(rows, blobs)
        if not damages(found) or time.monotonic() > deadline:
            return found
        server.start()
        pause_s = min(pause_s * 2, 5)


def memory_peak_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+) kB", text, re.MULTILINE).group(1)) / 1024
