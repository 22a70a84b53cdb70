#!/usr/bin/env python3
"""Checks the model of the change protocol (spec/, docs/model.md) with spin.

Every instance is searched exhaustively and must be without error. Every mutant is an instance with
one rule of the protocol taken away; the search must find a history that breaks a promise.

    scripts/check_model.py                      all of it
    scripts/check_model.py --only two_large     instances and mutants whose name begins so
    scripts/check_model.py --long               larger instances as well
    scripts/check_model.py --trace NAME         the shortest history that a mutant allows
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "spec"
sys.path.insert(0, str(SPEC))

from cases import INSTANCES, MUTANTS  # noqa: E402

MEMORY_MB = 6000


@dataclass
class Outcome:
    name: str
    passed: bool
    text: str
    figures: dict = field(default_factory=dict)


class Failed(Exception):
    """A tool could not do its work, which says nothing about the model."""


def run(command, directory, limit):
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]}: not done within {limit} s") from None
    return done.returncode, done.stdout + done.stderr


def macros(instance, rule=None):
    given = list(instance.macros) + ([rule] if rule else [])
    return [f"-D{macro}" for macro in given]


def source(instance):
    return str(SPEC / f"{instance.model}.pml")


def build(instance, directory, limit, rule=None):
    """Makes the verifier; a mutant's looks for a shortest history."""
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.trail"):
        old.unlink()
    code, text = run(["spin", "-a", *macros(instance, rule), source(instance)], directory, limit)
    if code != 0 or re.search(r"\berror\b", text, re.IGNORECASE):
        raise Failed("spin: " + text.strip())
    flags = ["-DBFS"] if rule else []
    command = ["gcc", "-O2", "-w", "-DSAFETY", "-DNOFAIR", f"-DMEMLIM={MEMORY_MB}", *flags]
    code, text = run([*command, "-o", "pan", "pan.c"], directory, limit)
    if code != 0:
        raise Failed("gcc: " + text.strip()[:500])


def search(instance, directory, limit):
    """The verifier's figures; `error` is what it found."""
    started = time.monotonic()
    _, text = run(["./pan", f"-m{instance.depth}", f"-w{instance.hash_bits}"], directory, limit)
    seconds = time.monotonic() - started
    errors = re.search(r"errors: (\d+)", text)
    if errors is None:
        raise Failed("pan: " + text.strip()[:300])
    violation = re.search(r"pan:\d+: (assertion violated .*|invalid end state)", text)
    names = re.findall(r"\|\|([a-zI]\w+)\)", violation[1]) if violation else []
    found = {
        "errors": int(errors[1]),
        "error": names[-1] if names else violation and violation[1],
        "states": int(float(re.search(r"([\d.e+]+) states, stored", text)[1])),
        "depth": int(re.search(r"depth reached (\d+)", text)[1]),
        "megabytes": round(float(re.search(r"([\d.]+)\s+total actual memory", text)[1])),
        "seconds": round(seconds, 1),
    }
    cut_short = re.search(r"max search depth too small|Search not completed|out of memory", text)
    found["complete"] = cut_short is None
    return found


def check_instance(name, instance, directory, limit):
    build(instance, directory, limit)
    found = search(instance, directory, limit)
    passed = found["errors"] == 0 and found["complete"]
    why = ""
    if found["errors"]:
        why = f"  VIOLATION: {found['error']}"
    elif not found["complete"]:
        why = "  NOT SEARCHED TO THE END"
    text = (
        f"{found['states']:>10} states  depth {found['depth']:>6}  {found['megabytes']:>5} MB "
        f"{found['seconds']:>6.1f} s{why}"
    )
    return Outcome(name, passed, text, found)


def check_mutant(name, mutant, directory, limit):
    build(INSTANCES[mutant.instance], directory, limit, mutant.macro)
    found = search(INSTANCES[mutant.instance], directory, limit)
    found["instance"] = mutant.instance
    passed = found["errors"] > 0 and found["error"] is not None
    if passed:
        text = f"counterexample found, {found['depth']} steps: {found['error']}"
    else:
        text = f"NO COUNTEREXAMPLE in {found['states']} states of {mutant.instance}"
    return Outcome(name, passed, text, found)


def check(kind, name, case, options):
    directory = Path(options.build_dir) / name
    try:
        if kind == "instance":
            return check_instance(name, case, directory, options.limit)
        return check_mutant(name, case, directory, options.limit)
    except Failed as failure:
        return Outcome(name, False, f"FAILED: {failure}")


def trace(name, options):
    """Prints a counterexample: the lines that the processes of the model print on the way."""
    mutant = MUTANTS.get(name)
    instance = INSTANCES[mutant.instance if mutant else name]
    rule = mutant.macro if mutant else None
    directory = Path(options.build_dir) / name
    build(instance, directory, options.limit, rule)
    found = search(instance, directory, options.limit)
    if not found["errors"]:
        print("no counterexample")
        return 1
    trail = next(directory.glob("*.trail"))
    command = ["spin", "-k", trail.name, "-B", *macros(instance, rule), source(instance)]
    _, text = run(command, directory, options.limit)
    for line in text.splitlines():
        if line.lstrip().startswith("spin: "):
            break
        print(line.strip())
    print(f"violated: {found['error']}")
    if mutant:
        print(f"what was taken away: {mutant.rule}")
    return 0


def selected(options):
    """Instances, then mutants. An instance that a chosen mutant needs is run with it."""
    wanted = options.only or ""
    mutants = {name: case for name, case in MUTANTS.items() if name.startswith(wanted)}
    needed = {case.instance for case in mutants.values()}
    instances = {
        name: case
        for name, case in INSTANCES.items()
        if (options.long or not case.long) and (name.startswith(wanted) or name in needed)
    }
    cases = [("instance", name, case) for name, case in instances.items()]
    # The longest first, so that two jobs end together.
    cases.sort(key=lambda entry: -entry[2].hash_bits)
    return cases + [("mutant", name, case) for name, case in mutants.items()]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", metavar="NAME")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the figures, too")
    parser.add_argument("--trace", metavar="NAME")
    parser.add_argument("--limit", type=int, default=900, help="seconds for one search")
    parser.add_argument("--build-dir", default=str(ROOT / "build" / "spec"))
    options = parser.parse_args()
    if options.trace:
        return trace(options.trace, options)

    started = time.monotonic()
    outcomes = []
    with ThreadPoolExecutor(options.jobs) as pool:
        jobs = {
            pool.submit(check, kind, name, case, options): kind
            for kind, name, case in selected(options)
        }
        for job in as_completed(jobs):
            kind, outcome = jobs[job], job.result()
            outcomes.append(outcome)
            mark = "ok  " if outcome.passed else "FAIL"
            print(f"{mark} {kind:<8} {outcome.name:<32} {outcome.text}", flush=True)
    failed = sum(not outcome.passed for outcome in outcomes)
    if options.json:
        figures = {o.name: {"passed": o.passed, **o.figures} for o in outcomes}
        figures = json.dumps(figures, indent=1)
        if options.json == "-":
            print(figures)
        else:
            Path(options.json).write_text(figures + "\n", encoding="utf-8")
    print(f"{time.monotonic() - started:.0f} s")
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
