"""Credentials at the whole server: what the configured keys allow, and how keys are exchanged."""
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import exposition
import form_data
import server_log
from credentials import ALL, Key
from form_data import operation
from harness import Server, free_port, object_path, run_cli, wait_until

OWN = ("tests", {"org": "1"})  # what object_path() names


def config(enforce=True, **kids) -> str:
    """Each kid with its key files and its max_permissions (None: not mentioned)."""
    lines = [f"auth:\n  enforce: {str(enforce).lower()}\n  keys:\n"]
    for kid, (files, permissions) in kids.items():
        lines.append(f"    {kid}:\n      key_files: [{', '.join(files)}]\n")
        if permissions is not None:
            lines.append(f"      max_permissions: [{', '.join(permissions)}]\n")
    return "".join(lines)


def server_with(folder, text: str, **environment) -> Server:
    return Server(folder, text, OS__AUTH__ENFORCE="true" if "enforce: true" in text else "false", **environment)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Keys by name, and a running server that knows all but `stranger`."""
    folder = tmp_path_factory.mktemp("auth")
    made = {
        "old": Key("many"), "new": Key("many"), "stranger": Key("many"),
        "reader": Key("reader"), "nothing": Key("nothing"), "files_gone": Key("empty"),
    }
    for name, key in made.items():
        key.write_public(folder / f"{name}.pem")
    text = config(
        many=(["old.pem", "new.pem"], ALL),
        reader=(["reader.pem"], ["object.read"]),
        nothing=(["nothing.pem"], None),
        empty=([], ALL),
    )
    server = server_with(folder, text).start()
    assert server.put("k", b"value", made["old"].header(*OWN)).status == 200
    yield made, server
    server.close()


BATCH = {"content-type": "multipart/form-data; boundary=B"}
# (key, its claims, method, target, status)
PERMISSIONS = {
    "an old version signs": ("old", {}, "GET", object_path("k"), 200),
    "a new version signs": ("new", {}, "GET", object_path("k"), 200),
    "another key under the same kid": ("stranger", {}, "GET", object_path("k"), 401),
    "a kid without files": ("files_gone", {}, "GET", object_path("k"), 401),
    "a reader reads": ("reader", {}, "GET", object_path("k"), 200),
    "a reader looks": ("reader", {}, "HEAD", object_path("k"), 204),
    "a reader can't write, whatever the token says": ("reader", {}, "PUT", object_path("w"), 403),
    "a reader can't delete": ("reader", {}, "DELETE", object_path("k"), 403),
    "a key without permissions": ("nothing", {}, "GET", object_path("k"), 403),
    "a token without permissions": ("old", {"permissions": []}, "GET", object_path("k"), 403),
    "a token that only writes": ("old", {"permissions": ["object.write"]}, "GET", object_path("k"), 403),
    "another usecase": ("old", {}, "GET", object_path("k", usecase="other"), 403),
    "another scope": ("old", {}, "GET", object_path("k", scopes="org=2"), 403),
    "one scope more": ("old", {}, "GET", object_path("k", scopes="org=1;project=2"), 403),
    "no scope needs the usecase alone": ("old", {}, "GET", object_path("k", scopes="_"), 404),
    "expired": ("old", {"lasts_s": -61 - 5}, "GET", object_path("k"), 401),
    "expired a moment ago": ("old", {"lasts_s": -30}, "GET", object_path("k"), 200),
    "of another issuer": ("old", {"iss": "somebody"}, "GET", object_path("k"), 401),
    "for another audience": ("old", {"aud": ["elsewhere"]}, "GET", object_path("k"), 401),
    "for this audience too": ("old", {"aud": ["else", "objectstore"], "iss": "relay"}, "GET", object_path("k"), 200),
    "an unknown permission": ("old", {"permissions": ["object.read", "object.fly"]}, "GET", object_path("k"), 401),
}


@pytest.mark.parametrize("case", PERMISSIONS)
def test_a_token_allows(keys, case):
    made, server = keys
    name, claims, method, target, status = PERMISSIONS[case]
    answer = server.request(method, target, headers=made[name].header(*OWN, **claims))
    assert answer.status == status, answer
    if status in (401, 403):
        error = answer.json()
        assert error["detail"] == "auth error: " + error["causes"][0]


def test_a_wildcard_scope_has_any_value(keys):
    made, server = keys
    header = made["old"].header("tests", {"org": "1", "project": "*"})
    for scopes, status in (("org=1;project=7", 404), ("project=x;org=1", 404), ("org=2;project=7", 403)):
        assert server.request("GET", object_path("k", scopes=scopes), headers=header).status == status


def test_where_a_token_is_looked_for(keys):
    made, server = keys
    good, bad = made["old"].token(*OWN), made["stranger"].token(*OWN)
    path = object_path("k")
    for target, headers, status in (
        (path, {"x-os-auth": f"Bearer {good}"}, 200),
        (path, {"authorization": f"bEARER {good}"}, 200),
        (path, {"x-os-auth": f"Bearer {good}", "authorization": f"Bearer {bad}"}, 200),
        (path, {"x-os-auth": f"Bearer {bad}", "authorization": f"Bearer {good}"}, 401),
        (path, {"x-os-auth": "Basic x", "authorization": f"Bearer {good}"}, 400),
        (f"{path}?os_auth={good}", {"x-os-auth": "Basic x"}, 200),
        (f"{path}?os_auth={good}", {"x-os-auth": f"Bearer {bad}"}, 401),
        (f"{path}?os_auth={good}&os_auth={good}", {}, 400),
        (f"{path}?os_auth=", {}, 401),
        (path, {}, 400),
    ):
        assert server.request("GET", target, headers=headers).status == status, (target, headers)


def test_presigned_urls_read_and_nothing_else(keys):
    made, server = keys
    path = object_path("k")
    assert server.request("GET", made["old"].presign("GET", path)).body == b"value"
    assert server.request("HEAD", made["new"].presign("GET", path)).status == 204
    assert server.request("GET", made["reader"].presign("GET", path + "?x=1&A=2")).status == 200
    assert server.request("GET", made["nothing"].presign("GET", path)).status == 403
    assert server.request("GET", made["stranger"].presign("GET", path)).status == 401
    assert server.request("GET", made["old"].presign("GET", object_path("other")).replace("other", "k")).status == 401
    assert server.request("GET", made["old"].presign("GET", path) + "&more=1").status == 401
    assert server.request("GET", made["old"].presign("GET", path, lasts_s=604_801)).status == 400
    assert server.request("PUT", made["old"].presign("PUT", path), b"x").status == 403
    # A token beside a signature is not looked at.
    spoiled = made["stranger"].presign("GET", path)
    assert server.request("GET", spoiled, headers=made["old"].header(*OWN)).status == 401


def test_operations_of_a_batch_are_allowed_each_by_itself(keys):
    made, server = keys
    kinds = {"get": "k", "insert": "w", "head": "k", "delete": "k"}
    operations = [operation(kind, key) for kind, key in kinds.items()]

    def statuses(name, **claims):
        parts = form_data.run(server, operations, made[name].header(*OWN, **claims))
        denied = {"detail": "auth error: operation not allowed", "causes": ["operation not allowed"]}
        assert all(part.json() == denied for part in parts if part.status == 403)
        return [part.status for part in parts]

    assert statuses("reader") == [200, 403, 204, 403]
    assert statuses("old", permissions=["object.write"]) == [403, 201, 403, 403]
    assert statuses("nothing") == [403] * 4
    answer = server.request("POST", form_data.target(), b"", made["stranger"].header(*OWN))
    assert answer.status == 401, "a bad credential is the whole request's"


def test_uploads_in_parts_need_the_permission_to_write(keys):
    made, server = keys
    reader, writer = made["reader"].header(*OWN), made["old"].header(*OWN)
    upload = server.request("PUT", "/v1/objects:multipart/tests/org=1/u", headers=writer).json()["upload_id"]
    parts = f"/v1/objects:multipart:parts/tests/org=1/u?upload_id={upload}"
    assert server.request("PUT", "/v1/objects:multipart/tests/org=1/u", headers=reader).status == 403
    assert server.request("PUT", parts + "&part_number=1", b"x", reader).status == 403
    assert server.request("GET", parts, headers=reader).status == 403
    assert server.request("GET", made["old"].presign("GET", parts)).status == 403
    abort = f"/v1/objects:multipart/tests/org=1/u?upload_id={upload}"
    assert server.request("DELETE", abort, headers=reader).status == 403
    complete = f"/v1/objects:multipart:complete/tests/org=1/u?upload_id={upload}"
    answer = server.request("POST", complete, b'{"parts":[]}', {**reader, "content-type": "application/json"})
    assert answer.status == 200
    assert answer.json() == {"error": {"code": "internal error", "message": "auth error: operation not allowed"}}


def test_pages_of_the_process_need_no_credential(keys):
    _, server = keys
    for page in ("/health", "/ready", "/keda", "/metrics", "/openapi.yaml"):
        assert server.request("GET", page).status == 200


def test_keys_are_exchanged_while_the_server_runs(tmp_path):
    old, new, newest = Key("k"), Key("k"), Key("k")
    old.write_public(tmp_path / "key.pem")
    server = server_with(tmp_path, config(k=(["key.pem"], ALL))).start()

    def replace(content: bytes):
        (tmp_path / "key.next").write_bytes(content)
        (tmp_path / "key.next").rename(tmp_path / "key.pem")

    def status(key):
        return server.get("k", key.header(*OWN)).status

    try:
        kept = old.header(*OWN)  # a token that the server has verified before
        assert server.put("k", b"v", kept).status == 200 and status(new) == 401

        replace(new.public_pem)
        wait_until(lambda: status(new) == 200, server_log.TAKEN_OVER_WITHIN_S, "new key in use")
        assert status(old) == 401
        assert server.get("k", kept).status == 401, "what was verified by the old key is still believed"

        replace(newest.private_pem)
        lines = server_log.wait_for(server, "changed files are bad", what="auth keys")
        assert lines[0]["level"] == "ERROR"
        assert "key.pem" in lines[0]["fields"]["error"]
        assert "PRIVATE" not in server.log()
        assert status(new) == 200 and status(old) == 401

        replace(newest.public_pem)
        wait_until(lambda: status(newest) == 200, server_log.TAKEN_OVER_WITHIN_S, "repaired key in use")
        assert status(new) == 401
    finally:
        server.close()


def test_without_enforcement_failures_are_told_and_pass(tmp_path):
    key = Key("k")
    key.write_public(tmp_path / "key.pem")
    server = server_with(tmp_path, config(enforce=False, k=(["key.pem"], ["object.read"]))).start()
    try:
        assert server.put("k", b"v").status == 200
        assert server.put("k", b"v", {"x-os-auth": "Bearer nonsense"}).status == 200
        assert server.put("k", b"v", Key("other").header(*OWN)).status == 200
        assert server.put("k", b"v", key.header(*OWN)).status == 200  # the key may only read
        assert server.request("PUT", key.presign("PUT", object_path("k")), b"w").status == 200
        assert server.get("k", key.header(*OWN)).body == b"w"
        lines = server_log.find(server, "bad credential, not enforced")
        assert [line["fields"]["code"] for line in lines] == [
            "bad_request", "validation_failure", "unknown_key", "unsupported_presigned_method"
        ]
        assert {line["level"] for line in lines} == {"WARN"}
        assert len(server_log.find(server, "operation without permission, not enforced")) == 1
        failures = exposition.parse(server.request("GET", "/metrics").body.decode())["objectstore_auth_failures_total"]
        assert failures.value() == 5 and failures.value(code="not_permitted") == 1
    finally:
        server.close()


def rsa_pem() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


# (content of key.pem or None, what is said besides the file's name)
BAD_KEY_FILES = {
    "missing": (None, "reading key from"),
    "private": (Key("k").private_pem, "key from"),
    "rsa": (rsa_pem(), "key from"),
}


@pytest.mark.parametrize("case, enforce", [*((case, True) for case in BAD_KEY_FILES), ("private", False)])
def test_a_bad_key_file_ends_the_start(tmp_path, case, enforce):
    content, said = BAD_KEY_FILES[case]
    if content is not None:
        (tmp_path / "key.pem").write_bytes(content)
    (tmp_path / "c.yaml").write_text(config(enforce, k=(["key.pem"], ALL)))
    done = run_cli("-c", "c.yaml", "run", cwd=tmp_path, OS__HTTP_ADDR=f"127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert said in done.stderr and "key.pem" in done.stderr
    assert "PRIVATE" not in done.stderr
