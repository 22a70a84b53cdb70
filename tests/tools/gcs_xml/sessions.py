"""Resumable uploads of the JSON API, with the rules that fake-gcs-server leaves out: docs/formats/gcs-xml-rules.md."""
import base64
import json
import re
import tempfile
import threading
import uuid
from urllib.parse import quote

from bodies import Body, hashes_of, md5_of, name_problem
from errors import Answer, Disconnected, json_error
from upstream import size_of

GRANULE = 256 << 10
RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(?:(\d+)|\*)")


class Session:
    def __init__(self, bucket, name, metadata, if_generation_match):
        self.id = uuid.uuid4().hex
        self.bucket = bucket
        self.name = name
        self.metadata = metadata
        self.if_generation_match = if_generation_match
        self.lock = threading.Lock()
        self.file = tempfile.TemporaryFile()
        self.committed = 0
        self.resource = None  # finished
        self.cancelled = False

    def is_open(self):
        return self.resource is None and not self.cancelled


class Sessions:
    def __init__(self, upstream):
        self.upstream = upstream
        self.lock = threading.Lock()
        self.by_id = {}

    def open_ones(self):
        with self.lock:
            sessions = list(self.by_id.values())
        return [
            {"bucket": s.bucket, "name": s.name, "upload_id": s.id, "committed": s.committed}
            for s in sessions
            if s.is_open()
        ]

    def begin(self, host, bucket, query, body: Body) -> Answer:
        if not self.upstream.bucket_exists(bucket):
            raise json_error(404, "notFound", "The specified bucket does not exist.")
        text = body.read()
        try:
            metadata = json.loads(text) if text else {}
        except ValueError:
            raise json_error(400, "parseError", "Parse Error") from None
        name = query.get("name") or metadata.get("name", "")
        if problem := name_problem(name):
            raise json_error(400, "invalid", problem)
        session = Session(bucket, name, metadata, query.get("ifGenerationMatch"))
        with self.lock:
            self.by_id[session.id] = session
        location = (
            f"http://{host}/upload/storage/v1/b/{quote(bucket, safe='')}/o"
            f"?uploadType=resumable&name={quote(name, safe='')}&upload_id={session.id}"
        )
        return Answer(200, b"", {"Location": location, "X-GUploader-UploadID": session.id})

    def find(self, upload_id) -> Session:
        with self.lock:
            session = self.by_id.get(upload_id)
        if session is None:
            raise json_error(404, "notFound", "The upload session is unknown.")
        return session

    def cancel(self, upload_id) -> Answer:
        session = self.find(upload_id)
        with session.lock:
            if session.resource is not None:
                return finished(session)
            session.cancelled = True
            session.file.close()
        raise json_error(499, "clientClosedRequest", "Client Closed Request")

    def put(self, upload_id, headers, body: Body) -> Answer:
        session = self.find(upload_id)
        # Outside of the lock: a client that stands still must not hold up the session's cancellation.
        received = tempfile.TemporaryFile()
        broken = None
        try:
            for piece in body.pieces():
                received.write(piece)
        except Disconnected as disconnected:
            broken = disconnected
        with received, session.lock:
            if session.cancelled:
                raise json_error(499, "clientClosedRequest", "The upload session was cancelled.")
            if session.resource is not None:
                return finished(session)
            first, total = placed(session, headers.get("Content-Range"), body)
            keep(session, first, received, whole=broken is None)
            if broken:
                raise broken
            if total is None or session.committed < total:
                return progress(session)
            return self.finish(session, hashes_of(headers.get_all("X-Goog-Hash", [])))

    def finish(self, session, hashes) -> Answer:
        session.file.truncate(session.committed)
        if "md5" in hashes and hashes["md5"] != base64.b64encode(md5_of(session.file)).decode():
            raise json_error(400, "invalid", "The MD5 of the content is not the one given.")
        if "crc32c" in hashes and hashes["crc32c"] != self.upstream.crc32c(session.file):
            raise json_error(400, "invalid", "The CRC32C of the content is not the one given.")
        status, body = self.upstream.insert(
            session.bucket, session.metadata, session.name, [session.file], session.if_generation_match
        )
        if status == 412:
            raise json_error(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
        if status != 200:
            raise json_error(503, "backendError", f"fake-gcs-server: {status}")
        session.resource = body
        session.file.close()
        return finished(session)


def placed(session, content_range, body: Body):
    """Where the body belongs, and the total, where it is told."""
    match = RANGE.fullmatch(content_range or "")
    if content_range is None:
        first, last, total = 0, body.length - 1, body.length
    elif match is None:
        raise json_error(400, "invalid", "Invalid Content-Range.")
    else:
        first, last, total = (None if group is None else int(group) for group in match.groups())
    if first is None:
        if body.length != 0:
            raise json_error(400, "invalid", "A request without a range has no body.")
        return session.committed, total
    if last - first + 1 != body.length or (total is not None and last >= max(total, 1)):
        raise json_error(400, "invalid", "Content-Range and Content-Length disagree.")
    if (total is None or last + 1 < total) and body.length % GRANULE != 0:
        raise json_error(400, "invalid", "Chunks but the last must be multiples of 256 KiB.")
    if first > session.committed:
        raise json_error(400, "invalid", "The chunk begins behind the bytes that are kept.")
    return first, total


def keep(session, first, received, whole):
    """Bytes that are there already are ignored; of a chunk that broke, whole granules are kept."""
    end = first + size_of(received)
    if not whole:
        end = end // GRANULE * GRANULE
    if end <= session.committed:
        return
    received.seek(session.committed - first)
    session.file.seek(session.committed)
    while session.committed < end:
        piece = received.read(min(GRANULE, end - session.committed))
        session.file.write(piece)
        session.committed += len(piece)


def finished(session) -> Answer:
    return Answer(200, session.resource, {"Content-Type": "application/json"})


def progress(session) -> Answer:
    headers = {"Range": f"bytes=0-{session.committed - 1}"} if session.committed else {}
    return Answer(308, b"", headers)
