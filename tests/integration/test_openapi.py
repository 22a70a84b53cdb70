"""docs/openapi.yaml and the server say the same."""
import copy
import re

import pytest
import yaml
from hypothesis.configuration import set_hypothesis_home_dir

from credentials import Key
from description import Excuse, compare
from harness import ROOT, Server

PATH = ROOT / "docs/openapi.yaml"
DOCUMENT = yaml.safe_load(PATH.read_text(encoding="utf-8"))
METHODS = ("get", "head", "put", "post", "delete", "patch", "options", "trace")
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}
EXAMPLES = 30

UNKNOWN_UPLOAD = r'400 \{"detail":"service error: invalid upload_id: '
NO_SCHEMA = "which ids the server has given out, a schema can't tell"
EXCUSES = [
    Excuse("uploadPart", "positive_data_acceptance", UNKNOWN_UPLOAD, NO_SCHEMA),
    Excuse(
        "uploadPart",
        "positive_data_acceptance",
        r'400 \{"detail":"client error: BadDigest: ',
        "a sum that was made up is not that of the body",
    ),
    Excuse("listParts", "positive_data_acceptance", UNKNOWN_UPLOAD, NO_SCHEMA),
    Excuse("abortUpload", "positive_data_acceptance", UNKNOWN_UPLOAD, NO_SCHEMA),
    Excuse(
        "completeUpload",
        "negative_data_rejection",
        r'200 +\{"error":.*(invalid upload_id: |usecase must not )',
        "what the store refuses is in the body: the status is sent before that is known",
    ),
    Excuse("batch", "negative_data_rejection", r"200 --os-boundary-", "each part is answered by itself"),
    Excuse(
        "getObject",
        "positive_data_acceptance",
        r'416 |400 \{"detail":"client error: invalid Range header: ',
        "a schema can't tell which of two numbers is larger, nor how large the object is",
    ),
]


@pytest.fixture(scope="module", autouse=True)
def hypothesis_home(tmp_path_factory):
    """Its caches go where they are removed."""
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    """A server that asks for no credentials."""
    server = Server(tmp_path_factory.mktemp("described"))
    yield server.start()
    server.close()


@pytest.fixture(scope="module")
def comparison(open_server):
    return compare(DOCUMENT, open_server.url, EXAMPLES)


def report(failures) -> str:
    return "\n\n".join(f"{f.check}: {f.request}\n{f.answer}\n{f.text}" for f in failures[:5])


def test_the_document_is_served_as_it_is(open_server):
    answer = open_server.request("GET", "/openapi.yaml")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.body == PATH.read_bytes()


def test_the_comparison_has_no_errors_of_its_own(comparison, open_server):
    assert comparison.errors == []
    assert open_server.process.poll() is None, open_server.log()[-2000:]
    assert '"level":"ERROR"' not in open_server.log()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_as_described(comparison, operation):
    method, path, _ = OPERATIONS[operation]
    # Pages have nothing to vary but the method.
    fewest = EXAMPLES if "{" in path else 3
    assert comparison.statuses[operation].total() >= fewest
    assert any(status < 300 for status in comparison.statuses[operation]), "no request was ever good"
    problems = comparison.problems(operation, EXCUSES)
    assert not problems, f"{method} {path}: {len(problems)} problems\n\n{report(problems)}"


def test_fuzzed_requests_are_good_and_bad(comparison):
    for operation, fewest in (("insertObject", 10), ("putObject", 10), ("initiateUpload", 10), ("uploadPart", 1)):
        statuses = comparison.statuses[operation]
        assert sum(n for status, n in statuses.items() if status < 300) >= fewest, (operation, statuses)
        assert sum(n for status, n in statuses.items() if 400 <= status < 500) >= 10, (operation, statuses)


def responses_of(document, path, method):
    return document["paths"][path][method]["responses"]


OBJECT = "/v1/objects/{usecase}/{scopes}/{key}"
COLLECTION = "/v1/objects/{usecase}/{scopes}"


def forget_a_status(document):
    del responses_of(document, OBJECT, "delete")["204"]


def promise_another_type(document):
    responses_of(document, OBJECT, "put")["200"] = {
        "description": "", "content": {"text/plain": {"schema": {"type": "string"}}}
    }


def promise_another_shape(document):
    responses_of(document, COLLECTION, "post")["201"] = {
        "description": "",
        "content": {"application/json": {"schema": {"type": "object", "required": ["etag"]}}},
    }


def promise_another_header(document):
    document["paths"]["/health"]["get"]["responses"]["200"]["headers"] = {
        "server": {"required": True, "schema": {"type": "string", "pattern": "^teapot$"}}
    }


def forget_a_method(document):
    del document["paths"][OBJECT]["put"]


def promise_stricter_keys(document):
    document["components"]["parameters"]["key"]["schema"]["pattern"] = "^[a-z]$"


def promise_any_scopes(document):
    document["components"]["parameters"]["scopes"]["schema"] = {"type": "string", "minLength": 1}


MISTAKES = [
    (forget_a_status, "deleteObject", "status_code_conformance"),
    (promise_another_type, "putObject", "content_type_conformance"),
    (promise_another_shape, "insertObject", "response_schema_conformance"),
    (promise_another_header, "health", "response_headers_conformance"),
    (forget_a_method, "deleteObject", "unsupported_method"),
    (promise_stricter_keys, "deleteObject", "negative_data_rejection"),
    (promise_any_scopes, "deleteObject", "positive_data_acceptance"),
]


@pytest.mark.parametrize("mistake, operation, check", MISTAKES, ids=[m[0].__name__ for m in MISTAKES])
def test_a_wrong_document_is_found_wrong(open_server, mistake, operation, check):
    wrong = copy.deepcopy(DOCUMENT)
    mistake(wrong)
    found = compare(wrong, open_server.url, 10, operation, phases=("coverage", "fuzzing"))
    assert check in {failure.check for failure in found.problems(operation, EXCUSES)}


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory):
    """A server that asks for credentials, and a key that it knows."""
    folder = tmp_path_factory.mktemp("guarded")
    key = Key("tests")
    key.write_public(folder / "key.pem")
    server = Server(
        folder,
        OS__AUTH__ENFORCE="true",
        OS__AUTH__KEYS='{tests={key_files=["key.pem"],max_permissions=["object.read"]}}',
    )
    yield server.start(), key
    server.close()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_asks_for_credentials_as_described(guarded_server, operation):
    server, key = guarded_server
    method, path, described = OPERATIONS[operation]
    target = re.sub(r"\{(\w+)\}", lambda name: DOCUMENT["components"]["parameters"][name[1]]["example"], path)
    target += "?upload_id=x&part_number=1"
    allowed = key.token("attachments", {"org": "*", "project": "*"}, ["object.read"])
    if described.get("security") == []:
        assert server.request(method, target).status == 200
        return
    for header, status in (
        ({}, 400),
        ({"x-os-auth": "Bearer nonsense"}, 401),
        ({"authorization": f"Bearer {Key('tests').token('attachments', {})}"}, 401),
        ({"x-os-auth": f"Bearer {allowed}"}, None),
    ):
        answer = server.request(method, target, headers=header)
        assert str(answer.status) in described["responses"], answer
        assert answer.status == status if status else answer.status not in (400, 401) or "upload" in target
        if status and method != "HEAD":
            assert answer.json()["detail"].startswith("auth error: ")
    presigned = server.request(method, key.presign(method, target))
    if {"presigned": []} in described.get("security", DOCUMENT["security"]):
        assert presigned.status == 404
    elif method == "GET":
        assert presigned.status in (400, 403)
    else:
        assert presigned.status == 403
