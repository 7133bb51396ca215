#!/usr/bin/env python3
"""Prints how many tests ran in each language: count_tests.py BUILD_DIR PYTEST_XML."""

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
    build, pytest_report = Path(sys.argv[1]), Path(sys.argv[2])
    print()
    reports = sorted((build / "reports").glob("*.xml"))
    cpp = [totals(report) for report in reports]
    rows = [("C++", tuple(sum(column) for column in zip(*cpp)) if cpp else (0, 0, 0))]
    if pytest_report.exists():
        rows.append(("Python", totals(pytest_report)))
    for language, (passed, failed, skipped) in rows:
        print(f"{language}: {passed} passed, {failed} failed, {skipped} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
