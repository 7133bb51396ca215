"""`flowstone lock`, its file, and `flowstone diff`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.index_server import Index
from support.installers import INSTALLERS, Installer, skip_without
from support.lock_checker import Asked, SimpleIndex, Target, check
from support.project import BUILD_PYTHON, Project
from support.wheels import Wheel


@pytest.fixture(scope="module")
def target() -> Target:
    return Target.of(BUILD_PYTHON)


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.max_age = 0
    index.add(Wheel("alpha", "1.0", requires=["beta>=1"]))
    index.add(Wheel("alpha", "2.0", requires=["beta>=1", "delta; extra == 'more'"]))
    index.add(Wheel("beta", "1.0"))
    index.add(Wheel("delta", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def lock(project: Project, *arguments: str) -> str:
    done = project.engine("lock", *arguments)
    assert done.status == 0, done
    return (project.path / "pylock.toml").read_text()


def versions(text: str) -> dict[str, str]:
    return dict(re.findall(r'^name = "([^"]+)"\nversion = "([^"]+)"', text, re.MULTILINE))


def test_every_kind_of_lock_is_right(project: Project, stocked: Index, target: Target) -> None:
    index = SimpleIndex(stocked.url)
    for requirements in (["alpha"], ["alpha[more]"], ["alpha<2", "beta"], ["delta==1.*"]):
        check(lock(project, *requirements), index, Asked(requirements), [target])


def test_the_file_is_the_same_whatever_the_order(project: Project, stocked: Index) -> None:
    first = lock(project, "alpha", "delta")
    second = lock(project, "delta", "alpha", "--upgrade")
    assert first == second
    assert all(len(line.split("{ name")) <= 2 for line in first.splitlines())


def test_the_lock_says_who_asked_for_what(project: Project, stocked: Index) -> None:
    project.write("requirements.txt", "# ours\nalpha<2\n")
    text = lock(project, "-r", "requirements.txt", "delta", "--exclude-newer", "2026-01-01")
    assert re.search(r'text = "alpha<2", from = \["requirements.txt', text), text
    assert '{ text = "delta", from = ["the command line"] }' in text
    assert 'exclude-newer = "2026-01-01T00:00:00Z"' in text


def test_no_credential_gets_into_a_lock(project: Project, stocked: Index) -> None:
    secret = stocked.url.replace("http://", "http://user:s3cret@")
    text = lock(project, "alpha", "--index-url", secret)
    assert "s3cret" not in text
    assert "user" not in text


def test_a_named_index_is_named_in_the_lock(project: Project, stocked: Index) -> None:
    secret = stocked.url.replace("http://", "http://user:s3cret@")
    text = lock(project, "alpha", "--index-url", f"corp={secret}")
    assert f'[tool.flowstone.indexes]\ncorp = "{stocked.url}"\n' in text
    assert "s3cret" not in text
    assert "indexes" not in lock(project, "alpha")


def test_an_existing_lock_is_kept_as_far_as_it_holds(project: Project, stocked: Index) -> None:
    lock(project, "alpha<2")
    stocked.add(Wheel("beta", "1.5"))
    assert versions(lock(project, "alpha")) == {"alpha": "1.0", "beta": "1.0"}
    assert versions(lock(project, "alpha>=2")) == {"alpha": "2.0", "beta": "1.0"}
    upgraded = lock(project, "alpha>=2", "--upgrade-package", "beta", "--refresh")
    assert versions(upgraded) == {"alpha": "2.0", "beta": "1.5"}


def test_upgrade_package_moves_that_package_alone(project: Project, stocked: Index) -> None:
    lock(project, "alpha<2")
    stocked.add(Wheel("beta", "1.5"))
    text = lock(project, "alpha", "--upgrade-package", "alpha", "--refresh")
    assert versions(text) == {"alpha": "2.0", "beta": "1.0"}
    text = lock(project, "alpha", "--upgrade", "--refresh")
    assert versions(text) == {"alpha": "2.0", "beta": "1.5"}


def test_check_asks_nobody_when_the_lock_is_current(project: Project, stocked: Index) -> None:
    lock(project, "alpha")
    stocked.requests.clear()
    done = project.engine("lock", "alpha", "--check", "--refresh")
    assert done.status == 0, done
    assert "pylock.toml is current" in done.errors
    assert stocked.requests == []


def test_a_lock_is_written_where_its_name_leads(project: Project, stocked: Index) -> None:
    (project.path / "shared").mkdir()
    (project.path / "pylock.toml").symlink_to("shared/all.toml")
    text = lock(project, "alpha")
    assert (project.path / "pylock.toml").is_symlink()
    assert (project.path / "shared" / "all.toml").read_text() == text
    printed = project.engine("lock", "alpha", "-o", "/dev/stdout")
    assert printed.status == 0 and printed.output == text, printed
    done = project.engine("lock", "alpha", "-o", "nowhere/pylock.toml")
    assert done.status == 1, done
    assert f"there is no directory '{project.path}/nowhere'" in done.errors


def test_another_name_than_a_locks_is_warned_of(project: Project, stocked: Index) -> None:
    assert "warning" not in project.engine("lock", "alpha", "-o", "pylock.dev.toml").errors
    done = project.engine("lock", "alpha", "-o", "lock.toml")
    assert done.status == 0
    assert "warning: other tools take a file for a lock only when it is called" in done.errors


def test_check_says_what_would_change_and_writes_nothing(project: Project, stocked: Index) -> None:
    before = lock(project, "alpha<2")
    done = project.engine("lock", "alpha>=2", "delta", "--check")
    assert done.status == 1, done
    assert "it was not made for the requirement alpha>=2" in done.errors
    assert "changed  alpha 1.0 -> 2.0" in done.output
    assert "added    delta 1.0" in done.output
    assert (project.path / "pylock.toml").read_text() == before


def test_check_with_upgrade_looks_for_newer_releases(project: Project, stocked: Index) -> None:
    before = lock(project, "alpha<2")
    assert project.engine("lock", "alpha<2", "--check", "--upgrade").status == 0
    stocked.add(Wheel("beta", "1.5"))
    for option in (["--upgrade"], ["--upgrade-package", "beta"]):
        done = project.engine("lock", "alpha<2", "--check", *option, "--refresh")
        assert done.status == 1, done
        assert "changed  beta 1.0 -> 1.5" in done.output
    done = project.engine("lock", "alpha<2", "--check", "--upgrade-package", "alpha")
    assert done.status == 0, done
    assert "pylock.toml is current" in done.errors
    assert (project.path / "pylock.toml").read_text() == before


def test_quiet_locks_without_a_word(project: Project, stocked: Index) -> None:
    done = project.engine("lock", "alpha", "-q")
    assert (done.status, done.output, done.errors) == (0, "", "")
    done = project.engine("-q", "lock", "alpha", "--check")
    assert (done.status, done.output, done.errors) == (0, "", "")


def test_what_is_resolved_is_what_is_locked(project: Project, stocked: Index) -> None:
    done = project.engine("lock", "alpha<3", "alpha!=2")
    assert "Resolved 2 packages" in done.errors
    assert "2 packages locked" in done.errors
    stocked.add(Wheel("old", "2.0", requires=["beta<1"]))
    stocked.add(Wheel("old", "1.0"))
    done = project.engine("lock", "old", "beta")
    assert "Resolved 2 packages" in done.errors, done


def test_check_without_a_lock_fails(project: Project, stocked: Index) -> None:
    done = project.engine("lock", "delta", "--check")
    assert done.status == 1, done
    assert "pylock.toml does not exist" in done.errors
    assert done.output == "added    delta 1.0\n"
    assert not (project.path / "pylock.toml").exists()


def test_the_first_python_of_path_is_locked_for(project: Project, stocked: Index) -> None:
    version = subprocess.run(
        [str(BUILD_PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert f'requires-python = "=={version}.*"' in lock(project, "alpha")


def test_diff_names_the_input_that_caused_each_change(project: Project, stocked: Index) -> None:
    lock(project, "alpha<2")
    shutil.copy(project.path / "pylock.toml", project.path / "pylock.old.toml")
    lock(project, "alpha[more]>=2")
    done = project.engine("diff", "pylock.old.toml", "pylock.toml")
    assert done.status == 1, done
    assert done.output == (
        "input    requirement alpha<2 -> alpha[more]>=2 (the command line)\n"
        "changed  alpha 1.0 -> 2.0\n"
        "         because: requirement alpha<2 -> alpha[more]>=2 (the command line)\n"
        "added    delta 1.0\n"
        "         because: alpha 2.0 needs it and was 1.0\n"
    )
    document = json.loads(project.engine("diff", "--json", "pylock.old.toml", "pylock.toml").output)
    assert document["same"] is False
    assert [entry["change"] for entry in document["packages"]] == ["changed", "added"]


def test_diff_of_equal_locks_is_silent_and_trouble_is_2(project: Project, stocked: Index) -> None:
    lock(project, "alpha")
    same = project.engine("diff", "pylock.toml", "pylock.toml")
    assert (same.status, same.output) == (0, "")
    assert project.engine("diff", "pylock.toml", "nowhere.toml").status == 2
    project.write("broken.toml", "lock-version = 3\n")
    assert project.engine("diff", "pylock.toml", "broken.toml").status == 2


@pytest.mark.parametrize("installer", INSTALLERS)
def test_other_tools_install_from_it(
    project: Project, stocked: Index, tmp_path: Path, installer: Installer
) -> None:
    skip_without(installer)
    lock(project, "alpha[more]")
    place = tmp_path / "site"
    done = installer(project.path / "pylock.toml", place)
    assert done.returncode == 0, done.stderr
    installed = {path.name for path in place.glob("*.dist-info")}
    assert installed == {
        "alpha-2.0.dist-info",
        "beta-1.0.dist-info",
        "delta-1.0.dist-info",
    }


def test_the_environment_of_flows_is_none_of_locks(project: Project, stocked: Index) -> None:
    """`--environment` of a flow has variables; that of `lock` is another option."""
    done = project.engine("lock", "alpha", METAFLOW_ENVIRONMENT="local")
    assert done.status == 0, done
    refused = project.engine("lock", "alpha", "--environment", "sys_platform == 'linux'")
    assert refused.status == 2, refused
    assert "error: --environment is about a lock for all environments" in refused.errors
