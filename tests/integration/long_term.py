"""Places for blobs: a directory, and the servers that stand for Google Cloud Storage and S3."""
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import botocore.session
from botocore.config import Config as BotoConfig

from harness import ROOT, clean_environment, free_port, port_answers, wait_until

GCS_SERVER = Path(os.environ.get("OBJECTSTORE_GCS_SERVER") or ROOT / "build/go/bin/fake-gcs-server")
GCS_FAKE = ROOT / "tests/tools/gcs_xml"
S3_SERVER = Path(os.environ.get("OBJECTSTORE_S3_SERVER") or ROOT / "build/go/bin/versitygw")
BUCKET = "blobs"
ACCESS_KEY, SECRET_KEY = "test-access-key", "test-secret-key"


class Directory:
    """Blobs as files, which both servers share."""

    def __init__(self, folder: Path):
        self.config = f'{{type: filesystem, path: "{folder}/blobs"}}'

    def open_uploads(self) -> list:
        return []

    def close(self):
        pass


class _Process:
    """A server of its own on a free port. Frozen, it takes connections and answers nothing."""

    def __init__(self, folder: Path, name: str, command: list, port: int, environment=None):
        self.log_path = Path(folder) / f"{name}.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [str(argument) for argument in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment() | (environment or {}),
            )
        wait_until(lambda: self._answers(port), 30, f"an answer of {name}")

    def _answers(self, port):
        assert self.process.poll() is None, self.log_path.read_text()
        return port_answers(port)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Gcs:
    """fake-gcs-server behind the strict front of tests/tools/gcs_xml."""

    def __init__(self, folder: Path):
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        command = [sys.executable, GCS_FAKE, "--gcs-server", GCS_SERVER, "--port", port]
        self.process = _Process(folder, "gcs", command, port)
        self._ask("POST", "/storage/v1/b", {"name": BUCKET})
        self.config = f'{{type: gcs, bucket: {BUCKET}, endpoint: "{self.endpoint}"}}'

    def _ask(self, method, target, body=None):
        request = urllib.request.Request(
            self.endpoint + target,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def open_uploads(self) -> list:
        """Sessions that hold bytes, and uploads in parts.

        A process that was killed between the opening of a session and the recording of its address
        leaves one that holds none and that nobody can go on with; Cloud Storage ends it after a week.
        """
        state = self._ask("GET", "/_fake/state")
        return [session for session in state["sessions"] if session["committed"]] + state["uploads"]

    def unknown_sessions(self) -> int:
        return len(self._ask("GET", "/_fake/state")["sessions"])

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def close(self):
        self.process.close()


class S3:
    """versitygw, which verifies signatures, on a directory."""

    def __init__(self, folder: Path):
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        root, metadata = Path(folder) / "s3-buckets", Path(folder) / "s3-metadata"
        root.mkdir()
        metadata.mkdir()
        command = [S3_SERVER, "--port", f"127.0.0.1:{port}", "--region", "us-east-1", "--keep-alive"]
        command += ["--quiet", "posix", "--sidecar", metadata, root]
        keys = {"ROOT_ACCESS_KEY_ID": ACCESS_KEY, "ROOT_SECRET_ACCESS_KEY": SECRET_KEY}
        self.process = _Process(folder, "s3", command, port, keys)
        self.client = botocore.session.Session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=BotoConfig(s3={"addressing_style": "path"}),
        )
        self.client.create_bucket(Bucket=BUCKET)
        self.config = (
            f'{{type: s3, bucket: {BUCKET}, endpoint: "{self.endpoint}", region: us-east-1, '
            f"access_key_id: {ACCESS_KEY}, secret_access_key: {SECRET_KEY}}}"
        )

    def open_uploads(self) -> list:
        return self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])

    def stored_parts(self) -> int:
        """Of all open uploads."""
        uploads = ({"Key": upload["Key"], "UploadId": upload["UploadId"]} for upload in self.open_uploads())
        return sum(len(self.client.list_parts(Bucket=BUCKET, **upload).get("Parts", [])) for upload in uploads)

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def close(self):
        self.process.close()


# What an operator may use as a long-term tier elsewhere than on this machine.
CLOUD = (Gcs, S3)
