"""Multipart uploads of the XML API, by the public documentation: docs/formats/gcs-xml-rules.md."""
import base64
import datetime
import hashlib
import tempfile
import threading
import uuid
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

from bodies import Body, decode_md5, hashes_of, name_problem
from errors import Answer, xml_error

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
LEAST_PART = 5 << 20
LARGEST_PART = 5 << 30
MOST_PARTS = 10_000
LONGEST_LIST = 1000
LARGEST_COMPLETION = 8 << 20
MOST_METADATA = 8 << 10
META = "x-goog-meta-"


class Part:
    def __init__(self, file, size, md5):
        self.file = file
        self.size = size
        self.etag = f'"{md5.hex()}"'
        self.modified = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Upload:
    def __init__(self, bucket, key, metadata):
        self.id = uuid.uuid4().hex
        self.bucket = bucket
        self.key = key
        self.metadata = metadata
        self.parts = {}
        self.lock = threading.Lock()
        self.ended = False


def no_such_upload():
    return xml_error(404, "NoSuchUpload", "The requested upload was not found.")


def document(root: str, elements: str) -> Answer:
    text = f"<?xml version='1.0' encoding='UTF-8'?><{root} xmlns='{NAMESPACE}'>{elements}</{root}>"
    return Answer(200, text.encode("utf-8", "surrogateescape"), {"Content-Type": "application/xml; charset=UTF-8"})


def element(name: str, value) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"


def flag(value: bool) -> str:
    return "true" if value else "false"


def number(query, name, default):
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise xml_error(400, "InvalidArgument", f"{name} must be a number.")
    return int(text)


class MultipartUploads:
    def __init__(self, upstream):
        self.upstream = upstream
        self.lock = threading.Lock()
        self.by_id = {}

    def open_ones(self):
        with self.lock:
            uploads = list(self.by_id.values())
        return [{"bucket": u.bucket, "name": u.key, "upload_id": u.id, "parts": len(u.parts)} for u in uploads]

    def initiate(self, bucket, key, headers, body: Body) -> Answer:
        if body.length != 0:
            raise xml_error(400, "InvalidRequest", "Initiating an upload takes no body.")
        if not self.upstream.bucket_exists(bucket):
            raise xml_error(404, "NoSuchBucket", "The specified bucket does not exist.")
        if problem := name_problem(key):
            raise xml_error(400, "InvalidObjectName", problem)
        upload = Upload(bucket, key, metadata_of(headers))
        with self.lock:
            self.by_id[upload.id] = upload
        return document(
            "InitiateMultipartUploadResult",
            element("Bucket", bucket) + element("Key", key) + element("UploadId", upload.id),
        )

    def find(self, bucket, key, upload_id) -> Upload:
        with self.lock:
            upload = self.by_id.get(upload_id)
        if upload is None or (upload.bucket, upload.key) != (bucket, key):
            raise no_such_upload()
        return upload

    def put_part(self, bucket, key, query, headers, body: Body) -> Answer:
        upload = self.find(bucket, key, query["uploadId"])
        part_number = number(query, "partNumber", 0)
        if not 1 <= part_number <= MOST_PARTS:
            raise xml_error(400, "InvalidArgument", f"Part numbers are from 1 to {MOST_PARTS}.")
        if body.length > LARGEST_PART:
            raise xml_error(400, "EntityTooLarge", "The part is too large.")
        file = tempfile.TemporaryFile()
        md5 = hashlib.md5()
        for piece in body.pieces():
            md5.update(piece)
            file.write(piece)
        self.check_part(headers, md5.digest(), file)
        part = Part(file, body.length, md5.digest())
        with upload.lock:
            if upload.ended:
                raise no_such_upload()
            upload.parts[part_number] = part
        encoded = base64.b64encode(md5.digest()).decode()
        return Answer(200, b"", {"ETag": part.etag, "x-goog-hash": f"md5={encoded}"})

    def check_part(self, headers, md5: bytes, file):
        hashes = hashes_of(headers.get_all("x-goog-hash", []))
        for given in (headers.get("Content-MD5"), hashes.get("md5")):
            if given is None:
                continue
            expected = decode_md5(given)
            if expected is None:
                raise xml_error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
            if expected != md5:
                raise xml_error(400, "BadDigest", "The MD5 you specified did not match what we computed.")
        if "crc32c" in hashes and hashes["crc32c"] != self.upstream.crc32c(file):
            raise xml_error(400, "BadDigest", "The CRC32C you specified did not match what we computed.")

    def list_parts(self, bucket, key, query) -> Answer:
        upload = self.find(bucket, key, query["uploadId"])
        most = min(number(query, "max-parts", LONGEST_LIST), LONGEST_LIST)
        marker = number(query, "part-number-marker", 0)
        with upload.lock:
            following = sorted(item for item in upload.parts.items() if item[0] > marker)
        listed = following[:most]
        parts = "".join(
            "<Part>"
            + element("PartNumber", part_number)
            + element("LastModified", part.modified)
            + element("ETag", part.etag)
            + element("Size", part.size)
            + "</Part>"
            for part_number, part in listed
        )
        head = element("Bucket", bucket) + element("Key", key) + element("UploadId", upload.id)
        head += element("StorageClass", "STANDARD") + element("PartNumberMarker", marker)
        if listed:
            head += element("NextPartNumberMarker", listed[-1][0])
        head += element("MaxParts", most) + element("IsTruncated", flag(len(following) > len(listed)))
        return document("ListPartsResult", head + parts)

    def complete(self, bucket, key, query, body: Body) -> Answer:
        upload = self.find(bucket, key, query["uploadId"])
        if body.length > LARGEST_COMPLETION:
            raise malformed()
        wanted = listed_parts(body.read())
        with upload.lock:
            if upload.ended:
                raise no_such_upload()
            files = chosen_files(upload.parts, wanted)
            status, answer = self.upstream.insert(bucket, upload.metadata, key, files)
            if status != 200:
                raise xml_error(503, "ServiceUnavailable", f"fake-gcs-server: {status}")
            self.end(upload)
        etag = f'"{hashlib.md5(answer).hexdigest()}-{len(files)}"'
        return document(
            "CompleteMultipartUploadResult",
            element("Bucket", bucket) + element("Key", key) + element("ETag", etag),
        )

    def abort(self, bucket, key, query) -> Answer:
        upload = self.find(bucket, key, query["uploadId"])
        with upload.lock:
            if upload.ended:
                raise no_such_upload()
            self.end(upload)
        return Answer(204)

    def end(self, upload):
        upload.ended = True
        upload.parts.clear()
        with self.lock:
            del self.by_id[upload.id]

    def list_uploads(self, bucket, query) -> Answer:
        if not self.upstream.bucket_exists(bucket):
            raise xml_error(404, "NoSuchBucket", "The specified bucket does not exist.")
        for unsupported in ("delimiter", "encoding-type"):
            if unsupported in query:
                raise xml_error(501, "NotImplemented", f"{unsupported} is not implemented here.")
        most = min(number(query, "max-uploads", LONGEST_LIST), LONGEST_LIST)
        after = (query.get("key-marker", ""), query.get("upload-id-marker", ""))
        prefix = query.get("prefix", "")
        with self.lock:
            uploads = [u for u in self.by_id.values() if u.bucket == bucket and u.key.startswith(prefix)]
        following = sorted((u for u in uploads if is_after(u, after)), key=lambda u: (u.key.encode(), u.id))
        listed = following[:most]
        text = element("Bucket", bucket) + element("Prefix", prefix)
        text += element("KeyMarker", after[0]) + element("UploadIdMarker", after[1])
        if len(following) > len(listed):
            text += element("NextKeyMarker", listed[-1].key) + element("NextUploadIdMarker", listed[-1].id)
        text += element("MaxUploads", most) + element("IsTruncated", flag(len(following) > len(listed)))
        for upload in listed:
            text += f"<Upload>{element('Key', upload.key)}{element('UploadId', upload.id)}</Upload>"
        return document("ListMultipartUploadsResult", text)


def is_after(upload, after) -> bool:
    key, upload_id = after
    if not upload_id:
        return not key or upload.key.encode() > key.encode()
    return (upload.key.encode(), upload.id) > (key.encode(), upload_id)


def metadata_of(headers) -> dict:
    """The resource of the object to be."""
    metadata = {"contentType": headers.get("Content-Type", "application/octet-stream")}
    if "Content-Encoding" in headers:
        metadata["contentEncoding"] = headers["Content-Encoding"]
    if "x-goog-custom-time" in headers:
        metadata["customTime"] = checked_time(headers["x-goog-custom-time"])
    custom = {name[len(META) :].lower(): value for name, value in headers.items() if name.lower().startswith(META)}
    if sum(len(name) + len(value) for name, value in custom.items()) > MOST_METADATA:
        raise xml_error(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size.")
    if custom:
        metadata["metadata"] = custom
    return metadata


def checked_time(text: str) -> str:
    try:
        datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise xml_error(400, "InvalidArgument", "Invalid x-goog-custom-time.") from None
    return text


def malformed():
    return xml_error(400, "MalformedCompleteMultipartUploadRequest", "The XML you provided was not well-formed.")


def listed_parts(text: bytes) -> list:
    """(number, etag), as the request has them."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise malformed() from None
    local = lambda node: node.tag.rpartition("}")[2]
    if local(root) != "CompleteMultipartUpload" or len(root) == 0:
        raise malformed()
    parts = []
    for node in root:
        values = {local(child): (child.text or "").strip() for child in node}
        if local(node) != "Part" or not values.get("PartNumber", "").isdigit() or "ETag" not in values:
            raise malformed()
        parts.append((int(values["PartNumber"]), values["ETag"]))
    return parts


def chosen_files(parts: dict, wanted: list) -> list:
    numbers = [part_number for part_number, _ in wanted]
    if any(left >= right for left, right in zip(numbers, numbers[1:])):
        raise xml_error(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
    for part_number, etag in wanted:
        if part_number not in parts or parts[part_number].etag != etag:
            raise xml_error(400, "InvalidPart", "One or more of the specified parts could not be found.")
    if any(parts[part_number].size < LEAST_PART for part_number in numbers[:-1]):
        raise xml_error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum object size allowed.")
    return [parts[part_number].file for part_number in numbers]
