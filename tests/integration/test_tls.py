"""The listener with a certificate: served, exchanged while it runs, and refused where it is no good."""
import http.client
import ssl

import pytest

import server_log
from certificates import Certificate
from harness import Server, exchange, free_port, object_path, run_cli, wait_until

CONFIG = "http: {tls: {cert_file: cert.pem, key_file: key.pem}}\n"
MIB = 1 << 20


class TlsServer(Server):
    """As Server, but it is asked over TLS, and the certificate it must show can be changed."""

    def __init__(self, folder, certificate: Certificate):
        super().__init__(folder, CONFIG)
        self.trust(certificate)
        certificate.write(self.folder)

    def trust(self, certificate: Certificate):
        self.context = ssl.create_default_context(cadata=certificate.pem.decode())

    def connect(self, timeout: float = 60):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.context)
        connection.connect()
        return connection

    def shown_certificate(self) -> bytes:
        connection = self.connect()
        try:
            return connection.sock.getpeercert(binary_form=True)
        finally:
            connection.close()

    def healthcheck(self):
        return run_cli("-c", "config.yaml", "healthcheck", cwd=self.folder, OS__AUTH__ENFORCE="false",
                       OS__HTTP_ADDR=f"127.0.0.1:{self.port}")


@pytest.fixture
def tls(tmp_path):
    certificate = Certificate("first")
    server = TlsServer(tmp_path / "tls", certificate)
    yield server.start(), certificate
    server.close()


def test_objects_over_tls(tls):
    server, certificate = tls
    assert server.shown_certificate() == certificate.der
    connection = server.connect()
    large = bytes(range(256)) * (5 * MIB // 256)
    for key, payload in (("empty", b""), ("small", b"hello"), ("large", large)):
        assert exchange(connection, "PUT", object_path(key), payload).status == 200
        assert exchange(connection, "GET", object_path(key)).body == payload
        assert exchange(connection, "HEAD", object_path(key)).headers["x-sn-size"] == str(len(payload))
    part = exchange(connection, "GET", object_path("large"), headers={"range": "bytes=1000000-1000009"})
    assert (part.status, part.body) == (206, large[1_000_000:1_000_010])
    assert connection.sock.version() in ("TLSv1.2", "TLSv1.3")
    connection.close()


def test_what_is_no_tls_is_not_answered(tls):
    server, _ = tls
    answer = server.raw(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert not answer.startswith(b"HTTP/")
    assert server.request("GET", "/health").status == 200


def test_the_certificate_is_exchanged_while_the_server_runs(tls):
    server, first = tls
    kept = server.connect()
    assert exchange(kept, "GET", "/health").status == 200

    second = Certificate("second")
    second.write(server.folder)
    server.trust(second)

    def shows_second():
        try:
            return server.shown_certificate() == second.der
        except ssl.SSLCertVerificationError:
            return False

    wait_until(shows_second, server_log.TAKEN_OVER_WITHIN_S, "the new certificate is shown")
    assert exchange(kept, "GET", "/health").status == 200, "open connections go on"
    assert kept.sock.getpeercert(binary_form=True) == first.der

    # A key that does not fit: half of an exchange that went wrong.
    (server.folder / "key.next").write_bytes(Certificate("other").key_pem)
    (server.folder / "key.next").rename(server.folder / "key.pem")
    line = server_log.wait_for(server, "changed files are bad", what="certificate")[0]
    assert line["level"] == "ERROR" and "does not fit" in line["fields"]["error"]
    assert "PRIVATE" not in server.log()
    assert shows_second()
    kept.close()


def test_healthcheck_asks_over_tls(tls):
    server, _ = tls
    done = server.healthcheck()
    assert done.returncode == 0, done.stderr
    assert server.stop() == 0
    assert server.healthcheck().returncode == 1


def test_a_stop_finishes_what_is_under_way(tls):
    server, _ = tls
    connection = server.connect()
    connection.putrequest("PUT", object_path("k"))
    connection.putheader("content-length", "10")
    connection.endheaders()
    connection.send(b"12345")
    idle = server.connect()
    server.process.terminate()
    server_log.wait_for(server, "stopping")
    connection.send(b"67890")
    answer = connection.getresponse()
    assert answer.status == 200 and answer.read() == b'{"key":"k"}'
    assert idle.sock.recv(1) == b""
    assert server.process.wait(20) == 0
    server.process = None
    server.start()
    assert server.get("k").body == b"1234567890"


OTHER = Certificate("other")
# What stands in the files instead (None: no file), and what is said of it.
BAD_FILES = {
    "no certificate": ({"cert.pem": None}, ["cert.pem"]),
    "a certificate for a key": ({"key.pem": OTHER.pem}, ["key.pem", "private key"]),
    "another certificate's key": ({"key.pem": OTHER.key_pem}, ["key.pem", "does not fit", "cert.pem"]),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_end_the_start(tmp_path, case):
    Certificate("own").write(tmp_path)
    files, said = BAD_FILES[case]
    for name, content in files.items():
        if content is None:
            (tmp_path / name).unlink()
        else:
            (tmp_path / name).write_bytes(content)
    (tmp_path / "c.yaml").write_text(CONFIG)
    done = run_cli("-c", "c.yaml", "run", cwd=tmp_path, OS__AUTH__ENFORCE="false",
                   OS__HTTP_ADDR=f"127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert all(word in done.stderr for word in ["http.tls", *said]), done.stderr
    assert "PRIVATE KEY-----" not in done.stderr
