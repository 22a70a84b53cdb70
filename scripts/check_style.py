#!/usr/bin/env python3
"""Rules of the code that no compiler knows: no wall time or sleep outside runtime/ and app/, no
detached work, no co_await where gcc 12 miscompiles it, no leftovers, no file that is not built, and no
machine's paths in the documents."""
import re
import sys
import tempfile
from pathlib import Path

from source_text import code_only, cpp_files, is_test_source, numbered

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE_LINES = 600

# Stands for the sources of tests: they make clocks of their own, and end with their io_context.
TESTS = "tests"
# (pattern, what is wrong, rooms where it is allowed). Looked for in code, not in comments or strings.
BANNED = [
    (r"\b(?:system|steady|high_resolution)_clock\s*::\s*now\b", "time comes from a Clock", ("runtime", "app")),
    (r"(?<![\w.>])time\s*\(\s*(?:nullptr|NULL|0|&)", "time comes from a Clock", ("runtime", "app")),
    (r"\b(?:gettimeofday|clock_gettime)\s*\(", "time comes from a Clock", ("runtime", "app")),
    (r"\bthis_thread\s*::\s*sleep_(?:for|until)\b", "waits go through a Clock", ("runtime", "app")),
    # Not a call of a Clock's member, nor its declaration.
    (r"(?<![\w.>:])(?<!Task<void> )sleep_(?:for|until)\s*\(", "waits go through a Clock", ("runtime", "app")),
    (r"(?<![\w.>])(?:u|nano)?sleep\s*\(", "waits go through a Clock", ("runtime", "app")),
    (r"(?<![\w.>])s?rand\s*\(", "chance comes from a Random", ("runtime", "app")),
    (r"\brandom_device\b", "chance comes from a Random", ("runtime", "app")),
    (r"\b(?:steady|system|high_resolution)_timer\b(?!\.hpp)", "timers are clock.sleep_until", ("runtime", TESTS)),
    (r"\basio\s*::\s*detached\b|(?<![\w:])detached\s*\)", "work runs in a task scope", ("runtime", TESTS)),
    (r"\.\s*detach\s*\(\s*\)", "work runs in a task scope", ("runtime",)),
    (
        r"\b(?:if|while)\s*\(\s*!?\s*co_await\b|(?:&&|\|\||\?)\s*!?\s*co_await\b",
        "gcc 12 miscompiles co_await in a condition: name its result first",
        (),
    ),
    (r"\busing\s+namespace\s+std\s*;", "no `using namespace std`", ()),
]
BANNED = [(re.compile(pattern), reason, rooms) for pattern, reason, rooms in BANNED]
LEFTOVER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root)/")


def problems_of_source(name: str, text: str):
    """`name` is relative to src/."""
    kinds = {name.split("/")[0]} | ({TESTS} if is_test_source(name) else set())
    lines = text.splitlines()
    for number, line in numbered(code_only(text)):
        for pattern, reason, rooms in BANNED:
            if not kinds & set(rooms) and pattern.search(line):
                yield number, reason
    for number, line in enumerate(lines, start=1):
        if LEFTOVER.search(line):
            yield number, "leftover note"
    if len(lines) > LONGEST_FILE_LINES:
        yield len(lines), f"longer than {LONGEST_FILE_LINES} lines"
    if name.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield 1, "a header without #pragma once"


def built_folders(src: Path):
    """Folders of src/ whose .cc files CMake picks up by itself."""
    text = (src / "CMakeLists.txt").read_text() if (src / "CMakeLists.txt").is_file() else ""
    return set(re.findall(r"^\s*objectstore_room\(\s*([\w/]+)", text, re.MULTILINE))


def dead_files(src: Path):
    rooms = built_folders(src)
    for path in sorted(src.rglob("*.cc")):
        folder = path.parent.relative_to(src).as_posix()
        if folder in rooms:
            continue
        own = path.parent / "CMakeLists.txt"
        text = own.read_text() if own.is_file() else ""
        if "GLOB" not in text and not re.search(rf"(?<![\w/]){re.escape(path.name)}\b", text):
            yield path.relative_to(src).as_posix()


def documents(root: Path):
    yield from sorted(root.glob("*.md"))
    for folder in ("docs", "spec", "deploy"):
        yield from sorted(p for p in (root / folder).rglob("*") if p.is_file())


def problems_in(root: Path):
    src = root / "src"
    for path in cpp_files(root, "src"):
        name = path.relative_to(src).as_posix()
        for number, reason in problems_of_source(name, path.read_text(encoding="utf-8")):
            yield f"src/{name}:{number}: {reason}"
    for name in dead_files(src):
        yield f"src/{name}: no target builds it"
    for path in documents(root):
        for number, line in numbered(path.read_text(encoding="utf-8", errors="replace")):
            if MACHINE_PATH.search(line):
                yield f"{path.relative_to(root)}:{number}: a path of one machine"


def self_test():
    caught = [
        ("tiered/a.cc", "auto t = std::chrono::system_clock::now();"),
        ("tiered/a.cc", "auto t = std::chrono::steady_clock::now();"),
        ("http/a_test.cc", "auto t = steady_clock::now();"),
        ("model/a.cc", "auto t = time(nullptr);"),
        ("model/a.cc", "auto t = std::time(nullptr);"),
        ("tiered/a_test.cc", "std::this_thread::sleep_for(1s);"),
        ("tiered/a_test.cc", "sleep_for(1s);"),
        ("tiered/a.cc", "usleep(5);"),
        ("tiered/a.cc", "::sleep(5);"),
        ("tiered/a.cc", "int x = rand();"),
        ("tiered/a.cc", "std::random_device device;"),
        ("tiered/a.cc", "boost::asio::steady_timer timer(executor);"),
        ("app/a.cc", "asio::steady_timer timer(executor);"),
        ("http/a.cc", "co_spawn(executor, run(), asio::detached);"),
        ("http/a.cc", "co_spawn(executor, run(), detached);"),
        ("app/a.cc", "std::thread([] {}).detach();"),
        ("http/a_test.cc", "std::thread([] {}).detach();"),
        ("runtime/a.cc", "using namespace std;"),
        ("runtime/a.cc", "while (!co_await stop_requested()) {"),
        ("runtime/a.cc", "if (co_await stop_requested()) co_return;"),
        ("runtime/a.cc", "const bool both = first && co_await second();"),
        ("runtime/a.cc", "// TO" + "DO: later"),
        ("app/a.cc", "int x;  /* FIX" + "ME */"),
        ("app/a.h", "int x;"),
        ("app/a.cc", "int x;\n" * (LONGEST_FILE_LINES + 1)),
    ]
    clean = [
        ("runtime/clock.cc", "auto t = std::chrono::system_clock::now();"),
        ("runtime/clock_test.cc", "std::this_thread::sleep_for(1ms);"),
        ("runtime/clock.cc", "boost::asio::steady_timer timer(executor);"),
        ("app/main.cc", "auto t = std::chrono::steady_clock::now();"),
        ("tiered/a.cc", "co_await clock_.sleep_for(backoff);"),
        ("tiered/a.cc", "co_await clock->sleep_until(deadline);"),
        ("testing/clock.cc", "Task<void> sleep_until(MonotonicTime when) override;"),
        ("http/a_test.cc", "asio::steady_timer timer(executor); co_spawn(executor, run(), asio::detached);"),
        ("tiered/a.cc", "// never std::chrono::system_clock::now()\nauto t = clock.now();"),
        ("tiered/a.cc", 'log("rand() and time(nullptr)");'),
        ("tiered/a.cc", "auto t = entry.time(0); auto b = operand(3); int n = 1'000'000;"),
        ("tiered/a.cc", "if (const auto row = co_await read(); !row.ok()) co_return;"),
        ("tiered/a.h", "#pragma once\nint x;"),
        ("tiered/a.cc", "int x;\n" * LONGEST_FILE_LINES),
    ]
    for name, text in caught:
        assert list(problems_of_source(name, text)), f"not caught: {name}: {text[:60]}"
    for name, text in clean:
        found = list(problems_of_source(name, text))
        assert not found, f"caught: {name}: {text[:60]}: {found}"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, text in {
            "src/CMakeLists.txt": "objectstore_room(base)\nobjectstore_room(backends/memory DEPENDS base)\n",
            "src/base/a.cc": "int a;\n",
            "src/backends/memory/b.cc": "int b;\n",
            "src/backends/other/c.cc": "int c;\n",
            "src/app/CMakeLists.txt": "add_executable(objectstore main.cc)\n",
            "src/app/main.cc": "int d;\n",
            "src/app/left_over.cc": "int e;\n",
            "docs/a.md": "fine: /usr/share, https://example.org/work/\nsee /wo" + "rk/main\n",
            "README.md": "in /ro" + "ot/x\n",
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        found = list(problems_in(root))
        expected = ["src/app/left_over.cc:", "src/backends/other/c.cc:", "README.md:1:", "docs/a.md:2:"]
        assert len(found) == len(expected), found
        for problem, start in zip(found, expected):
            assert problem.startswith(start), found
    print(f"self-test: {len(caught) + len(expected)} problems caught, {len(clean)} clean texts let through")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    found = list(problems_in(ROOT))
    for problem in found:
        print(problem)
    looked_at = sum(1 for _ in cpp_files(ROOT, "src"))
    print(f"style: {looked_at} files, {len(found)} problems")
    return 1 if found or looked_at == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
