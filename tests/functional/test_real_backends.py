"""Builds with the backends that people use: setuptools, hatchling, flit, poetry."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path
from typing import Iterator

import pytest
from support.backends import REAL_PROJECTS, RealProject, add_backends
from support.index_server import Index
from support.project import Project
from support.wheels import Wheel


def backends(*kinds: str) -> pytest.MarkDecorator:
    """Parametrizes with these projects, or with all."""
    return pytest.mark.parametrize(
        "real",
        [real for real in REAL_PROJECTS if not kinds or real.kind in kinds],
        ids=lambda real: real.kind,
    )


@pytest.fixture(scope="module")
def stocked() -> Iterator[Index]:
    with Index() as index:
        index.max_age = 0
        if not add_backends(index):
            pytest.skip("no wheels of build backends here: `make build/backends/complete`")
        index.add(Wheel("dependency", "1.0"))
        yield index


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all: what setuptools needs is composed once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def project(tmp_path: Path, home: Path, stocked: Index) -> Project:
    project = Project(tmp_path / "project", home)
    project.environment["FLOWSTONE_INDEX_URL"] = stocked.url
    return project


def lock(project: Project, *arguments: str) -> str:
    done = project.engine("lock", *arguments)
    assert done.status == 0, done
    return (project.path / "pylock.toml").read_text()


def say_hello(project: Project, *options: str) -> str:
    done = project.engine("exec", *options, "pylock.toml", "demo-hello")
    assert done.status == 0, done
    return done.output


@backends()
def test_a_published_source(project: Project, stocked: Index, real: RealProject) -> None:
    stocked.add_file("demo", "demo-1.5.tar.gz", real.sdist())
    text = lock(project, "demo", "--build", "demo")
    assert 'name = "dependency"' in text
    assert "setuptools" not in text
    assert say_hello(project, "--build", "demo") == "hello world\n"


@backends("setuptools", "setup.py", "poetry")
def test_a_directory(project: Project, real: RealProject) -> None:
    real.write(project.path / "demo-project")
    text = lock(project, "./demo-project")
    assert 'name = "dependency"' in text
    assert say_hello(project) == "hello world\n"
    # The source was only read: no build, no egg-info, nothing.
    assert sorted(
        str(path.relative_to(project.path / "demo-project"))
        for path in (project.path / "demo-project").rglob("*")
        if path.is_file()
    ) == sorted(real.files)


@backends("setuptools", "setup.py", "hatchling", "flit", "poetry")
def test_an_editable_directory(project: Project, real: RealProject) -> None:
    source = real.write(project.path / "demo-project")
    project.write("requirements.txt", "-e ./demo-project\n")
    lock(project, "-r", "requirements.txt")
    assert say_hello(project) == "hello world\n"
    (source / "demo" / "data.txt").write_text("editor\n")
    assert say_hello(project) == "hello editor\n"


EXTENSION = """
#include <Python.h>
static PyObject* answer(PyObject* self, PyObject* args) { return PyLong_FromLong(ANSWER); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", "", -1, methods};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
"""


def test_an_extension_is_compiled_with_the_variables_of_the_user(project: Project) -> None:
    if shutil.which("gcc") is None or not Path(sysconfig.get_path("include"), "Python.h").exists():
        pytest.skip("no compiler, or no headers of Python")
    project.write("fast/fast.c", EXTENSION)
    project.write(
        "fast/setup.py",
        """
        from setuptools import Extension, setup
        setup(name="fast", version="1", ext_modules=[Extension("fast", ["fast.c"])])
        """,
    )
    lock(project, "./fast")
    for answer in ("42", "43"):
        done = project.engine(
            "exec", "pylock.toml", "python", "-c", "import fast; print(fast.answer())",
            CFLAGS=f"-DANSWER={answer}",
        )  # fmt: skip
        assert (done.status, done.output) == (0, answer + "\n"), done


def test_a_compiler_error_is_shown(project: Project) -> None:
    project.write("fast/fast.c", "#error this cannot be compiled\n")
    project.write(
        "fast/setup.py",
        """
        from setuptools import Extension, setup
        setup(name="fast", version="1", ext_modules=[Extension("fast", ["fast.c"])])
        """,
    )
    lock(project, "./fast")
    done = project.engine("sync", "pylock.toml")
    assert done.status == 2, done
    assert "building fast failed in build_wheel" in done.errors
    if shutil.which("gcc") is not None:
        assert "this cannot be compiled" in done.errors
