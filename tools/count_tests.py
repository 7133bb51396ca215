#!/usr/bin/env python3
"""Prints how many tests ran in each language: count_tests.py BUILD_DIR PYTEST_XML…"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def totals(path: Path) -> tuple[int, int, int]:
    """(passed, failed, skipped) of a JUnit report."""
    passed = failed = skipped = 0
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        tests = int(suite.get("tests", 0))
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        out = int(suite.get("skipped", 0)) + int(suite.get("disabled", 0) or 0)
        passed, failed, skipped = passed + tests - bad - out, failed + bad, skipped + out
    return passed, failed, skipped


def main() -> int:
    cpp = sorted((Path(sys.argv[1]) / "reports").glob("*.xml"))
    python = [path for path in map(Path, sys.argv[2:]) if path.exists()]
    print()
    for language, reports in (("C++", cpp), ("Python", python)):
        sums = [sum(column) for column in zip(*map(totals, reports))] or [0, 0, 0]
        print(f"{language}: {sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
