"""Keys, scopes and usecases by which the published Python client names objects, on each kind of storage."""
import pytest
from clients import PLAIN, STORES, read, running, status_of
from objectstore_client import Usecase

BODY = b"0123456789"


@pytest.fixture(scope="module", params=STORES)
def store(request, tmp_path_factory):
    with running(request.param, tmp_path_factory.mktemp("clients")) as started:
        yield started


@pytest.fixture
def session(store):
    return store.session()


KEYS = [
    "plain", "a/b/c.txt", "blank s", "%", "100%", "%2F", "%41", "a?b=c&d#e", "a;b=1", "a+b", "'()*$!@:,",
    "back\\slash", "quote\"", "é ☃ 😀", "e\u0301", "\u202e", "tab\tkey", "\x01\x7f", "~", "_", "..a", "a..", "k" * 255,
]  # fmt: skip

# By what is special about them; a storage that doesn't refuse a kind takes it like any other.
REFUSED_KEYS = {
    "nul": ["\0", "a\0b"],
    "line break": ["a\nb", "\r"],
    "no path": ["..", ".", "../up", "./here", "a/../b", "/leading", "trailing/", "double//slash"],
    "too long for a file name": ["k" * 256, "k" * 900],
}


def check_key(session, key):
    body = b"of " + key.encode()
    assert session.put(body, key=key) == key
    assert read(session, key) == body
    assert session.head(key) is not None
    session.delete(key)
    assert session.get(key) is None


def test_keys_of_any_characters_name_their_objects(session):
    for key in KEYS:
        check_key(session, key)
    for key in KEYS:
        session.put(key.encode(), key=key)
    for key in KEYS:
        assert read(session, key) == key.encode(), key


@pytest.mark.parametrize("kind", REFUSED_KEYS)
def test_keys_that_a_storage_has_no_name_for_are_refused(store, session, kind):
    for key in REFUSED_KEYS[kind]:
        if kind in store.refuses:
            assert status_of(lambda: session.put(BODY, key=key)) == 400, key
        else:
            check_key(session, key)


SCOPES = [
    {"org": 17},
    {"org": 18},
    {"org": 17, "project": 42},
    {"project": 42, "org": 17},
    {"org": 17, "flag": True},
    {"org": "A-Za_z0-9()$!+'", "p(1)": "x"},
    {},
]


def test_scopes_and_usecases_keep_objects_apart(store):
    client = store.client()
    sessions = [client.session(Usecase(name), **scopes) for name in ("first", "2nd_Use-case") for scopes in SCOPES]
    for number, session in enumerate(sessions):
        assert session.get("same") is None
        session.put(b"%d" % number, key="same")
    for number, session in enumerate(sessions):
        assert read(session, "same") == b"%d" % number
        session.delete("same")
        assert session.get("same") is None
    # A number and a boolean are what their text is.
    client.session(PLAIN, org=7, flag=True).put(BODY, key="k")
    assert read(client.session(PLAIN, org="7", flag="True"), "k") == BODY
