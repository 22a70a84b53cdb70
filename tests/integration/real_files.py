"""A bounded, repeatable choice of files that Debian packages have installed on this machine."""
import os
import stat
from pathlib import Path
from typing import NamedTuple

MIB = 1024 * 1024
ROOTS = ("/usr/share/doc", "/usr/lib/gcc", "/usr/lib/x86_64-linux-gnu", "/usr/bin", "/usr/lib/llvm-14")


class SizeClass(NamedTuple):
    least: int
    most: int
    files: int
    total: int


# By size in bytes. Around 1 MiB an object moves from a row to a blob.
CLASSES = (
    SizeClass(0, 0, 10, 0),
    SizeClass(1, 4 * 1024, 200, MIB),
    SizeClass(4 * 1024 + 1, 64 * 1024, 200, 8 * MIB),
    SizeClass(64 * 1024 + 1, 900 * 1024, 100, 30 * MIB),
    SizeClass(900 * 1024 + 1, 1200 * 1024, 20, 22 * MIB),
    SizeClass(1200 * 1024 + 1, 8 * MIB, 30, 90 * MIB),
    SizeClass(8 * MIB + 1, 60 * MIB, 8, 180 * MIB),
)


def installed_files():
    for root in ROOTS:
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                info = path.lstat()
                if stat.S_ISREG(info.st_mode) and os.access(path, os.R_OK):
                    yield path, info.st_size


def choose() -> list[Path]:
    """Files of every size class, spread evenly over the tree; the same ones for the same packages."""
    found = sorted(installed_files())
    chosen = []
    for wanted in CLASSES:
        fitting = [(path, size) for path, size in found if wanted.least <= size <= wanted.most]
        step = max(1, len(fitting) // wanted.files)
        taken = total = 0
        for path, size in fitting[::step]:
            if taken == wanted.files:
                break
            if total + size <= wanted.total:
                chosen.append(path)
                taken += 1
                total += size
    return sorted(chosen)
