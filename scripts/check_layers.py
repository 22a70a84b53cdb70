#!/usr/bin/env python3
"""Holds the #include lines under src/ to the order of the rooms (ARCHITECTURE.md).

base <- model <- runtime <- net <- storage <- cloud <- changelog <- {backends/*, tiered} <- maintenance <- {service, auth} <- {http, telemetry} <- app
A file includes from its own room and from rooms to the left. testing/ stands left of maintenance
and is for tests: *_test.cc files and the test_support.h they share, which may also use
backends/memory, and tests/.
"""
import re
import sys
import tempfile
from pathlib import Path

from source_text import cpp_files, is_test_source, numbered

ROOT = Path(__file__).resolve().parent.parent
LEVELS = {
    "base": 0,
    "model": 1,
    "runtime": 2,
    "net": 3,
    "storage": 4,
    "cloud": 5,
    "changelog": 6,
    "backends": 7,
    "tiered": 7,
    "maintenance": 8,
    "service": 9,
    "auth": 9,
    "http": 10,
    "telemetry": 10,
    "app": 11,
}
# Written by the build, not found in src/: by file that includes them.
GENERATED = {"app/version.cc": ("objectstore_commit.h",)}
INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')


def room_of(path: str):
    """The room of a path relative to src/: "model", "backends/rocksdb", "testing"; None if it has none."""
    parts = path.split("/")
    if len(parts) < 2:
        return None
    if parts[0] == "backends":
        return "/".join(parts[:2]) if len(parts) > 2 else None
    return parts[0] if parts[0] in LEVELS or parts[0] == "testing" else None


def level_of(room: str) -> int:
    return LEVELS[room.split("/")[0]]


def refusal(includer: str, included: str):
    """Why the file `includer` may not include `included` (both relative to src/); None if it may."""
    source, target = room_of(includer), room_of(included)
    if source is None:
        return "stands in no room"
    if included in GENERATED.get(includer, ()):
        return None
    if target is None:
        return f'"{included}" is not room/file.h'
    is_test = is_test_source(includer)
    if target != "testing" and is_test_source(included) and not is_test:
        return f'"{included}" is for tests only'
    if source == target:
        return None
    if target == "testing":
        return None if is_test else "testing/ is for *_test.cc files and tests/ only"
    if is_test and target == "backends/memory":
        return None
    if source == "testing":
        return None if level_of(target) < LEVELS["maintenance"] else f"testing/ stands left of {target}"
    if level_of(target) < level_of(source):
        return None
    if level_of(target) == level_of(source):
        return f"{source} and {target} stand side by side and don't know each other"
    return f"{target} stands right of {source}"


def problems_in(root: Path):
    src = root / "src"
    for path in cpp_files(root, "src"):
        name = path.relative_to(src).as_posix()
        for number, line in numbered(path.read_text(encoding="utf-8")):
            match = INCLUDE.match(line)
            if not match:
                continue
            reason = refusal(name, match.group(1))
            generated = match.group(1) in GENERATED.get(name, ())
            if reason is None and not generated and not (src / match.group(1)).is_file():
                reason = f'"{match.group(1)}" does not exist'
            if reason:
                yield f"src/{name}:{number}: {reason}"


def self_test():
    allowed = [
        ("base/error.cc", "base/error.h"),
        ("tiered/put.cc", "changelog/guard.h"),
        ("backends/rocksdb/rows.cc", "changelog/change_log.h"),
        ("maintenance/scrub.cc", "tiered/settle.h"),
        ("maintenance/scrub_test.cc", "tiered/test_support.h"),
        ("http/router.cc", "base/error.h"),
        ("app/main.cc", "maintenance/scrub.h"),
        ("app/main.cc", "backends/rocksdb/rows.h"),
        ("testing/faulty.h", "backends/memory/rows.h"),
        ("testing/faulty.h", "testing/world.h"),
        ("base/error_test.cc", "testing/world.h"),
        ("changelog/recovery_test.cc", "backends/memory/rows.h"),
        ("backends/rocksdb/rows_test.cc", "backends/memory/rows.h"),
        ("backends/rocksdb/rows_test.cc", "backends/rocksdb/test_support.h"),
        ("backends/rocksdb/test_support.h", "testing/world.h"),
        ("app/version.cc", "objectstore_commit.h"),
    ]
    refused = [
        ("base/error.cc", "model/object_id.h"),
        ("runtime/clock.h", "storage/row_store.h"),
        ("changelog/guard.h", "tiered/put.h"),
        ("changelog/guard.h", "backends/memory/rows.h"),
        ("tiered/put.cc", "backends/memory/rows.h"),
        ("backends/memory/rows.cc", "tiered/put.h"),
        ("backends/rocksdb/rows.cc", "backends/memory/rows.h"),
        ("backends/rocksdb/rows_test.cc", "backends/filesystem/blobs.h"),
        ("tiered/put.cc", "maintenance/scrub.h"),
        ("maintenance/scrub.cc", "service/service.h"),
        ("service/service.cc", "http/router.h"),
        ("http/router.cc", "app/config.h"),
        ("http/router_test.cc", "app/config.h"),
        ("tiered/put.cc", "testing/world.h"),
        ("app/main.cc", "testing/world.h"),
        ("tiered/put_test.h", "testing/world.h"),
        ("tiered/put.cc", "tiered/test_support.h"),
        ("http/put.cc", "tiered/test_support.h"),
        ("app/main.cc", "objectstore_commit.h"),
        ("testing/world.h", "maintenance/scrub.h"),
        ("testing/world.h", "service/service.h"),
        ("testing/world.h", "http/router.h"),
        ("tiered/put.cc", "put.h"),
        ("tiered/put.cc", "../changelog/guard.h"),
        ("stray/put.cc", "base/error.h"),
        ("backends/rows.cc", "base/error.h"),
    ]
    for pair in allowed:
        assert refusal(*pair) is None, f"refused: {pair}: {refusal(*pair)}"
    for pair in refused:
        assert refusal(*pair) is not None, f"not caught: {pair}"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "src/base").mkdir(parents=True)
        (root / "src/model").mkdir()
        (root / "src/model/id.h").write_text("#pragma once\n")
        (root / "src/base/a.cc").write_text('#include <vector>\n\n  #  include "model/id.h"\n#include "base/gone.h"\n')
        found = list(problems_in(root))
        assert len(found) == 2, found
        assert found[0].startswith("src/base/a.cc:3: ") and found[1].startswith("src/base/a.cc:4: "), found
    print(f"self-test: {len(allowed)} includes allowed, {len(refused) + 2} caught")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    found = list(problems_in(ROOT))
    for problem in found:
        print(problem)
    looked_at = sum(1 for _ in cpp_files(ROOT, "src"))
    print(f"layers: {looked_at} files, {len(found)} problems")
    return 1 if found or looked_at == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
