"""fake-gcs-server, which keeps the objects: started here, and asked over HTTP."""
import ctypes
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
import uuid
from urllib.parse import quote

PR_SET_PDEATHSIG = 1
STAGING = "gcs-xml-staging"
PIECE = 256 << 10
START_S = 20


def start(program: str):
    """The process and its port. It ends with this one."""
    for _ in range(5):
        with socket.socket() as probe:  # it can't choose a port itself
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [program, "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
        process = subprocess.Popen(
            command + ["-log-level", "error"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
        )
        if listens(process, port):
            return process, port
        process.kill()
        process.wait()
    raise SystemExit(f"{program} does not start")


def listens(process, port: int) -> bool:
    limit = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < limit:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def pieces_of(file):
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def size_of(file) -> int:
    return file.seek(0, os.SEEK_END)


class Upstream:
    """Any thread may call; each has a connection of its own."""

    def __init__(self, port: int):
        self.port = port
        self.local = threading.local()
        self.ask("POST", "/storage/v1/b", json.dumps({"name": STAGING}).encode(), {"Content-Type": "application/json"})

    def open(self, method: str, target: str, body=None, headers=None) -> http.client.HTTPResponse:
        """The answer's head; its body is read by the caller, to its end. `body`: bytes, or pieces with their
        length among the headers."""
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            return connection.getresponse()
        except BaseException:
            connection.close()
            self.local.connection = None
            raise

    def ask(self, method: str, target: str, body=None, headers=None):
        """Status and whole body."""
        response = self.open(method, target, body, headers)
        return response.status, response.read()

    def bucket_exists(self, bucket: str) -> bool:
        return self.ask("GET", f"/storage/v1/b/{quote(bucket, safe='')}")[0] == 200

    def resource(self, bucket: str, name: str):
        """None: no such object."""
        status, body = self.ask("GET", object_target(bucket, name))
        return json.loads(body) if status == 200 else None

    def insert(self, bucket: str, metadata: dict, name: str, files: list, if_generation_match=None):
        """Status and body. The object is made of the files, one behind the other."""
        boundary = uuid.uuid4().hex
        content_type = metadata.get("contentType", "application/octet-stream")
        head = (
            f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{json.dumps(metadata)}\r\n"
            f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()

        def body():
            yield head
            for file in files:
                yield from pieces_of(file)
            yield tail

        query = f"uploadType=multipart&name={quote(name, safe='')}"
        if if_generation_match is not None:
            query += f"&ifGenerationMatch={if_generation_match}"
        length = len(head) + sum(size_of(file) for file in files) + len(tail)
        return self.ask(
            "POST",
            f"/upload/storage/v1/b/{quote(bucket, safe='')}/o?{query}",
            body(),
            {"Content-Type": f"multipart/related; boundary={boundary}", "Content-Length": str(length)},
        )

    def crc32c(self, file) -> str:
        """In base64. Python has none of its own: an object on the side tells it."""
        name = uuid.uuid4().hex
        _, body = self.insert(STAGING, {}, name, [file])
        self.ask("DELETE", object_target(STAGING, name))
        return json.loads(body)["crc32c"]


def object_target(bucket: str, name: str) -> str:
    return f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"
