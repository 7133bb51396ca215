#!/usr/bin/env python3
"""Gate: files and functions stay small enough to read.

Source 800 lines, test 1,200, header 400, Python 400 (tests 1,200), C++ function 80 lines. When a
file hits the gate, split it by idea. Generated files say so in their first line and are exempt.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ["src", "python", "tests", "tools", "bench", "examples", "fuzz"]
FUNCTION_LIMIT = 80
# A function body opens at the end of a line that starts at column 0 (or indented by a class) and
# closes with a brace in the column where its first line started: what clang-format guarantees.
OPENING = re.compile(
    r"^( *)(?!namespace|class|struct|enum|union|extern|switch|if|for|while|do|else)\S.*\{$"
)
NOT_FUNCTION = re.compile(r"^\s*(namespace|class|struct|enum|union|extern|#)|= \{$|^\s*\}")


def limit_of(path: Path) -> int:
    is_test = "test" in path.stem or "tests" in path.parts
    if path.suffix == ".h":
        return 400
    if path.suffix == ".cc":
        return 1200 if is_test else 800
    return 1200 if is_test else 400


def long_cc_functions(lines: list[str]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    indent = ""
    for number, line in enumerate(lines, 1):
        if start is None:
            match = OPENING.match(line)
            if (
                match
                and not NOT_FUNCTION.search(line)
                and "(" in "".join(lines[max(0, number - 6) : number])
            ):
                start, indent = number, match.group(1)
        elif line == indent + "}" or line.startswith((indent + "};", indent + "})", indent + "} ")):
            if number - start > FUNCTION_LIMIT:
                yield start, number - start
            start = None


def long_python_functions(text: str) -> Iterator[tuple[int, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno
            if length > FUNCTION_LIMIT:
                yield node.lineno, length


def findings(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    if lines and "generated" in lines[0].lower():
        return
    where = path.relative_to(ROOT)
    if len(lines) > limit_of(path):
        yield f"{where}: {len(lines)} lines, more than {limit_of(path)}: split it by idea"
    functions = long_python_functions(text) if path.suffix == ".py" else long_cc_functions(lines)
    if path.suffix != ".py" and path.stem.endswith("_test"):
        return
    for line, length in functions:
        yield f"{where}:{line}: a function of {length} lines, more than {FUNCTION_LIMIT}"


def main() -> int:
    wrong = [
        line
        for folder in FOLDERS
        for suffix in ("*.h", "*.cc", "*.py")
        for path in sorted((ROOT / folder).rglob(suffix))
        for line in findings(path)
    ]
    for line in wrong:
        print(line)
    print(f"check_sizes: {len(wrong)} finding(s)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
