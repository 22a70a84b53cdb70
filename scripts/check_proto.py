#!/usr/bin/env python3
"""Compares the messages under proto/ with Google's own: names, numbers, types, labels and oneofs.

Usage: scripts/check_proto.py        (needs npm; keeps what it fetches in build/proto-check)
The full .proto files come with Google's clients for Node.js, pinned below. Messages here may leave
fields out; whatever they have must be as there.
"""
import re
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("@google-cloud/bigtable@7.2.0", "google-gax@6.17.0")
PLACE = ROOT / "build" / "proto-check"

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|[A-Za-z_][\w.]*|-?\d+|\S', re.DOTALL)
LABELS = ("repeated", "optional")


def tokens_of(text: str):
    return [t for t in TOKEN.findall(text) if not t.startswith(("//", "/*"))]


class Parser:
    """Reads the subset of proto3 that those files are written in."""

    def __init__(self, text: str):
        self.tokens = tokens_of(text)
        self.at = 0
        self.entries = {}

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def skip_to_semicolon(self) -> None:
        depth = 0
        while True:
            token = self.take()
            depth += token in ("{", "[") or -(token in ("}", "]"))
            if token == ";" and depth == 0:
                return

    def skip_block(self) -> None:
        while self.take() != "{":
            pass
        depth = 1
        while depth > 0:
            token = self.take()
            depth += (token == "{") - (token == "}")

    def file(self) -> dict:
        package = ""
        while self.at < len(self.tokens):
            token = self.take()
            if token == "package":
                package = self.take()
            if token == "message":
                self.message(f"{package}.{self.take()}")
            elif token == "enum":
                self.enum(f"{package}.{self.take()}")
            elif token == "service":
                self.skip_block()
            else:
                self.skip_to_semicolon() if token != ";" else None
        return self.entries

    def message(self, name: str) -> None:
        self.entries[name] = "message"
        self.take()
        self.members(name, "")

    def members(self, name: str, oneof: str) -> None:
        while (token := self.take()) != "}":
            if token == "message":
                self.message(f"{name}.{self.take()}")
            elif token == "enum":
                self.enum(f"{name}.{self.take()}")
            elif token == "oneof":
                inner = self.take()
                self.take()
                self.members(name, inner)
            elif token in ("option", "reserved", "extensions"):
                self.skip_to_semicolon()
            elif token != ";":
                self.field(name, oneof, token)

    def field(self, name: str, oneof: str, token: str) -> None:
        label = token if token in LABELS else ""
        kind = self.take() if label else token
        if kind == "map":
            kind += "".join(iter(self.take, ">"))
        field = self.take()
        self.take()
        number = self.take()
        self.skip_to_semicolon()
        kind = kind.rsplit(".", 1)[-1]
        self.entries[f"{name}.{field}"] = " ".join(filter(None, (oneof, label, kind, "=", number)))

    def enum(self, name: str) -> None:
        self.take()
        while (token := self.take()) != "}":
            if token in ("option", "reserved"):
                self.skip_to_semicolon()
                continue
            self.take()
            self.entries[f"{name}.{token}"] = self.take()
            self.skip_to_semicolon()


def fetch(package: str) -> Path:
    place = PLACE / re.sub(r"\W+", "-", package).strip("-")
    if not place.exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", "--pack-destination", str(PLACE), package]
        name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(PLACE / name) as archive:
            archive.extractall(place, filter="data")
    return place


def original_of(name: str, places) -> Path:
    found = [path for place in places for path in sorted(place.rglob(Path(name).name)) if path.as_posix().endswith(name)]
    if not found:
        sys.exit(f"error: no {name} in {', '.join(PACKAGES)}")
    return found[0]


def main() -> int:
    places = [fetch(package) for package in PACKAGES]
    compared = wrong = 0
    for path in sorted((ROOT / "proto").rglob("*.proto")):
        name = path.relative_to(ROOT / "proto").as_posix()
        ours = Parser(path.read_text()).file()
        theirs = Parser(original_of(name, places).read_text()).file()
        for entry, value in ours.items():
            compared += 1
            if theirs.get(entry) == value:
                continue
            wrong += 1
            print(f"{name}: {entry}: {value}, but there: {theirs.get(entry, 'nothing')}")
    print(f"{compared - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
