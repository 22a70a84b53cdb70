"""A DogStatsD agent: receives what a server sends over any transport, and takes it apart strictly."""
import re
import socket
import threading
from typing import NamedTuple

NAME = re.compile(r"[A-Za-z][\w.\-]*")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
TAG = re.compile(r"[^,|#:\s][^,|#\n]*")


class Line(NamedTuple):
    name: str
    values: list
    kind: str
    tags: list
    rate: float
    time: int | None


def parse(line: str) -> Line:
    """Of `name:v1:v2|kind[|@rate][|#tag,tag][|Tseconds]`, in this order."""
    head, kind, *fields = line.split("|")
    name, *values = head.split(":")
    assert NAME.fullmatch(name), line
    assert values and all(NUMBER.fullmatch(value) for value in values), line
    assert kind in ("c", "g", "d") and (kind == "d" or len(values) == 1), line
    rate, tags, time = 1.0, [], None
    if fields and fields[0].startswith("@"):
        rate = float(fields.pop(0)[1:])
        assert kind == "d" and 0 < rate < 1, line
    if fields and fields[0].startswith("#"):
        tags = fields.pop(0)[1:].split(",")
        assert all(TAG.fullmatch(tag) for tag in tags), line
    if fields and fields[0].startswith("T"):
        time = int(fields.pop(0)[1:])
        assert kind != "d", line
    assert not fields, line
    return Line(name, [float(value) for value in values], kind, tags, rate, time)


class Agent:
    """Collects payloads on a thread of its own until it is closed."""

    def __init__(self, transport: str, path=None):
        self.payloads = []
        self.transport = transport
        if transport == "udp":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.socket.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        elif transport == "unixgram":
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.bind(str(path))
            self.address = f"unixgram://{path}"
        else:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.bind(str(path))
            self.socket.listen()
            self.address = f"unix://{path}"
        self.socket.settimeout(0.1)
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self._read_stream if transport == "unix" else self._read_datagrams)
        self.thread.start()

    def _read_datagrams(self):
        # What has arrived before closing is read to its end.
        while True:
            try:
                self.payloads.append(self.socket.recv(1 << 16))
            except TimeoutError:
                if self.closing.is_set():
                    return

    def _read_stream(self):
        """Each payload has its length before it, 32 bits, least byte first."""
        while not self.closing.is_set():
            try:
                link, _ = self.socket.accept()
            except TimeoutError:
                continue
            with link, link.makefile("rb") as stream:
                link.settimeout(60)
                while length := stream.read(4):
                    self.payloads.append(stream.read(int.from_bytes(length, "little")))

    def close(self):
        self.closing.set()
        self.thread.join(70)
        self.socket.close()

    def lines(self) -> list:
        """All that was received; each payload is whole lines."""
        parsed = []
        for payload in list(self.payloads):
            text = payload.decode("utf-8")
            assert text.endswith("\n"), payload
            parsed += [parse(line) for line in text[:-1].split("\n")]
        return parsed
