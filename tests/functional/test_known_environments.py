"""A lock that gave an environment before is not read again: nobody may see a difference."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support.index_server import Index
from support.project import Done, Project
from support.wheels import Wheel


@pytest.fixture
def locked(index: Index, project: Project) -> Project:
    index.add(Wheel("alpha", "1.0", requires=["beta"]))
    index.add(Wheel("beta", "2.5"))
    done = project.engine("lock", "alpha", "-o", "pylock.toml", "--index-url", index.url)
    assert done.status == 0, done
    return project


def known(project: Project) -> list[Path]:
    return sorted((project.home / "cache" / "v1" / "known").glob("*"))


def synced(project: Project, *options: str) -> Done:
    done = project.engine("sync", "pylock.toml", *options)
    assert done.status == 0, done
    return done


def test_the_second_answer_is_the_first_one(locked: Project) -> None:
    first = synced(locked)
    assert len(known(locked)) == 1
    again = synced(locked)
    assert again.output == first.output
    assert again.errors == ""
    assert '"outcome": "reused"' in synced(locked, "--json").output
    assert len(known(locked)) == 1
    explained = synced(locked, "-v")
    assert "of the lock are for this Python" in explained.errors
    ran = locked.engine("exec", "pylock.toml", "--", "python", "-c", "import beta; print('there')")
    assert ran.output == "there\n", ran


def test_an_environment_that_is_gone_or_damaged_is_made_again(locked: Project) -> None:
    directory = Path(synced(locked).output.splitlines()[0])
    shutil.rmtree(directory)
    assert synced(locked).output.splitlines()[0] == str(directory)
    assert (directory / "bin" / "python").exists()
    (directory / "flowstone-environment.json").write_text("{}")
    rebuilt = synced(locked)
    assert "rebuilt" in rebuilt.errors
    assert synced(locked).errors == ""


def test_what_was_remembered_may_be_damaged_or_unwritable(locked: Project) -> None:
    first = synced(locked)
    for text in ("", "nonsense\n", "0" * 64 + " 2\n"):
        known(locked)[0].write_text(text)
        assert synced(locked).output == first.output
    places = locked.home / "cache" / "v1" / "known"
    shutil.rmtree(places)
    places.write_text("no directory")
    assert synced(locked).output == first.output
    assert synced(locked).output == first.output


def test_another_lock_is_another_question(locked: Project) -> None:
    first = synced(locked)
    lock = locked.path / "pylock.toml"
    text = lock.read_text()
    digest = re.findall(r'sha256 = "(\w+)"', text)[0]
    lock.write_text(text.replace(digest, "0" * 64))
    assert locked.engine("sync", "pylock.toml").status == 1
    lock.write_text(text + "# a remark\n")
    assert synced(locked).output == first.output
    assert len(known(locked)) == 2
    lock.write_text(text.replace('lock-version = "1.0"', 'lock-version = "9.0"'))
    assert "9.0" in locked.engine("sync", "pylock.toml").errors


def test_what_the_lock_does_not_have_is_still_refused(locked: Project) -> None:
    synced(locked)
    for option, message in (("--extra", "no extra 'x'"), ("--group", "no dependency group 'x'")):
        for _ in range(2):
            done = locked.engine("sync", "pylock.toml", option, "x")
            assert done.status == 1
            assert message in done.errors, done


def test_the_cleaned_cache_knows_nothing_more(locked: Project) -> None:
    synced(locked)
    assert locked.engine("cache", "clean").status == 0
    assert known(locked) == []
    synced(locked)


def test_a_lock_that_names_another_version_than_its_wheel_is_refused(locked: Project) -> None:
    synced(locked)
    lock = locked.path / "pylock.toml"
    lock.write_text(lock.read_text().replace("2.5", "2.6"))
    done = locked.engine("sync", "pylock.toml")
    assert done.status == 2, done
    assert "beta 2.6, has sha256" in done.errors
    assert "the wheel that has it is beta 2.5" in done.errors


def test_a_lock_names_no_program_to_run(locked: Project) -> None:
    evil = locked.write("evil", "#!/bin/sh\ntouch ran\n")
    evil.chmod(0o755)
    lock = locked.path / "pylock.toml"
    lock.write_text(re.sub("requires-python = .*", f'requires-python = "{evil}"', lock.read_text()))
    done = locked.engine("sync", "pylock.toml")
    assert done.status == 2, done
    assert "requires-python" in done.errors
    assert not (locked.path / "ran").exists()
