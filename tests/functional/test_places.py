"""An error about something that was written says where: option, variable, line, decorator."""

from __future__ import annotations

import pytest
from support.index_server import Index
from support.project import Project
from support.wheels import Wheel

PROJECT = """\
[project]
name = "ours"
version = "1"
"""


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.add(Wheel("lib", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (
            ["--resolution", "hghest"],
            ["--resolution is 'hghest'", "hint: did you mean 'highest'?"],
        ),
        (["--prerelease", "alow"], ["--prerelease is 'alow'", "did you mean 'allow'?"]),
        (["--exclude-newer", "yesterday"], ["'yesterday'", "while reading --exclude-newer"]),
        (["-c", "nothing.txt"], ["while reading nothing.txt", "which --constraint names"]),
        (["--override", "nothing.txt"], ["which --override names"]),
        (["--only-binary", "a b"], ["'a b'", "while reading --only-binary"]),
        (["lib=>1"], ["'=>1' is not a version specifier", "    lib=>1\n"]),
    ],
)
def test_option(stocked: Index, project: Project, arguments: list[str], parts: list[str]) -> None:
    done = project.engine("lock", "lib", *arguments)
    assert done.status != 0
    for part in parts:
        assert part in done.errors, done
    assert "variable" not in done.errors


@pytest.mark.parametrize(
    ("variable", "value", "part"),
    [
        ("FLOWSTONE_RESOLUTION", "hghest", "--resolution is 'hghest'"),
        ("UV_PRERELEASE", "alow", "--prerelease is 'alow'"),
        ("UV_FORK_STRATEGY", "few", "--fork-strategy is 'few'"),
        ("UV_EXCLUDE_NEWER", "yesterday", "while reading --exclude-newer"),
        ("FLOWSTONE_EXCLUDE_NEWER_PACKAGE", "lib", "--exclude-newer-package is 'lib'"),
        ("PIP_CONSTRAINT", "nothing.txt", "which --constraint names"),
        ("UV_OVERRIDE", "nothing.txt", "which --override names"),
        ("PIP_ONLY_BINARY", "a:b", "while reading --only-binary"),
        ("FLOWSTONE_BUILD_TIMEOUT", "long", "--build-timeout is 'long'"),
        ("FLOWSTONE_COLOR", "purple", "--color is 'purple'"),
        ("UV_INDEX_STRATEGY", "best", "index-strategy from UV_INDEX_STRATEGY is 'best'"),
    ],
)
def test_variable(stocked: Index, project: Project, variable: str, value: str, part: str) -> None:
    project.environment[variable] = value
    done = project.engine("lock", "lib")
    assert done.status != 0
    assert part in done.errors, done
    assert variable in done.errors, done


def test_variable_that_names_nothing(stocked: Index, project: Project) -> None:
    project.environment["PIP_FIND_LINKS"] = "/nowhere/at/all"
    done = project.engine("lock", "own-lib")
    assert done.status == 1
    assert "own-lib was not found in any index" in done.errors
    hint = "hint: the configured find-links directory /nowhere/at/all is not there and is left out"
    assert hint in done.errors, done


def test_cut_off_of_a_variable(stocked: Index, project: Project) -> None:
    project.environment["UV_EXCLUDE_NEWER"] = "2023-01-01"
    done = project.engine("lock", "lib")
    assert done.status == 1
    assert "of --exclude-newer: choose a later one" in done.errors
    assert "the variable UV_EXCLUDE_NEWER sets --exclude-newer" in done.errors, done


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("lib\nother=>1\n", "r.txt:2: '=>1'"),
        ("lib\n--indx-url x\n", "r.txt:2: requirements files have no option '--indx-url'"),
        ("lib --hash=sha256:zz\n", "r.txt:1: a sha256 hash"),
        ("lib\n\n-c nothing.txt\n", "included at r.txt:3"),
        ("lib\n./nothing\n", "for the requirements of r.txt:2"),
        ("lib\nlib>=2\n", "r.txt:2 requires lib>=2"),
    ],
)
def test_requirements_line(stocked: Index, project: Project, text: str, place: str) -> None:
    project.write("r.txt", text)
    done = project.engine("lock", "-r", "r.txt")
    assert done.status != 0
    assert place in done.errors, done


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('dependencies = ["lib", "other=>1"]\n', "pyproject.toml:4: '=>1'"),
        ('dependencies = ["lib>=2"]\n', "pyproject.toml:4 requires lib>=2"),
        ('requires-python = ">=x"\n', "pyproject.toml:4: project.requires-python: '>=x'"),
        ('[tool.uv]\nresolution = "hghest"\n', "tool.uv.resolution is 'hghest'"),
        ('[tool.uv]\nenvironments = ["os=="]\n', "pyproject.toml:5: tool.uv.environments"),
        ('[tool.uv]\nconstraint-dependencies = ["a=>1"]\n', "pyproject.toml:5: '=>1'"),
        ('[tool.uv.sources]\nlib = { pth = "x" }\n', "pyproject.toml:5: tool.uv.sources.lib"),
    ],
)
def test_pyproject_table(stocked: Index, project: Project, text: str, place: str) -> None:
    project.write("pyproject.toml", PROJECT + text)
    done = project.engine("lock")
    assert done.status != 0
    assert place in done.errors, done


FLOW = """
from flowstone import FlowSpec, pypi, step


class PlacesFlow(FlowSpec):
    @pypi({arguments})
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    PlacesFlow()
"""


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ('packages={"lib": "=>1"}', ["'=>1'", "in packages of @pypi", "at flow.py:5"]),
        ('packages={"lib": ">=2"}', ["step start (@pypi, flow.py:5) requires lib>=2"]),
        ('python="3.99"', ["for step start (@pypi, flow.py:5)"]),
        ('exclude_newer="yesterday"', ["exclude_newer is 'yesterday'", "at flow.py:5"]),
        ('platforms=["linux"]', ["'linux' is not a target", "at flow.py:5"]),
        ('group="dev"', ["names a group but no file", "for step start (@pypi, flow.py:5)"]),
        (
            'requirements="nothing.txt"',
            ["while reading the requirements of step start (@pypi, flow.py:5)"],
        ),
        ('lock="nothing.toml"', ["lock file nothing.toml", "for step start (@pypi, flow.py:5)"]),
    ],
)
def test_decorator(stocked: Index, project: Project, arguments: str, parts: list[str]) -> None:
    project.write("flow.py", FLOW.format(arguments=arguments))
    done = project.flow("run")
    assert done.status != 0
    for part in parts:
        assert part in done.errors, done
