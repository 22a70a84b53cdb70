"""The published Python client in front of servers that enforce tokens, one for each kind of storage."""
import contextlib
import io
import itertools
import random
import shutil
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import bigtable
import long_term
import objectstore_client
import urllib3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from objectstore_client import Client, SecretKey, Session, Usecase

from harness import Response, Server

KIB, MIB = 1 << 10, 1 << 20
KID = "clients"
PLAIN = Usecase("attachments", compression="none")

AUTH = """
auth:
  enforce: true
  keys:
    {kid}: {{key_files: ["{file}"], max_permissions: [object.read, object.write, object.delete]}}
"""

# The client gives up a connection attempt after 100 ms unless told otherwise: too soon on a busy machine.
PATIENT = {"timeout": urllib3.Timeout(connect=10, read=60)}

_numbers = itertools.count(1)


def private_pem(key: Ed25519PrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def public_pem(key: Ed25519PrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form).decode()


class Store:
    """A running server, and the key that its one key id stands for."""

    expires = True
    # GCS and S3 want this much of every part but the last.
    least_part = 1
    # Tells a completed upload from one that never was.
    knows_completed_uploads = True
    # Kinds of keys that it refuses, see REFUSED_KEYS in test_clients_names.py.
    refuses = ("nul",)

    def __init__(self, folder: Path, key: Ed25519PrivateKey | None = None, kid: str = KID):
        key = key or Ed25519PrivateKey.generate()
        self.kid, self.private_key = kid, private_pem(key)
        file = folder / "public.pem"
        file.write_text(public_pem(key), encoding="utf-8")
        with contextlib.ExitStack() as started:
            config = AUTH.format(kid=kid, file=file) + self.storage(folder, started)
            self.server = Server(folder / "server", config, OS__AUTH__ENFORCE="true")
            started.callback(self.server.close)
            self.server.start()
            self.started = started.pop_all()

    def storage(self, folder: Path, started: contextlib.ExitStack) -> str:
        """The configuration of the storage, and what has to run for it."""
        raise NotImplementedError

    def deadline_error(self, size: int) -> timedelta:
        """How far the deadline may be from the creation time that is told and the policy's duration."""
        return timedelta(0)

    def close(self):
        self.started.close()

    def secret(self, **options) -> SecretKey:
        return SecretKey(self.kid, self.private_key, **options)

    def client(self, **options) -> Client:
        settings = {"token": self.secret(), "connection_kwargs": PATIENT, **options}
        return Client(settings.pop("url", self.server.url), **settings)

    def session(self, usecase: Usecase | None = None, client: Client | None = None, **scopes) -> Session:
        """In a scope that no other test has, unless one is named."""
        scopes = scopes or {"test": next(_numbers)}
        return (client or self.client()).session(usecase or Usecase("attachments"), **scopes)


class Embedded(Store):
    """Rows in RocksDB, large objects in files: what runs where no storage is configured."""

    def storage(self, folder, started):
        return ""


class Files(Store):
    """One file for each object, in a tree that the keys name."""

    expires = False
    knows_completed_uploads = False
    refuses = ("nul", "no path", "too long for a file name")

    def storage(self, folder, started):
        return "storage: {type: filesystem, path: files}\n"


class Cloud(Store):
    """Rows in Bigtable, large objects in Cloud Storage."""

    least_part = 5 * MIB
    refuses = ("nul", "line break")

    def deadline_error(self, size):
        # Bigtable's cells go by milliseconds; Cloud Storage tells when it had the object whole.
        return timedelta(milliseconds=1) if size <= MIB else timedelta(seconds=20)

    def storage(self, folder, started):
        assert bigtable.EMULATOR.is_file(), f"no emulator at {bigtable.EMULATOR}"
        assert long_term.GCS_SERVER.is_file(), f"no server at {long_term.GCS_SERVER}"
        emulator = bigtable.Emulator(folder)
        started.callback(emulator.close)
        bucket = long_term.Gcs(folder)
        started.callback(bucket.close)
        bigtable.set_up_table(folder, emulator.port, bucket.config)
        return bigtable.config(folder, emulator.port, bucket.config)


STORES = {"embedded": Embedded, "filesystem": Files, "bigtable-gcs": Cloud}


@contextlib.contextmanager
def running(name: str, folder: Path):
    """What it stored is removed at the end, logs stay."""
    with contextlib.closing(STORES[name](folder)) as store:
        yield store
    shutil.rmtree(store.server.folder / "data", ignore_errors=True)
    shutil.rmtree(store.server.folder / "files", ignore_errors=True)


class OneWay(io.RawIOBase):
    """A stream that can't be sought, like a pipe; breaks after `breaks_after` bytes."""

    def __init__(self, data: bytes, breaks_after: int | None = None):
        self.data = io.BytesIO(data)
        self.breaks_after = breaks_after

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.breaks_after is not None and self.data.tell() >= self.breaks_after:
            raise OSError("the source is gone")
        return self.data.readinto(buffer)


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def read(session: Session, key: str, **options) -> bytes | None:
    found = session.get(key, **options)
    return None if found is None else found.payload.read()


def status_of(action) -> int | None:
    """What the client says of a refused request; None where it was not refused."""
    try:
        action()
    except objectstore_client.RequestError as error:
        return error.status
    return None


def fetch(url: str, method: str = "GET") -> Response:
    """The URL as it is, by the standard library."""
    request = urllib.request.Request(url, method=method, data=b"" if method == "PUT" else None)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status, headers, answer.read())
    except urllib.error.HTTPError as error:
        return Response(error.code, {}, error.read())
