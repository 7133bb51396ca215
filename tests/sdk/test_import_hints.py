"""What is said about modules that are not there."""

from __future__ import annotations

import pytest
from flowstone.import_hints import import_hint, package_of


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("yaml.nodes", "pyyaml"),
        ("pandas.core", "pandas"),
        ("google.cloud.storage.blob", "google-cloud-storage"),
        ("Some_Thing", "some-thing"),
    ],
)
def test_the_package_of_a_module(module: str, package: str) -> None:
    assert package_of(module) == package


def test_a_step_without_environment_is_given_one() -> None:
    hint = import_hint(ModuleNotFoundError("No module named 'cv2'", name="cv2"), [])
    assert hint == (
        "hint: the module cv2 is in the package opencv-python-headless: give it to the step with "
        '@pypi(packages={"opencv-python-headless": ""})\n'
    )


def test_a_step_with_an_environment_gets_one_package_more() -> None:
    hint = import_hint(ModuleNotFoundError("No module named 'jwt'", name="jwt"), ["retry", "pypi"])
    assert 'add "pyjwt": "" to the packages of its @pypi' in hint


def test_the_cause_counts() -> None:
    error = ImportError("pandas needs openpyxl")
    error.__cause__ = ModuleNotFoundError("No module named 'openpyxl'", name="openpyxl")
    assert "in the package openpyxl" in import_hint(error, [])


@pytest.mark.parametrize(
    "error",
    [
        ValueError("something else"),
        ModuleNotFoundError("raised by hand"),
        ModuleNotFoundError("a part that is not there", name="pytest.no_such_part"),
        ModuleNotFoundError("left out of this build", name="sqlite3"),
    ],
)
def test_nothing_is_said_where_no_package_would_help(error: BaseException) -> None:
    if getattr(error, "name", None) == "sqlite3" and not _knows_standard_library():
        pytest.skip("this Python does not list its standard library")
    assert import_hint(error, []) == ""


def _knows_standard_library() -> bool:
    import sys

    return hasattr(sys, "stdlib_module_names")
