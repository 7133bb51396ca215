"""What Flowstone locks in a directory, and what `uv pip compile` locks there."""

from __future__ import annotations

import re
import subprocess

import pytest

from support.index_server import Index
from support.installers import TOOLS
from support.project import BUILD_PYTHON, Project


def versions_in(text: str) -> dict[str, str]:
    """The packages of a pylock.toml."""
    return dict(re.findall(r'^name = "([^"]+)"\nversion = "([^"]+)"', text, re.MULTILINE))


def locked(project: Project, *arguments: str, **variables: str) -> dict[str, str]:
    done = project.engine("lock", "-o", "-", *arguments, **variables)
    assert done.status == 0, done
    return versions_in(done.output)


def locked_by_uv(
    project: Project, index: Index, *arguments: str, **variables: str
) -> dict[str, str]:
    """What `uv pip compile` chooses in the same directory."""
    if not (TOOLS / "uv").exists():
        pytest.skip("uv is not installed in build/tools")
    done = subprocess.run(
        [
            *(str(TOOLS / "uv"), "pip", "compile", *arguments, "--format", "pylock.toml"),
            *("--default-index", index.url, "--python", str(BUILD_PYTHON), "--quiet"),
            *("--cache-dir", str(project.home / "uv-cache")),
        ],
        cwd=project.path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(project.home), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done
    return versions_in(done.stdout)
