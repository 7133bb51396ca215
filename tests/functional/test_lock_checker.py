"""The judge of locks must find what is wrong: it is fed locks that are broken in one way each."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from support.index_server import Index
from support.lock_checker import Asked, SimpleIndex, Target, WheelDirectory, findings
from support.project import BUILD_PYTHON
from support.wheels import Wheel

ALPHA = Wheel("alpha", "1.0", requires=["beta>=2", "gamma; extra == 'fast'"], extras=["fast"])
BETA = Wheel("beta", "2.0")
OLD_BETA = Wheel("beta", "1.0")
NEW_BETA = Wheel("beta", "3.0rc1")
YANKED_BETA = Wheel("beta", "2.5")
GAMMA = Wheel("gamma", "1.0")


@pytest.fixture(scope="module")
def target() -> Target:
    return Target.of(BUILD_PYTHON)


@pytest.fixture
def simple(index: Index) -> SimpleIndex:
    for wheel in (ALPHA, BETA, OLD_BETA, NEW_BETA, GAMMA):
        index.add(wheel)
    index.add(YANKED_BETA, yanked="broken")
    return SimpleIndex(index.url)


def package(wheel: Wheel, *, sha256: str | None = None, extra: str = "") -> str:
    digest = sha256 or hashlib.sha256(wheel.bytes()).hexdigest()
    return (
        f'[[packages]]\nname = "{wheel.name}"\nversion = "{wheel.version}"\n{extra}'
        f'wheels = [{{ name = "{wheel.filename}", url = "https://files.example/x", '
        f'hashes = {{ sha256 = "{digest}" }} }}]\n'
    )


def lock(*packages: str, head: str = "") -> str:
    return 'lock-version = "1.0"\ncreated-by = "flowstone"\n' + head + "\n".join(packages)


GOOD = lock(package(ALPHA), package(BETA))


def test_a_good_lock_has_no_findings(simple: SimpleIndex, target: Target) -> None:
    assert findings(GOOD, simple, Asked(["alpha"]), [target]) == []
    with_extra = lock(package(ALPHA), package(BETA), package(GAMMA))
    assert findings(with_extra, simple, Asked(["alpha[fast]"]), [target]) == []


@pytest.mark.parametrize(
    ("text", "asked", "finding"),
    [
        (lock(package(ALPHA)), Asked(["alpha"]), "needs beta>=2, which the lock does not have"),
        (lock(package(BETA)), Asked(["alpha"]), "the request needs alpha"),
        (
            lock(package(ALPHA), package(OLD_BETA)),
            Asked(["alpha"]),
            "needs beta>=2, and the lock has beta 1.0",
        ),
        (
            lock(package(ALPHA), package(BETA), package(GAMMA)),
            Asked(["alpha"]),
            "gamma is needed by nobody",
        ),
        (GOOD, Asked(["alpha[fast]"]), "needs gamma"),
        (GOOD, Asked(["alpha"], constraints=["beta<2"]), "the constraint beta<2 does not hold"),
        (GOOD, Asked(["alpha"], excludes=["beta"]), "beta is needed by nobody"),
        (GOOD, Asked(["alpha"], overrides=["beta<2"]), "the lock has beta 2.0"),
        (
            lock(package(ALPHA), package(YANKED_BETA)),
            Asked(["alpha"]),
            "is yanked and nobody pins it",
        ),
        (
            lock(package(ALPHA), package(NEW_BETA)),
            Asked(["alpha"]),
            "is a pre-release, although 2.0 is a final release",
        ),
        (
            lock(package(ALPHA), package(NEW_BETA)),
            Asked(["alpha"], prereleases="disallow"),
            "none may be used",
        ),
        (
            lock(package(ALPHA), package(BETA, sha256="0" * 64)),
            Asked(["alpha"]),
            "has another sha256",
        ),
        (lock(package(ALPHA), package(Wheel("beta", "9.0"))), Asked(["alpha"]), "the index has no"),
        (
            lock(package(ALPHA), package(Wheel("beta", "2.0", tag="cp27-cp27m-win32"))),
            Asked(["alpha"]),
            "cannot be installed",
        ),
        (
            lock(package(ALPHA), package(BETA), package(Wheel("beta", "2.0"))),
            Asked(["alpha"]),
            "cannot be installed",
        ),
        (lock(package(BETA), package(ALPHA)), Asked(["alpha"]), "not sorted"),
        (
            lock(package(ALPHA), package(BETA), head='requires-python = "==2.7.*"\n'),
            Asked(["alpha"]),
            "cannot be installed",
        ),
        (
            lock(
                package(ALPHA),
                package(BETA, extra='index = "https://user:secret@index.example/simple/"\n'),
            ),
            Asked(["alpha"]),
            "line 11 holds credentials",
        ),
        (GOOD, Asked(["alpha"], exclude_newer="2023-01-01T00:00:00Z"), "past the cut-off"),
        ("created-by = 3\n", Asked(["alpha"]), "not valid"),
    ],
)
def test_each_fault_is_found(
    simple: SimpleIndex, target: Target, text: str, asked: Asked, finding: str
) -> None:
    found = findings(text, simple, asked, [target])
    assert any(finding in one for one in found), found


def test_a_pinned_yanked_release_is_right(simple: SimpleIndex, target: Target) -> None:
    text = lock(package(ALPHA), package(YANKED_BETA))
    assert findings(text, simple, Asked(["alpha", "beta==2.5"]), [target]) == []


def test_python_bounds_are_obeyed_from_below(index: Index, target: Target) -> None:
    capped = Wheel("capped", "1.0", requires_python=">=3.6,<3.7")
    future = Wheel("future", "1.0", requires_python=">=4")
    index.add(capped)
    index.add(future)
    text = lock(package(capped), package(future))
    asked = Asked(["capped", "future"])
    found = findings(text, SimpleIndex(index.url), asked, [target])
    assert found == ["future-1.0-py3-none-any.whl requires Python >=4"]
    asked.obeys_upper_python_bounds = True
    assert len(findings(text, SimpleIndex(index.url), asked, [target])) == 2


def test_a_directory_of_wheels_is_an_index(tmp_path: Path, target: Target) -> None:
    for wheel in (ALPHA, BETA):
        (tmp_path / wheel.filename).write_bytes(wheel.bytes())
    directory = WheelDirectory(tmp_path)
    assert findings(GOOD, directory, Asked(["alpha"]), [target]) == []
    assert findings(lock(package(ALPHA)), directory, Asked(["alpha"]), [target]) != []
