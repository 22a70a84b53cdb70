"""What the checks of the source share: the files to look at, and C++ text without comments and strings."""
import re
from pathlib import Path

_TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![\w])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL,
)


def cpp_files(root: Path, *folders: str):
    for folder in folders:
        base = root / folder
        if base.is_dir():
            yield from sorted(p for p in base.rglob("*") if p.suffix in (".h", ".cc") and p.is_file())


def is_test_source(name: str) -> bool:
    """Whether a file of src/ belongs to tests: x_test.cc, a header test_support.h shared by them, testing/."""
    return name.startswith("testing/") or bool(re.search(r"_test\.cc$|(?:^|[/_])test_support\.h$", name))


def code_only(text: str) -> str:
    """Blanks out comments and literals; line numbers stay as they are."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return _TOKENS.sub(blank, text)


def numbered(text: str):
    return enumerate(text.splitlines(), start=1)
