"""The published Rust client, in a small program (tests/tools/rust), on each kind of storage."""
import os
import subprocess
from pathlib import Path

import pytest
from clients import STORES, running
from harness import ROOT

PROGRAM = Path(os.environ.get("OBJECTSTORE_RUST_CLIENT") or ROOT / "build/rust/debug/rust-client")
LIMIT_S = 120
CHECKS = (
    "round_trip",
    "metadata",
    "sizes",
    "streams",
    "broken_stream",
    "compression",
    "keys",
    "scopes",
    "many",
    "permissions",
    "extend_expiry",
)


@pytest.fixture(scope="module", params=STORES)
def store(request, tmp_path_factory):
    with running(request.param, tmp_path_factory.mktemp("rust")) as started:
        yield started


@pytest.mark.parametrize("check", CHECKS)
def test_rust_client(store, tmp_path, check):
    assert PROGRAM.is_file(), f"no program at {PROGRAM}: scripts/test integration builds it"
    key_file = tmp_path / "private.pem"
    key_file.write_text(store.private_key, encoding="utf-8")
    command = [str(PROGRAM), store.server.url, store.kid, str(key_file), check]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    assert ended.returncode == 0, ended.stderr
