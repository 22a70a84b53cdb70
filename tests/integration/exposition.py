"""What a /metrics page says, and which metrics an expression of Prometheus names."""
import re
from typing import NamedTuple

SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
SELECTOR = re.compile(r"\{([^{}]*)\}")
RANGE = re.compile(r"\[[^\]]*\]")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)")
NAME = re.compile(r"(?<![\w$.])([a-zA-Z_:][\w:]*)(?!\w)(?!\s*\()")
KEYWORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}


class Family(NamedTuple):
    kind: str
    help: str
    samples: list  # (name, labels, value)

    def value(self, **labels) -> float:
        """The sum of the samples that have these labels; of a histogram, of its counts."""
        return sum(
            value
            for name, have, value in self.samples
            if (self.kind != "histogram" or name.endswith("_count")) and labels.items() <= have.items()
        )


def parse(text: str) -> dict:
    """Families by name. Fails on what is not in the format, and on samples before their # TYPE."""
    families, helps, current = {}, {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, help_text = line.split(" ", 3)
            assert name not in helps, f"two families are named {name}"
            helps[name] = help_text
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in families, f"two families are named {name}"
            current = families[name] = Family(kind, helps.get(name, ""), [])
            names = {name + suffix for suffix in SUFFIXES.get(kind, ("",))}
        elif line:
            sample = SAMPLE.match(line)
            assert sample and current is not None, f"no sample: {line!r}"
            assert sample[1] in names, f"{sample[1]} stands in another family"
            labels = dict(LABEL.findall(sample[2] or ""))
            current.samples.append((sample[1], labels, float(sample[3])))
    return families


def names_of_samples(families: dict) -> dict:
    """The family of every name that a sample has, or would have."""
    return {
        name + suffix: family
        for name, family in families.items()
        for suffix in SUFFIXES.get(family.kind, ("",))
    }


def used_by(expression: str):
    """The metrics and the labels that an expression names."""
    bare = STRING.sub('""', expression)
    labels = set()
    for matchers in SELECTOR.findall(bare):
        labels |= set(re.findall(r"([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)", matchers))
    for group in GROUPING.findall(bare):
        labels |= {label.strip() for label in group.split(",") if label.strip()}
    for pattern in (SELECTOR, RANGE, GROUPING):
        bare = pattern.sub(" ", bare)
    metrics = {name for name in NAME.findall(bare) if name.lower() not in KEYWORDS}
    return metrics, labels
