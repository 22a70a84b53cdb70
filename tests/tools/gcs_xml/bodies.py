"""Bodies of requests as they come in, and what they are checked against."""
import base64
import binascii
import hashlib
import re
from urllib.parse import unquote

from errors import Disconnected

PIECE = 256 << 10
MD5_BYTES = 16


class Body:
    """What the client says is to come, to be read once."""

    def __init__(self, source, length: int):
        self.source = source
        self.length = length
        self.left = length

    def pieces(self):
        buffer = bytearray(PIECE)
        while self.left > 0:
            view = memoryview(buffer)[: min(PIECE, self.left)]
            size = 0
            while size < len(view):
                count = self.source.readinto(view[size:])
                if not count:
                    break
                size += count
            self.left -= size
            yield view[:size]
            if size < len(view):
                raise Disconnected()

    def read(self) -> bytes:
        return b"".join(bytes(piece) for piece in self.pieces())


def hashes_of(values) -> dict:
    """`X-Goog-Hash: crc32c=…, md5=…`, in one header or several: by name, in base64."""
    found = {}
    for item in ",".join(values).split(","):
        name, separator, value = item.strip().partition("=")
        if separator:
            found[name.lower()] = value
    return found


def md5_of(file) -> bytes:
    file.seek(0)
    return hashlib.file_digest(file, "md5").digest()


def decode_md5(text: str):
    """None: it is no MD5 in base64."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == MD5_BYTES else None


def name_problem(name: str) -> str:
    """Empty: an object can have that name."""
    raw = name.encode("utf-8", "surrogateescape")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "Object names must be UTF-8."
    if not 1 <= len(raw) <= 1024:
        return "Object names must have 1 to 1024 bytes."
    if re.search("[\r\n]", name):
        return "Object names must not hold line breaks."
    if name in (".", "..") or name.startswith(".well-known/acme-challenge/"):
        return "Objects can't have this name."
    return ""


def decoded(text: str) -> str:
    return unquote(text, errors="surrogateescape")
