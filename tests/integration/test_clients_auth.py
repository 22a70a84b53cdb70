"""Tokens and signed URLs of the published Python client, on each kind of storage; and the contract's vectors."""
import contextlib
import hashlib
import re
from datetime import timedelta

import jwt
import pytest
from clients import MIB, PLAIN, STORES, Embedded, fetch, noise, private_pem, read, running, status_of
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from objectstore_client import Permission, SecretKey, Usecase
from objectstore_client.presign import build_canonical_form
from objectstore_client.utils import encode_path, encode_query

READ, WRITE, DELETE = Permission.OBJECT_READ, Permission.OBJECT_WRITE, Permission.OBJECT_DELETE
SCOPES = {"org": 17, "project": 42}
BODY = b"0123456789"


@pytest.fixture(scope="module", params=STORES)
def store(request, tmp_path_factory):
    with running(request.param, tmp_path_factory.mktemp("clients")) as started:
        yield started


@pytest.fixture
def session(store):
    session = store.session(PLAIN)
    session.put(BODY, key="k")
    return session


def with_token(store, token, usecase=PLAIN, **scopes):
    return store.session(usecase, store.client(token=token), **(scopes or SCOPES))


OPERATIONS = {
    "put": (WRITE, lambda session: session.put(BODY, key="k")),
    "insert": (WRITE, lambda session: session.put(BODY)),
    "get": (READ, lambda session: session.get("k")),
    "head": (READ, lambda session: session.head("k")),
    "delete": (DELETE, lambda session: session.delete("missing")),
    "initiate": (WRITE, lambda session: session.initiate_multipart_upload(key="k").abort()),
}

BAD_TOKENS = {
    "another private key": (lambda store: SecretKey(store.kid, private_pem(Ed25519PrivateKey.generate())), 401),
    "unknown key id": (lambda store: SecretKey("unknown", store.private_key), 401),
    "no token": (lambda store: None, 400),
    "no JWT": (lambda store: "junk", 401),
    "expired": (lambda store: store.session(PLAIN, **SCOPES).mint_token(expiry_seconds=-120), 401),
    "broken signature": (lambda store: broken(store.session(PLAIN, **SCOPES).mint_token()), 401),
    "claims of another token": (lambda store: swapped(store), 401),
}


def broken(token: str) -> str:
    head, claims, signature = token.split(".")
    return f"{head}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def swapped(store) -> str:
    head, _, signature = store.session(PLAIN, **SCOPES).mint_token([READ]).split(".")
    return f"{head}.{store.session(PLAIN, **SCOPES).mint_token().split('.')[1]}.{signature}"


@pytest.mark.parametrize("case", BAD_TOKENS)
def test_bad_token_is_refused_for_every_operation(store, case):
    make, status = BAD_TOKENS[case]
    session = with_token(store, make(store))
    assert {name: status_of(lambda: run(session)) for name, (_, run) in OPERATIONS.items()} == dict.fromkeys(
        OPERATIONS, status
    )


GRANTS = [[], [READ], [WRITE], [DELETE], [READ, WRITE], [READ, WRITE, DELETE]]


@pytest.mark.parametrize("granted", GRANTS, ids=lambda granted: "+".join(granted) or "none")
def test_operation_needs_its_permission(store, session, granted):
    limited = with_token(store, store.secret(permissions=granted))
    for name, (needed, run) in OPERATIONS.items():
        assert status_of(lambda: run(limited)) == (None if needed in granted else 403), name


def test_minted_token_works_for_its_scope_alone(store):
    owner = store.session(PLAIN, **SCOPES)
    owner.put(BODY, key="k")
    token = owner.mint_token([READ], expiry_seconds=600)
    assert read(with_token(store, token), "k") == BODY
    assert status_of(lambda: with_token(store, token).put(b"", key="k")) == 403
    elsewhere = {
        "other value": ({"org": 18, "project": 42}, PLAIN, 403),
        "further scope": ({**SCOPES, "team": 1}, PLAIN, 403),
        "other usecase": (SCOPES, Usecase("other"), 403),
        "scope above": ({"org": 17}, PLAIN, None),
        "other order": ({"project": 42, "org": 17}, PLAIN, None),
    }
    for name, (scopes, usecase, status) in elsewhere.items():
        assert status_of(lambda: with_token(store, token, usecase, **scopes).get("k")) == status, name


def test_token_is_minted_within_what_the_key_may(store):
    reader = with_token(store, store.secret(permissions=[READ]))
    with pytest.raises(ValueError):
        reader.mint_token([WRITE])
    with pytest.raises(ValueError):
        with_token(store, "static").mint_token()


ODD_KEYS = ["plain.txt", "dir/é %?#/.;&=+'.txt", "😀 100%", "%2F"]


def test_object_url_carries_a_token_that_reads(store):
    session = store.session(PLAIN)
    for key in ODD_KEYS:
        session.put(BODY, key=key)
        url = session.object_url(key, token_validity=timedelta(minutes=1))
        assert fetch(url).body == BODY
        assert fetch(url, "HEAD").status == 204
        assert [fetch(url, method).status for method in ("PUT", "DELETE")] == [403, 403]
        assert fetch(session.object_url(key)).status == 400
        assert fetch(session.object_url(key, token_validity=timedelta(minutes=-2))).status == 401


def test_presigned_url_reads_its_object_alone(store):
    session = store.session(PLAIN)
    for key in ODD_KEYS:
        session.put(BODY, key=key, filename='a"b.txt')
        for signed in ("GET", "HEAD"):
            url = session.presigned_object_url(signed, key)
            answer = fetch(url)
            assert (answer.status, answer.body) == (200, BODY)
            assert answer.headers["content-disposition"] == 'attachment; filename="a\\"b.txt"'
            assert fetch(url, "HEAD").status == 204
            assert [fetch(url, method).status for method in ("PUT", "DELETE")] == [403, 403]
        assert read(session, key) == BODY
        assert fetch(url.replace("os_duration=3600", "os_duration=7200")).status == 401
        assert fetch(url.replace("/v1/objects/attachments/", "/v1/objects/attachment/")).status == 401
        assert fetch(url + "&more=1").status == 401
        assert fetch(url.replace("os_timestamp", "os_time")).status == 400
    assert fetch(session.presigned_object_url("GET", "missing")).status == 404


def test_presigned_url_serves_large_objects_and_ranges_like_any_request(store, session):
    body = noise(3 * MIB)
    session.put(body, key="large")
    url = session.presigned_object_url("GET", "large", timedelta(days=7))
    assert fetch(url).body == body
    target = url.removeprefix(store.server.url)
    part = store.server.request("GET", target, headers={"Range": "bytes=1000-1999"})
    assert (part.status, part.body) == (206, body[1000:2000])


def test_presigned_url_of_another_key_or_out_of_its_time_is_refused(store, session):
    stranger = with_token(store, BAD_TOKENS["another private key"][0](store))
    assert fetch(stranger.presigned_object_url("GET", "k")).status == 401
    unknown = with_token(store, SecretKey("unknown", store.private_key))
    assert fetch(unknown.presigned_object_url("GET", "k")).status == 401
    url = session.presigned_object_url("GET", "k")
    for moment in ("2026-04-20T13:37:00Z", "2096-04-20T13:37:00Z"):
        assert fetch(signed_again(store, url, moment, 3600)).status == 401
    assert fetch(signed_again(store, url, "2026-04-20T13:37:00Z", 604801)).status == 400
    with pytest.raises(ValueError):
        session.presigned_object_url("GET", "k", timedelta(days=8))
    with pytest.raises(ValueError):
        session.presigned_object_url("PUT", "k")


def signed_again(store, url: str, moment: str, duration: int) -> str:
    """The URL with another time, signed by the store's key."""
    path = url.removeprefix(store.server.url).partition("?")[0]
    query = f"os_kid={store.kid}&os_timestamp={moment}&os_duration={duration}"
    signature = store.secret().signature_for_canonical_form(build_canonical_form("GET", path, query))
    return f"{store.server.url}{path}?{query}&os_sig={signature}"


# Below: the vectors of the interface's description, by a key that has no other use.

SEED = bytes.fromhex("e0576bb998fabb8851820418237a2e4087398e948ec3d1ebe9f6b2eb36262c4c")
VECTOR_KEY = Ed25519PrivateKey.from_private_bytes(SEED)
VECTOR_KID = "relay"
OBJECT_KEY = "reports/café #1.txt"
PATH = "/v1/objects/attachments/org=17;project=42/reports/caf%C3%A9%20%231.txt"
V1_QUERY = "os_kid=relay&os_timestamp=2026-04-20T13:37:00Z&os_duration=3600"
V1_SIGNATURE = "PIsVchNv0b_EpiPvdz8dbDiTvHL4N4Gf4uF3U9J3iTMtP8UcQY6eufhNvMynBuJpa_d0ynHXPCqaEvyf1BSTBA"
V2_QUERY = "OS_KID=relay&z=1&Z=0&flag&os_timestamp=2026-04-20T13:37:00Z&os_duration=3600"
V2_SIGNATURE = "OgH1qfLc0ndFaH-QazCGx7Cmf2Lkv0UF4Mc-42G0lqo-pg7RCBkoz_sXP-JVMT6_bXxR71IEl_y-VBKszIZICw"
CANONICAL = {
    "V1": ("GET", V1_QUERY, "24c08180b30701ca250e5339d3a8c02c290363fee2e67f2e153499614f83a90a", V1_SIGNATURE),
    "V2": ("HEAD", V2_QUERY, "00b54d1e63d174a15ece1b8986bcab65f03c0b9da05bf740fb3dff85bf1f7dea", V2_SIGNATURE),
}
V3_TOKEN = (
    "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6InJlbGF5In0.eyJleHAiOjQxMDI0NDQ4MDAsImlzcyI6InJlbGF5Iiwi"
    "YXVkIjoib2JqZWN0c3RvcmUiLCJyZXMiOnsib3M6dXNlY2FzZSI6ImF0dGFjaG1lbnRzIiwib3JnIjoiMTciLCJwcm9qZWN0Ijoi"
    "KiJ9LCJwZXJtaXNzaW9ucyI6WyJvYmplY3QucmVhZCIsIm9iamVjdC53cml0ZSJdfQ.ny82IuOuG6IFz4a1s4is0Ir6GU9BQ1fg6"
    "fbzmu_MeY7y8ytpuNzMp0Q7-OZwLpvv1dJUuxlZm0PeauKgtotuAw"
)


@pytest.fixture(scope="module")
def vector_store(tmp_path_factory):
    with contextlib.closing(Embedded(tmp_path_factory.mktemp("vectors"), VECTOR_KEY, VECTOR_KID)) as started:
        yield started


@pytest.mark.parametrize("vector", CANONICAL)
def test_client_signs_the_vectors_as_the_contract_says(vector):
    method, query, digest, signature = CANONICAL[vector]
    path = encode_path(f"/v1/objects/attachments/org=17;project=42/{OBJECT_KEY}")
    assert path == PATH
    assert encode_query(query) == query
    canonical = build_canonical_form(method, path, query)
    assert hashlib.sha256(canonical.encode()).hexdigest() == digest
    key = SecretKey(VECTOR_KID, private_pem(VECTOR_KEY))
    assert key.signature_for_canonical_form(canonical) == signature


def test_server_verifies_what_the_vector_key_signs(vector_store):
    session = vector_store.session(PLAIN, **SCOPES)
    assert session.put(BODY, key=OBJECT_KEY) == OBJECT_KEY
    assert read(session, OBJECT_KEY) == BODY
    url = session.presigned_object_url("GET", OBJECT_KEY)
    assert re.fullmatch(re.escape(vector_store.server.url + PATH) + r"\?os_kid=relay&os_timestamp=.*", url)
    assert fetch(url).body == BODY
    # Well signed, but its hour is over; and a name in capitals is none of the parameters.
    url = vector_store.server.url + PATH
    expired = fetch(f"{url}?{V1_QUERY}&os_sig={V1_SIGNATURE}")
    assert (expired.status, b"failed to verify token" in expired.body) == (401, True)
    assert fetch(f"{url}?{V2_QUERY}&os_sig={V2_SIGNATURE}", "HEAD").status == 400


def test_server_takes_the_token_of_the_contract(vector_store):
    assert jwt.decode(V3_TOKEN, VECTOR_KEY.public_key(), ["EdDSA"], audience="objectstore", issuer="relay")
    for project in (42, "any"):
        session = with_token(vector_store, V3_TOKEN, org=17, project=project)
        session.put(BODY, key="k")
        assert read(session, "k") == BODY
        assert status_of(lambda: session.delete("k")) == 403
    assert status_of(lambda: with_token(vector_store, V3_TOKEN, org=17).put(BODY)) is None
    assert status_of(lambda: with_token(vector_store, V3_TOKEN, org=18, project=42).get("k")) == 403
    assert status_of(lambda: with_token(vector_store, V3_TOKEN, Usecase("other")).get("k")) == 403
