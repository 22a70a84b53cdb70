"""Options of the published Python client that change how it talks to the server."""
import io
import os

import pytest
import urllib3
from bigtable import Proxy
from clients import KIB, MIB, PATIENT, PLAIN, STORES, OneWay, noise, read, running
from harness import free_port
from objectstore_client import NoOpMetricsBackend, Usecase

LARGE = noise(2 * MIB)


@pytest.fixture(scope="module", params=STORES)
def store(request, tmp_path_factory):
    with running(request.param, tmp_path_factory.mktemp("clients")) as started:
        yield started


@pytest.fixture
def proxy(store):
    proxy = Proxy(store.server.port)
    yield proxy
    proxy.close()


class Metrics(NoOpMetricsBackend):
    """Names, values and tags of what the client measured."""

    def __init__(self):
        self.measured = []

    def distribution(self, name, value, tags=None, unit=None):
        self.measured.append((name, value, tags))

    def values(self, name, **tags) -> list:
        wanted = tags.items()
        return [value for n, value, tagged in self.measured if n == name and wanted <= (tagged or {}).items()]


@pytest.fixture
def metrics():
    return Metrics()


def test_metrics_tell_what_was_done(store, metrics):
    session = store.session(Usecase("attachments", compression="zstd"), store.client(metrics_backend=metrics))
    body = b"compressible " * 1000
    key = session.put(body)
    read(session, key)
    session.delete(key)
    stored = metrics.values("storage.put.size", compression="zstd", usecase="attachments")
    assert len(stored) == 1 and 0 < stored[0] < len(body) / 10
    for operation in ("put", "get", "delete"):
        assert len(metrics.values(f"storage.{operation}.latency", usecase="attachments")) == 1


RESUMABLE = {
    "bytes": (lambda: LARGE, "none"),
    "stream": (lambda: io.BytesIO(LARGE), "none"),
    "compressed bytes": (lambda: LARGE, "zstd"),
    "compressed stream": (lambda: io.BytesIO(LARGE), "zstd"),
}


@pytest.mark.parametrize("kind", RESUMABLE)
def test_resumable_upload_becomes_a_plain_one(store, metrics, tmp_path, kind):
    contents, compress = RESUMABLE[kind]
    session = store.session(client=store.client(metrics_backend=metrics, spool_dir=tmp_path))
    session.put(b"before", key="k")
    key = session.put(contents(), key="k", compress=compress, resumable_threshold_bytes=64 * KIB)
    assert (key, read(session, "k")) == ("k", LARGE)
    generated = session.put(contents(), compress=compress, resumable_threshold_bytes=64 * KIB)
    assert read(session, generated) == LARGE
    assert len(metrics.values("storage.resumable.create.latency")) == 2
    assert os.listdir(tmp_path) == []


def test_resumable_upload_is_tried_from_its_threshold_on(store, metrics):
    usecase = Usecase("attachments", compression="none", resumable_threshold_bytes=1000)
    session = store.session(usecase, store.client(metrics_backend=metrics))
    cases = ((b"x" * 999, {}, 0), (b"x" * 1000, {}, 1), (b"x" * 1000, {"resumable_threshold_bytes": "none"}, 0))
    for body, options, tried in (*cases, (OneWay(b"x" * 5000), {}, 0)):
        metrics.measured.clear()
        assert session.get(session.put(body, **options)).metadata.size >= 999
        assert len(metrics.values("storage.resumable.create.latency")) == tried


def test_server_that_has_no_resumable_uploads_stores_nothing_for_one(store):
    session = store.session(PLAIN)
    path = session.object_url("k").removeprefix(store.server.url)
    headers = {"X-Os-Auth": f"Bearer {session.mint_token()}", "Upload-Length": "1000"}
    assert store.server.request("PUT", f"{path}?upload_type=resumable", headers=headers).status == 501
    assert session.get("k") is None


def test_client_waits_no_longer_than_its_timeout(store, proxy):
    client = store.client(url=f"http://127.0.0.1:{proxy.port}", timeout_ms=300, connection_kwargs=None)
    patient = store.client(url=f"http://127.0.0.1:{proxy.port}", connection_kwargs=PATIENT)
    scopes = {"scope": "timeouts"}
    session = store.session(PLAIN, client, **scopes)
    proxy.delay_s = 1
    with pytest.raises(urllib3.exceptions.HTTPError, match="Read timed out"):
        session.get("missing")
    assert store.session(PLAIN, patient, **scopes).get("missing") is None


@pytest.mark.parametrize("retries", [0, None])
def test_server_that_is_away_is_an_error(store, retries):
    session = store.session(PLAIN, store.client(url=f"http://127.0.0.1:{free_port()}", retries=retries))
    with pytest.raises(urllib3.exceptions.HTTPError):
        session.get("k")


def test_connections_that_were_cut_are_opened_again(store, proxy):
    session = store.session(PLAIN, store.client(url=f"http://127.0.0.1:{proxy.port}"))
    for number in range(5):
        body = noise(1000, number)
        session.put(body, key="k")
        proxy.cut()
        assert read(session, "k") == body
        proxy.cut()


def test_headers_of_the_caller_are_no_obstacle(store):
    headers = {"User-Agent": "tests/1.0", "x-downstream-service": "tests-6d8f9c7b5d-x2x4z"}
    with pytest.deprecated_call():
        client = store.client(connection_kwargs={**PATIENT, "headers": headers}, propagate_traces=True)
    session = store.session(PLAIN, client)
    assert read(session, session.put(LARGE)) == LARGE
