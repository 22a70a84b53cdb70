"""Batches: their bodies, and the parts of an answer, taken apart strictly."""
import json
import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from harness import Server

BOUNDARY = "requests-end"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


class Part(NamedTuple):
    index: int
    status: int
    headers: dict
    body: bytes

    @property
    def key(self) -> str:
        return unquote(self.headers["x-sn-batch-operation-key"])

    def json(self):
        return json.loads(self.body)


def target(usecase: str = "tests", scopes: str = "org=1") -> str:
    return f"/v1/objects:batch/{usecase}/{scopes}/"


def operation(kind: str, key: str | None = None, payload: bytes = b"", **headers: str) -> bytes:
    lines = [f"x-sn-batch-operation-kind: {kind}"]
    if key is not None:
        lines.append(f"x-sn-batch-operation-key: {quote(key, safe='')}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines)
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + payload + b"\r\n"


def body(operations) -> bytes:
    return b"".join(operations) + f"--{BOUNDARY}--\r\n".encode()


def parse(content_type: str, data: bytes) -> list:
    """The parts in the order of the answer; fails on anything that is not the contract's framing."""
    boundary = re.fullmatch(r'multipart/form-data; boundary="(os-boundary-[0-9a-f]{32})"', content_type)[1].encode()
    assert data.endswith(b"--" + boundary + b"--"), data[-200:]
    pieces = data[: -len(b"--" + boundary + b"--")].split(b"--" + boundary + b"\r\n")
    assert pieces[0] == b""
    parts = []
    for piece in pieces[1:]:
        head, _, content = piece.partition(b"\r\n\r\n")
        assert content.endswith(b"\r\n"), piece[-100:]
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        assert headers["content-disposition"] == "form-data; name=part"
        index = int(headers["x-sn-batch-operation-index"])
        status = int(headers["x-sn-batch-operation-status"].split(" ")[0])
        parts.append(Part(index, status, headers, content[:-2]))
    return parts


def run(server: Server, operations, headers=None, **where) -> list:
    """The parts by their index."""
    headers = {"content-type": CONTENT_TYPE, **(headers or {})}
    answer = server.request("POST", target(**where), body(operations), headers)
    assert answer.status == 200, answer
    return sorted(parse(answer.headers["content-type"], answer.body))
