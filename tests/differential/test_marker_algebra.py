"""Computing with markers, checked against evaluating them with `packaging`.

Of two random markers the algebra prints each, their negation, conjunction and disjunction, and the
first under the assumption that the second holds. On a grid of environments, what `packaging` says
of each printed form has to be what it says of the originals, put together in Python; and where two
markers are said to imply or to exclude each other, no environment may contradict it.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

pytest.importorskip("packaging", minversion="26.0")

from oracles import ask
from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging_texts import ENVIRONMENTS, EXTRAS, SEED, Generator

# A build between releases ("3.13.0+") is asked like its release where a text stands on the left.
RELEASES = [each for each in ENVIRONMENTS if not each["python_full_version"].endswith("+")]
GRID = [{**environment, "extra": extra} for environment in RELEASES for extra in EXTRAS]
PAIRS = 1_500
# What has no opposite in the grammar: two operators, versions with local labels, and the order of
# versions on the left that are no final releases.
NOT_NEGATABLE = re.compile(r"""===|~=|\+|["'][^"']*\d(a|b|rc|\.post|\.dev)\d+[^"']*["']\s*[<>]""")


def evaluate(text: str) -> list[bool | None]:
    """Over the grid; None where packaging says undefined. The empty marker always holds."""
    if not text:
        return [True] * len(GRID)
    marker = Marker(text)
    answers: list[bool | None] = []
    for environment in GRID:
        try:
            answers.append(marker.evaluate(environment))
        except (UndefinedComparison, UndefinedEnvironmentName, KeyError):
            answers.append(None)
    return answers


def pairs() -> list[tuple[str, str]]:
    """Of markers that share variables, so that they have something to do with each other."""
    generator = Generator("algebra")
    found = []
    while len(found) < PAIRS:
        first, has_two_variables = generator.marker()
        second, has_two_more = generator.marker()
        if has_two_variables or has_two_more:
            continue
        kind = generator.random.random()
        if kind < 0.2:
            second = f"({first}) or {second}"
        elif kind < 0.4:
            second = f"({first}) and {second}"
        elif kind < 0.6:
            operator = generator.pick([">=", "<", "==", "!="])
            first = f"python_version {operator} '3.{generator.random.randrange(7, 14)}'"
        found.append((first, second))
    return found


def expected(first: list[bool | None], second: list[bool | None]) -> dict[str, list[bool | None]]:
    both = list(zip(first, second, strict=True))
    known = [None not in pair for pair in both]
    return {
        "a": first,
        "not a": [None if a is None else not a for a in first],
        "a and b": [a and b if sure else None for (a, b), sure in zip(both, known, strict=True)],
        "a or b": [a or b if sure else None for (a, b), sure in zip(both, known, strict=True)],
        "a where b": [a if sure and b else None for (a, b), sure in zip(both, known, strict=True)],
    }


def contradictions(texts: tuple[str, str], answer: dict[str, Any]) -> tuple[list[str], int]:
    """What is wrong with an answer, and how many comparisons were made."""
    wrong = []
    count = 0
    first, second = map(evaluate, texts)
    for form, wanted in expected(first, second).items():
        if form == "not a" and NOT_NEGATABLE.search(texts[0]):
            continue
        printed = answer["printed"][form]
        for environment, found, want in zip(GRID, evaluate(printed), wanted, strict=True):
            if want is None or found is None:
                continue
            count += 1
            if found != want:
                wrong.append(f"{form} is printed as {printed!r}: {found} in {environment}")
    for environment, a, b in zip(GRID, first, second, strict=True):
        if a is None or b is None:
            continue
        count += 2
        if answer["implies"] and a and not b:
            wrong.append(f"a does not imply b in {environment}")
        if answer["disjoint"] and a and b:
            wrong.append(f"a and b hold together in {environment}")
    return wrong, count


def test_what_is_computed_with_markers_is_what_packaging_evaluates() -> None:
    questions = pairs()
    answers = ask("pypi_oracle", [{"kind": "algebra", "a": a, "b": b} for a, b in questions])
    failures = []
    cases = implications = exclusions = 0
    for texts, answer in zip(questions, answers, strict=True):
        if answer is None:  # refused by us; whether rightly, test_packaging_values.py tells
            continue
        try:
            wrong, count = contradictions(texts, answer)
        except InvalidMarker as error:
            wrong, count = [f"packaging cannot read it: {error}"], 0
        cases += count
        implications += answer["implies"]
        exclusions += answer["disjoint"]
        if wrong:
            failures.append(f"a: {texts[0]}\nb: {texts[1]}\n  {wrong[0]} ({len(wrong)} in all)")
    print(f"\nmarker algebra: {cases} cases (seed {SEED})", end="")
    assert not failures, f"seed {SEED}: {len(failures)} differences\n" + "\n".join(failures[:10])
    # The questions are worth asking.
    assert implications > PAIRS / 20
    assert exclusions > PAIRS / 50
