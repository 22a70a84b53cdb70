"""The published Python client's uploads in parts, on each kind of storage."""
import hashlib
import io
import uuid
from datetime import timedelta

import pytest
import zstandard
from clients import KIB, MIB, PLAIN, STORES, noise, read, running, status_of
from objectstore_client import Permission, RequestError, TimeToLive, Usecase
from objectstore_client.multipart import CompletePart, MultipartCompleteError


@pytest.fixture(scope="module", params=STORES)
def store(request, tmp_path_factory):
    with running(request.param, tmp_path_factory.mktemp("clients")) as started:
        yield started


@pytest.fixture
def session(store):
    return store.session(PLAIN)


def put_part(upload, number: int, body: bytes, **options) -> CompletePart:
    return upload.put_part(body, part_number=number, content_length=len(body), **options)


def bodies(store, count: int) -> list[bytes]:
    """Parts of sizes that differ, the last one small."""
    sizes = [max(store.least_part, 100 * KIB) + 10 * number for number in range(count - 1)] + [7]
    return [noise(size, size) for size in sizes]


def test_parts_in_any_order_become_one_object(store, session):
    first, second, last = bodies(store, 3)
    given = {
        "content_type": "text/plain",
        "metadata": {"name": "Grüße\n100%"},
        "expiration_policy": TimeToLive(timedelta(days=2)),
        "origin": "203.0.113.7",
        "filename": "ä/b.txt",
    }
    upload = session.initiate_multipart_upload(key="dir/ä 1%", **given)
    assert upload.key == "dir/ä 1%"
    parts = [put_part(upload, 9, last), put_part(upload, 2, second)]
    stream = io.BytesIO(first)
    parts.append(upload.put_part(stream, part_number=1, content_length=len(first)))
    assert session.get("dir/ä 1%") is None
    assert upload.complete(parts) == "dir/ä 1%"
    found = session.get("dir/ä 1%")
    assert found.payload.read() == first + second + last
    metadata = found.metadata
    assert (metadata.content_type, metadata.custom) == ("text/plain", given["metadata"])
    assert (metadata.origin, metadata.filename) == (given["origin"], given["filename"])
    assert metadata.expiration_policy == given["expiration_policy"]
    assert metadata.time_expires is not None
    assert metadata.size == len(first + second + last)


def test_replaced_part_counts_and_all_are_listed(store, session):
    first, second, last = bodies(store, 3)
    upload = session.initiate_multipart_upload(key="k")
    assert upload.list_parts() == []
    for number, body in ((3, last), (1, b"replaced"), (2, second), (1, first)):
        digest = hashlib.md5(body).digest()
        put_part(upload, number, body, content_md5=digest)
    listed = upload.list_parts()
    assert [(part.part_number, part.size) for part in listed] == [(1, len(first)), (2, len(second)), (3, 7)]
    assert all(part.etag and part.last_modified.tzinfo for part in listed)
    assert upload.complete(listed) == "k"
    assert read(session, "k") == first + second + last


def test_many_parts_are_listed(store, session):
    upload = session.initiate_multipart_upload(key="k")
    for number in range(1, 41):
        put_part(upload, number, b"%03d" % number)
    assert [part.part_number for part in upload.list_parts()] == list(range(1, 41))
    upload.abort()


def test_key_is_generated_unless_given(session):
    upload = session.initiate_multipart_upload()
    assert uuid.UUID(upload.key).version == 4
    part = put_part(upload, 1, b"only")
    assert upload.complete([part]) == upload.key
    assert read(session, upload.key) == b"only"


def test_one_small_part_and_twenty_mebibytes(store, session):
    for part_sizes in ([1], [8 * MIB, 8 * MIB, 4 * MIB]):
        upload = session.initiate_multipart_upload(key="k")
        parts = [noise(size, number) for number, size in enumerate(part_sizes, 1)]
        upload.complete([put_part(upload, number, part) for number, part in enumerate(parts, 1)])
        assert read(session, "k") == b"".join(parts)


def test_compressed_parts_are_decompressed_as_one(store):
    session = store.session(Usecase("attachments", compression="zstd"))
    body = noise(11 * MIB)
    packed = zstandard.ZstdCompressor(level=1).compress(body)
    pieces = [packed[start : start + 6 * MIB] for start in range(0, len(packed), 6 * MIB)]
    upload = session.initiate_multipart_upload(key="k")  # compressed by the usecase's default
    upload.complete([put_part(upload, number, piece) for number, piece in enumerate(pieces, 1)])
    assert session.head("k").compression == "zstd"
    assert read(session, "k") == body
    assert read(session, "k", decompress=False) == packed


def test_another_client_goes_on_with_an_upload(store, session):
    first, last = bodies(store, 2)
    upload = session.initiate_multipart_upload(key="k")
    put_part(upload, 1, first)
    scope = {"same": "scope"}
    begun = store.session(PLAIN, **scope).initiate_multipart_upload(key="k")
    put_part(begun, 1, first)
    resumed = store.session(PLAIN, **scope).resume_multipart_upload(begun.key, begun.upload_id)
    put_part(resumed, 2, last)
    resumed.complete(resumed.list_parts())
    assert read(store.session(PLAIN, **scope), "k") == first + last
    assert session.get("k") is None
    upload.abort()


def test_upload_survives_a_restart_of_the_server(store, session):
    first, last = bodies(store, 2)
    upload = session.initiate_multipart_upload(key="k")
    put_part(upload, 1, first)
    store.server.stop()
    store.server.start()
    again = store.session(PLAIN, **session_scope(session))
    resumed = again.resume_multipart_upload("k", upload.upload_id)
    put_part(resumed, 2, last)
    assert resumed.complete(resumed.list_parts()) == "k"
    assert read(again, "k") == first + last


def session_scope(session) -> dict:
    """The scopes in the path of an object's URL."""
    scopes = session.object_url("k").split("/")[-2]
    return dict(scope.split("=") for scope in scopes.split(";"))


def test_aborted_upload_is_gone_and_the_object_stays(session):
    session.put(b"before", key="k")
    upload = session.initiate_multipart_upload(key="k")
    part = put_part(upload, 1, b"part")
    upload.abort()
    assert status_of(lambda: put_part(upload, 2, b"late")) == 404
    assert status_of(upload.list_parts) == 404
    with pytest.raises(MultipartCompleteError) as failed:
        upload.complete([part])
    assert failed.value.code == "internal error"
    assert "multipart upload not found" in str(failed.value)
    assert read(session, "k") == b"before"


def test_completion_that_names_wrong_parts_fails_and_the_upload_goes_on(session):
    session.put(b"before", key="k")
    upload = session.initiate_multipart_upload(key="k")
    part = put_part(upload, 1, b"part")
    wrong = [CompletePart(1, '"other"')], [part, CompletePart(7, part.etag)], [CompletePart(2, part.etag)]
    for parts in wrong:
        with pytest.raises(MultipartCompleteError) as failed:
            upload.complete(parts)
        assert failed.value.code == "InvalidPart"
        assert read(session, "k") == b"before"
    assert upload.complete([part]) == "k"
    assert read(session, "k") == b"part"


def test_small_part_before_the_last_is_refused_where_the_store_asks_for_more(store, session):
    upload = session.initiate_multipart_upload(key="k")
    parts = [put_part(upload, 1, b"small"), put_part(upload, 2, b"last")]
    if store.least_part == 1:
        upload.complete(parts)
        assert read(session, "k") == b"smalllast"
    else:
        with pytest.raises(MultipartCompleteError) as failed:
            upload.complete(parts)
        assert failed.value.code == "EntityTooSmall"
        assert session.get("k") is None
        upload.abort()


def test_completing_twice_never_disturbs_the_object(store, session):
    upload = session.initiate_multipart_upload(key="k")
    part = put_part(upload, 1, b"part")
    upload.complete([part])
    if store.knows_completed_uploads:
        assert upload.complete([part]) == "k"
    else:
        with pytest.raises(MultipartCompleteError, match="multipart upload not found"):
            upload.complete([part])
    assert read(session, "k") == b"part"
    session.put(b"after", key="k")
    try:
        upload.complete([part])
    except MultipartCompleteError:
        pass
    assert read(session, "k") == b"after"


def test_objects_replace_each_other_however_they_were_uploaded(session):
    for body in (b"first", b"third"):
        upload = session.initiate_multipart_upload(key="k")
        upload.complete([put_part(upload, 1, body)])
        assert read(session, "k") == body
        session.put(noise(2 * MIB), key="k")
        assert read(session, "k") == noise(2 * MIB)
    session.delete("k")
    assert session.get("k") is None


def test_part_that_is_not_what_its_digest_says_is_refused(session):
    upload = session.initiate_multipart_upload(key="k")
    with pytest.raises(RequestError) as refused:
        put_part(upload, 1, b"part", content_md5=hashlib.md5(b"other").digest())
    assert refused.value.status == 400
    assert upload.list_parts() == []
    assert status_of(lambda: put_part(upload, 0, b"part")) == 400
    upload.abort()


def test_uploads_need_the_permission_to_write(store, session):
    upload = session.initiate_multipart_upload(key="k")
    part = put_part(upload, 1, b"part")
    client = store.client(token=store.secret(permissions=[Permission.OBJECT_READ, Permission.OBJECT_DELETE]))
    reader = store.session(PLAIN, client, **session_scope(session))
    other = reader.resume_multipart_upload("k", upload.upload_id)
    refused = (
        lambda: reader.initiate_multipart_upload(key="k"),
        lambda: put_part(other, 2, b"part"),
        other.list_parts,
        other.abort,
    )
    assert [status_of(action) for action in refused] == [403] * 4
    with pytest.raises(MultipartCompleteError, match="operation not allowed") as failed:
        other.complete([part])
    assert failed.value.code == "internal error"
    assert upload.complete([part]) == "k"


def test_upload_ids_that_never_were_are_refused(session):
    upload = session.initiate_multipart_upload(key="k")
    for key, upload_id in (("k", "unknown"), ("other", upload.upload_id)):
        stranger = session.resume_multipart_upload(key, upload_id)
        assert status_of(stranger.list_parts) in (400, 404)
        assert status_of(lambda: put_part(stranger, 1, b"part")) in (400, 404)
        with pytest.raises(MultipartCompleteError):
            stranger.complete([CompletePart(1, '"e"')])
    assert upload.list_parts() == []
    upload.abort()
