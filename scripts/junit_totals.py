#!/usr/bin/env python3
"""Prints "PASSED FAILED" of a JUnit file written by ctest or pytest. Skipped tests count as neither."""
import sys
import xml.etree.ElementTree as ElementTree


def totals(path):
    passed = failed = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        status = case.get("status", "run")
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None or status == "fail":
            failed += 1
        elif status == "disabled":
            continue
        elif skipped is not None or status == "notrun":
            # ctest says "notrun" of a program that isn't there as well as of a test that skipped itself.
            message = "" if skipped is None else skipped.get("message", "")
            if status == "notrun" and "SKIP" not in message.upper():
                failed += 1
        else:
            passed += 1
    return passed, failed


if __name__ == "__main__":
    print(*totals(sys.argv[1]))
