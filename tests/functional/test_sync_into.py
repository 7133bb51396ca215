"""`sync --into`: an ordinary virtual environment that other tools accept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.index_server import Index
from support.project import ROOT, Done, Project
from support.transcripts import replay
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.add(
        Wheel(
            "alpha",
            "1.0",
            requires=["beta>=1"],
            entry_points="[console_scripts]\nalpha = alpha:main\n",
            files={"alpha/__init__.py": b"def main():\n    print('alpha runs')\n"},
        )
    )
    index.add(Wheel("alpha", "2.0"))
    index.add(Wheel("beta", "1.5"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    assert project.engine("lock", "alpha==1.0", "-o", "one.toml").status == 0
    assert project.engine("lock", "alpha==2.0", "-o", "two.toml").status == 0
    return index


def pip(venv: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(venv), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=False,
    )


def installed(venv: Path) -> dict[str, str]:
    listed = pip(venv, "list", "--format=json")
    assert listed.returncode == 0, listed
    return {entry["name"]: entry["version"] for entry in json.loads(listed.stdout)}


def sync(project: Project, lock: str, *more: str) -> Done:
    return project.engine("sync", lock, "--into", ".venv", *more)


def test_a_new_environment_is_one_that_pip_and_shells_accept(
    project: Project, stocked: Index
) -> None:
    done = sync(project, "one.toml")
    assert done.status == 0, done
    assert done.output == "+ alpha 1.0\n+ beta 1.5\n", done
    assert "2 added in .venv" in done.errors, done
    venv = project.path / ".venv"
    assert installed(venv) == {"alpha": "1.0", "beta": "1.5"}
    assert pip(venv, "check").returncode == 0
    shell = "set -eu; . .venv/bin/activate; command -v alpha; alpha; deactivate; command -v sh"
    ran = subprocess.run(
        ["bash", "-c", shell], cwd=project.path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[:2] == [str(venv / "bin" / "alpha"), "alpha runs"]


def test_only_what_differs_changes(project: Project, stocked: Index) -> None:
    assert sync(project, "one.toml").status == 0
    venv = project.path / ".venv"
    (venv / "notes.txt").write_text("mine")
    again = sync(project, "one.toml")
    assert again.output == "", again
    assert "2 unchanged in .venv" in again.errors, again
    changed = sync(project, "two.toml")
    assert changed.output == "~ alpha 1.0 → 2.0\n- beta 1.5\n", changed
    assert installed(venv) == {"alpha": "2.0"}
    assert (venv / "notes.txt").read_text() == "mine"
    assert not (venv / "bin" / "alpha").exists()


def test_the_guide_prints_what_is_printed(project: Project, stocked: Index) -> None:
    def prepare() -> None:
        assert sync(project, "one.toml").status == 0
        (project.path / "two.toml").rename(project.path / "pylock.toml")

    replay(project, ROOT / "docs/guides/environments.md", {"flowstone sync": prepare}, {})


def test_check_and_dry_run_write_nothing(project: Project, stocked: Index) -> None:
    for option, status in (("--dry-run", 0), ("--check", 1)):
        done = sync(project, "one.toml", option)
        assert done.status == status, done
        assert "+ alpha 1.0" in done.output, done
        assert not (project.path / ".venv").exists()
    assert sync(project, "one.toml").status == 0
    assert sync(project, "one.toml", "--check").status == 0
    answer = json.loads(sync(project, "two.toml", "--check", "--json").output)
    assert answer["current"] is False
    assert {"name": "beta", "action": "remove", "before": "1.5", "after": None} in answer[
        "packages"
    ]
    assert project.engine("sync", "one.toml", "--check").status == 2


@pytest.mark.parametrize("mode", ["symlink", "hardlink", "clone", "copy"])
def test_pip_can_remove_and_replace_what_was_synchronised(
    project: Project, stocked: Index, tmp_path: Path, mode: str
) -> None:
    assert sync(project, "one.toml", "--link-mode", mode).status == 0
    venv = project.path / ".venv"
    removed = pip(venv, "uninstall", "-y", "beta")
    assert removed.returncode == 0, removed
    assert installed(venv) == {"alpha": "1.0"}
    wheel = Wheel("alpha", "2.0")
    path = tmp_path / wheel.filename
    path.write_bytes(wheel.bytes())
    upgraded = pip(venv, "install", "--no-deps", str(path))
    assert upgraded.returncode == 0, upgraded
    back = sync(project, "one.toml", "--link-mode", mode)
    assert back.status == 0, back
    assert back.output == "~ alpha 2.0 → 1.0\n+ beta 1.5\n", back
    assert installed(venv) == {"alpha": "1.0", "beta": "1.5"}


def test_an_environment_of_venv_is_taken_over_with_its_pip(
    project: Project, stocked: Index
) -> None:
    venv = project.path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    before = installed(venv)
    done = sync(project, "one.toml")
    assert done.status == 0, done
    assert "of other installers left alone" in done.errors, done
    assert installed(venv) == {**before, "alpha": "1.0", "beta": "1.5"}


def test_what_is_no_virtual_environment_is_refused(project: Project, stocked: Index) -> None:
    project.write(".venv/thesis.tex", "years of work\n")
    done = sync(project, "one.toml")
    assert done.status == 2, done
    assert "has files in it and is no virtual environment" in done.errors, done
    assert [path.name for path in (project.path / ".venv").iterdir()] == ["thesis.tex"]


def test_an_environment_whose_interpreter_is_gone_says_so(project: Project, stocked: Index) -> None:
    assert sync(project, "one.toml").status == 0
    python = project.path / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    done = sync(project, "one.toml")
    assert done.status == 1, done
    assert "is gone" in done.errors, done
    assert "hint: remove" in done.errors, done
