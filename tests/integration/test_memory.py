"""Bodies stream: memory doesn't grow with their size or number."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness import memory_peak_mib

LIMIT_MIB = 128
FULL = os.environ.get("OBJECTSTORE_FULL") == "1"
CASES = [(16, 16)] + ([(64, 64)] if FULL else [])


def upload_at_once(port, uploads, mib) -> dict:
    program = [sys.executable, str(Path(__file__).with_name("load.py"))]
    done = subprocess.run(
        [*program, str(port), str(uploads), str(mib), "--verify"],
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("uploads, mib", CASES)
def test_uploads_at_once_stay_within_the_memory_limit(server, tmp_path, uploads, mib):
    needed = 2 * uploads * mib << 20
    if shutil.disk_usage(tmp_path).free < needed:
        pytest.skip(f"needs {needed >> 20} MiB of disk")
    result = upload_at_once(server.port, uploads, mib)
    peak = memory_peak_mib(server.pid)
    print(f"{uploads} uploads of {mib} MiB: peak {peak:.0f} MiB, {result}")
    assert result["ok"] == uploads, result
    assert result["intact"]
    assert peak <= LIMIT_MIB
