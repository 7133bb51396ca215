"""Source distributions: read without running anything, refused, allowed, built in a sandbox."""

from __future__ import annotations

import gzip
import hashlib
import re
import tarfile
from pathlib import Path

import pytest
from support.index_server import Index
from support.project import Done, Project
from support.sources import SourceProject, compress
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.max_age = 0
    index.add(Wheel("dependency", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def publish(index: Index, source: SourceProject, **options: str) -> None:
    index.add_file(source.name, source.filename, source.sdist(**options))


def run_in_lock(project: Project, code: str, *options: str) -> Done:
    return project.engine("exec", *options, "pylock.toml", "python", "-c", code)


def test_a_source_is_refused_and_the_message_says_how_to_allow_it(
    project: Project, stocked: Index
) -> None:
    publish(stocked, SourceProject("only-source"))
    done = project.engine("lock", "only-source")
    assert done.status == 1, done
    assert "only its source" in done.errors or "only as source" in done.errors, done
    assert "--build only-source" in done.errors, done


def test_wheels_that_were_built_are_no_downloads(project: Project, stocked: Index) -> None:
    SourceProject("local", requires=["dependency"], static=True).write(project.path / "local")
    assert project.engine("lock", "./local").status == 0
    done = project.engine("sync", "pylock.toml")
    assert done.status == 0, done
    assert "Downloading 1 package...\n" in done.errors
    assert "Installing 2 packages...\n" in done.errors
    SourceProject("local", version="2.0", static=True).write(project.path / "local")
    assert project.engine("lock", "./local").status == 0
    done = project.engine("sync", "pylock.toml")
    assert (done.status, "Downloading" in done.errors) == (0, False), done


def test_wheels_or_sources_of_one_package(project: Project, stocked: Index) -> None:
    stocked.add(Wheel("mixed", "1.0"))
    publish(stocked, SourceProject("mixed", version="2.0"))
    publish(stocked, SourceProject("mixed"))

    def files(*options: str) -> list[str]:
        done = project.engine("lock", "mixed", "--upgrade", "-o", "-", *options)
        assert done.status == 0, done
        return re.findall(r'url = "[^"]*/([^/"]+)"', done.output)

    wheel, source = "mixed-1.0-py3-none-any.whl", "mixed-%s.tar.gz"
    build = ("--build", "mixed")
    project.write("old.txt", "mixed<2\n")
    assert files() == [wheel]
    assert files(*build) == [source % "2.0"]
    assert wheel in files(*build, "--only-binary", "mixed")
    assert files(*build, "--only-binary", ":all:", "--no-binary", "Mixed") == [source % "2.0"]
    assert files(*build, "--no-binary", "mixed", "--constraint", "old.txt") == [source % "1.0"]
    assert files("--no-binary", "other") == [wheel]


def test_an_allowed_source_is_built_installed_and_not_built_again(
    project: Project, stocked: Index
) -> None:
    witness = "import pathlib; pathlib.Path('built').write_text('x')"
    publish(
        stocked,
        SourceProject("only-source", requires=["dependency"], code={"build": witness}),
    )
    locked = project.engine("lock", "only-source", "--build", "only-source")
    assert locked.status == 0, locked
    text = (project.path / "pylock.toml").read_text()
    assert re.search(r'name = "dependency"', text)
    assert "only_source-1.0.tar.gz" in text
    code = "import only_source, dependency; print(only_source.VERSION)"
    refused = run_in_lock(project, code)
    assert refused.status == 2, refused
    assert "--build only-source" in refused.errors
    built = run_in_lock(project, code, "--build", "only-source")
    assert (built.status, built.output) == (0, "1.0\n"), built
    stocked.stop()
    again = run_in_lock(project, code)  # the wheel is there: nothing runs, nothing is asked
    assert (again.status, again.output) == (0, "1.0\n"), again


@pytest.mark.parametrize("kind", ["pkg-info", "pyproject"])
def test_static_metadata_is_read_without_running_anything(
    project: Project, stocked: Index, tmp_path: Path, kind: str
) -> None:
    witness = tmp_path / "ran"
    code = {hook: f"open({str(witness)!r}, 'w')" for hook in ("prepare_metadata", "build")}
    source = SourceProject("honest", requires=["dependency"], code=code, static=kind == "pyproject")
    options = {}
    if kind == "pkg-info":
        options["pkg_info"] = (
            "Metadata-Version: 2.2\nName: honest\nVersion: 1.0\nRequires-Dist: dependency\n"
        )
    publish(stocked, source, **options)
    done = project.engine("lock", "honest", "--static-sources", "-o", "-")
    assert done.status == 0, done
    assert 'name = "dependency"' in done.output
    assert not witness.exists()


def test_metadata_that_may_change_is_not_static(project: Project, stocked: Index) -> None:
    publish(
        stocked,
        SourceProject("vague"),
        pkg_info="Metadata-Version: 2.2\nName: vague\nVersion: 1.0\nDynamic: Requires-Dist\n",
    )
    done = project.engine("lock", "vague", "--static-sources")
    assert done.status == 1, done
    assert "only building vague 1.0 tells what it needs" in done.errors


def test_backends_get_what_they_require(project: Project, stocked: Index) -> None:
    stocked.add(Wheel("helper", "2.0", files={"helper.py": b"NAME = 'helper'\n"}))
    stocked.add(Wheel("late-helper", "1.0", files={"late_helper.py": b"NAME = 'late'\n"}))
    publish(
        stocked,
        SourceProject(
            "needy",
            system_requires=["helper>=1"],
            build_requires=["late-helper"],
            code={"get_requires": "import helper", "build": "import helper, late_helper"},
        ),
    )
    assert project.engine("lock", "needy", "--allow-build").status == 0
    assert "helper" not in (project.path / "pylock.toml").read_text()
    done = run_in_lock(project, "import needy; print(needy.VERSION)", "--allow-build")
    assert (done.status, done.output) == (0, "1.0\n"), done


def test_a_circle_of_builds_is_explained(project: Project, stocked: Index) -> None:
    publish(stocked, SourceProject("hen", system_requires=["egg"]))
    publish(stocked, SourceProject("egg", system_requires=["hen"]))
    done = project.engine("lock", "hen", "--allow-build")
    assert done.status == 1, done
    assert "building goes in a circle: hen 1.0 needs egg 1.0 needs hen 1.0" in done.errors, done


def test_a_failing_build_shows_what_it_printed(project: Project, stocked: Index) -> None:
    publish(
        stocked,
        SourceProject("broken", code={"prepare_metadata": "print('gcc: no such file'); 1/0"}),
    )
    done = project.engine("lock", "broken", "--allow-build")
    assert done.status == 1, done
    assert "building broken 1.0 failed in prepare_metadata_for_build_wheel" in done.errors
    assert "ZeroDivisionError" in done.errors
    assert "gcc: no such file" in done.errors
    log = re.search(r"everything it printed is in (\S+)", done.errors)
    assert log is not None
    assert "gcc: no such file" in Path(log.group(1)).read_text()


def test_a_build_sees_no_network_no_home_no_secrets(
    project: Project, stocked: Index, tmp_path: Path
) -> None:
    project.home.mkdir(parents=True, exist_ok=True)
    (project.home / "secret").write_text("s3cret")
    port = stocked.url.split(":")[2].split("/")[0]
    code = f"""
import os, socket, pathlib
found = []
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=5)
    found.append("network")
except OSError:
    pass
if os.path.exists({str(project.home / "secret")!r}):
    found.append("home")
if any("TOKEN" in name for name in os.environ):
    found.append("variables")
for place in ({str(tmp_path)!r}, "..", "/etc"):
    try:
        pathlib.Path(place, "flowstone-was-here").write_text("x")
        found.append("write to " + place)
    except OSError:
        pass
pathlib.Path("inside").write_text("x")
assert not found, found
"""
    publish(stocked, SourceProject("nosy", code={"prepare_metadata": code}))
    done = project.engine("lock", "nosy", "--allow-build", SOME_TOKEN="s3cret")
    if "without isolation" in done.errors:
        pytest.skip("the kernel gives no namespaces")
    assert done.status == 0, done
    assert "s3cret" not in done.errors


def test_a_build_that_hangs_is_stopped(project: Project, stocked: Index) -> None:
    publish(
        stocked, SourceProject("slow", code={"prepare_metadata": "import time; time.sleep(600)"})
    )
    done = project.engine("lock", "slow", "--allow-build", "--build-timeout", "1")
    assert done.status == 1, done
    assert "building slow 1.0 took longer than 1 s" in done.errors


def test_a_build_that_wants_all_memory_fails(project: Project, stocked: Index) -> None:
    publish(stocked, SourceProject("greedy", code={"prepare_metadata": "bytearray(1 << 30)"}))
    done = project.engine("lock", "greedy", "--allow-build", "--build-memory", "256")
    assert done.status == 1, done
    assert "MemoryError" in done.errors


def member(path: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type = kind
    info.linkname = target
    return info


@pytest.mark.parametrize(
    "hostile",
    [
        member("../escaped", tarfile.REGTYPE),
        member("/etc/escaped", tarfile.REGTYPE),
        member("hostile-1.0/link", tarfile.SYMTYPE, "../../../etc"),
        member("hostile-1.0/hard", tarfile.LNKTYPE, "../../etc/passwd"),
        member("hostile-1.0/device", tarfile.CHRTYPE),
        member("hostile-1.0/pipe", tarfile.FIFOTYPE),
    ],
    ids=["climbs", "absolute", "link", "hard-link", "device", "pipe"],
)
@pytest.mark.parametrize("ending", [".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"])
def test_hostile_archives_are_refused(
    project: Project, stocked: Index, hostile: tarfile.TarInfo, ending: str
) -> None:
    data = gzip.decompress(SourceProject("hostile").sdist(hostile))
    stocked.add_file("hostile", "hostile-1.0" + ending, compress(ending, data))
    done = project.engine("lock", "hostile", "--allow-build")
    assert done.status == 1, done
    assert "hostile" in done.errors
    assert not list(project.home.rglob("escaped"))


@pytest.mark.parametrize("ending", [".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"])
def test_a_bomb_is_refused_before_it_goes_off(
    project: Project, stocked: Index, ending: str
) -> None:
    stocked.add_file("bomb", "bomb-1.0" + ending, compress(ending, bytes(65 << 20)))
    done = project.engine("lock", "bomb", "--allow-build")
    assert done.status == 1, done
    assert "inflates to more than" in done.errors


@pytest.mark.parametrize("ending", [".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip"])
def test_a_truncated_archive_is_refused(project: Project, stocked: Index, ending: str) -> None:
    whole = SourceProject("short").archive(ending)
    stocked.add_file("short", "short-1.0" + ending, whole[: len(whole) * 2 // 3])
    done = project.engine("lock", "short", "--allow-build")
    assert done.status == 1, done
    assert "short-1.0" + ending in done.errors


@pytest.mark.parametrize("ending", [".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip", ".tgz"])
def test_published_archives_of_every_kind(project: Project, stocked: Index, ending: str) -> None:
    stocked.add_file("packed", "packed-1.0" + ending, SourceProject("packed").archive(ending))
    assert project.engine("lock", "packed", "--allow-build").status == 0
    done = run_in_lock(project, "import packed; print(packed.VERSION)", "--allow-build")
    assert (done.status, done.output) == (0, "1.0\n"), done


@pytest.mark.parametrize("ending", [".tar", ".tbz", ".txz", ".tar.lzma"])
def test_named_archives_of_every_kind(project: Project, stocked: Index, ending: str) -> None:
    project.write("packed-1.0" + ending, SourceProject("packed").archive(ending))
    done = project.engine("lock", f"packed @ ./packed-1.0{ending}")
    assert done.status == 0, done
    done = run_in_lock(project, "import packed; print(packed.VERSION)")
    assert (done.status, done.output) == (0, "1.0\n"), done


def test_another_kind_of_archive_is_named(project: Project, stocked: Index) -> None:
    project.write("packed-1.0.tar.Z", b"\x1f\x9d")
    done = project.engine("lock", "packed @ ./packed-1.0.tar.Z")
    assert done.status == 2, done
    assert "is neither a wheel nor a source archive" in done.errors


def test_settings_reach_the_backend_and_are_part_of_the_key(
    project: Project, stocked: Index
) -> None:
    publish(stocked, SourceProject("tuned"))
    assert project.engine("lock", "tuned", "--allow-build").status == 0
    code = (
        "import tuned, pathlib; "
        "print(pathlib.Path(tuned.__file__).with_name('tuned_settings.json').read_text())"
    )
    plain = run_in_lock(project, code, "--allow-build")
    tuned = run_in_lock(
        project, code, "--allow-build", "-C", "speed=high", "-C", "o=1", "-C", "o=2"
    )
    assert plain.output == "null\n", plain
    assert tuned.output == '{"o": ["1", "2"], "speed": "high"}\n', tuned


def test_a_source_with_another_hash_is_refused(project: Project, stocked: Index) -> None:
    source = SourceProject("changed")
    publish(stocked, source)
    stocked.sha256[source.filename] = hashlib.sha256(b"other").hexdigest()
    done = project.engine("lock", "changed", "--allow-build")
    assert done.status == 1, done
    assert "sha256" in done.errors
