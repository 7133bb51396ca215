"""`flowstone lock --universal`: which environments, which must be served, and what is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.index_server import Index
from support.installers import INSTALLERS, Installer, skip_without
from support.lock_checker import Asked, SimpleIndex, check
from support.platforms import ARM, LINUX, MAC, MINOR, NEXT, TAG, WINDOWS
from support.project import BUILD_PYTHON, Done, Project
from support.wheels import Wheel

PLATFORMS = {
    "manylinux_2_17_x86_64": "linux",
    "manylinux_2_17_aarch64": "linux",
    "macosx_11_0_arm64": "darwin",
    "win_amd64": "win32",
}


def native(name: str, version: str, *systems: str) -> list[Wheel]:
    """Wheels of a release with compiled code, for these systems."""
    return [
        Wheel(name, version, tag=f"{TAG}-abi3-{platform}")
        for platform, system in PLATFORMS.items()
        if system in systems
    ]


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    for wheel in (
        *native("fast", "1.0", "linux", "darwin", "win32"),
        *native("fast", "2.0", "linux", "win32"),
        *native("posix-only", "1.0", "linux", "darwin"),
        Wheel("pure", "1.0"),
        Wheel("pure", "2.0", requires_python=f">={NEXT}"),
        Wheel("dual", "1.0"),
        Wheel("dual", "2.0"),
        Wheel("colour", "1.0"),
        Wheel("app", "1.0", requires=["fast", "colour; sys_platform == 'win32'"]),
    ):
        index.add(wheel)
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def run(project: Project, *arguments: str) -> Done:
    return project.engine("lock", "--universal", "--python", str(BUILD_PYTHON), *arguments)


def lock(project: Project, *arguments: str) -> str:
    done = run(project, *arguments)
    assert done.status == 0, done
    return (project.path / "pylock.toml").read_text()


def entries(text: str) -> list[tuple[str, str, str]]:
    """Name, version and marker of each package."""
    blocks = text.partition("\n[tool.")[0].split("[[packages]]")[1:]
    found = []
    for block in blocks:
        pairs = dict(re.findall(r"^(name|version|marker) = [\"'](.*)[\"']$", block, re.MULTILINE))
        found.append((pairs["name"], pairs.get("version", ""), pairs.get("marker", "")))
    return found


# Which environments


def test_only_the_environments_that_are_named_count(project: Project, stocked: Index) -> None:
    text = lock(project, "app", "--environment", "sys_platform == 'linux'")
    check(text, SimpleIndex(stocked.url), Asked(["app"]), [LINUX, ARM])
    assert entries(text) == [("app", "1.0", ""), ("fast", "2.0", "")]
    assert "environments = [\n    'sys_platform == \"linux\"',\n]" in text


def test_the_environments_of_the_project_are_read(project: Project, stocked: Index) -> None:
    project.write(
        "pyproject.toml",
        """
        [project]
        name = "demo"
        version = "1"
        dependencies = ["app"]

        [tool.uv]
        environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]
        required-environments = ["sys_platform == 'darwin'"]
        """,
    )
    text = lock(project)
    check(text, SimpleIndex(stocked.url), Asked(["app"]), [LINUX, ARM, MAC])
    assert ("fast", "1.0", 'sys_platform == "darwin"') in entries(text)
    assert "colour" not in text
    text = lock(project, "--environment", "sys_platform == 'win32'", "--required-environment",
                "platform_machine == 'AMD64'")  # fmt: skip
    check(text, SimpleIndex(stocked.url), Asked(["app"]), [WINDOWS])


@pytest.mark.parametrize("target", [[], ["--target", "linux-x86_64"]])
def test_a_lock_for_one_machine_does_not_look_at_the_environments_of_the_project(
    project: Project, stocked: Index, target: list[str]
) -> None:
    project.write(
        "pyproject.toml",
        """
        [project]
        name = "ours"
        version = "1"
        dependencies = ["app"]

        [tool.uv]
        environments = ["sys_platform == 'win32'"]
        required-environments = ["sys_platform == 'win32'"]
        """,
    )
    done = project.engine("lock", *target)
    assert done.status == 0, done
    text = (project.path / "pylock.toml").read_text()
    assert "linux" in text
    assert "win32" not in text


def test_the_pythons_may_be_a_range(project: Project, stocked: Index) -> None:
    major, minor = map(int, NEXT.split("."))
    own = f"{major}.{minor - 1}"
    done = project.engine("lock", "--universal", "pure", "--python", f">={own},<{NEXT}")
    assert done.status == 0, done
    text = (project.path / "pylock.toml").read_text()
    assert f'requires-python = "<{NEXT},>={own}"' in text
    check(text, SimpleIndex(stocked.url), Asked(["pure"]), [LINUX, ARM, MAC, WINDOWS])
    assert entries(text) == [("pure", "1.0", "")]


def test_the_fewest_versions_may_be_wanted(project: Project, stocked: Index) -> None:
    own = [LINUX, MAC]
    text = lock(project, "pure")
    check(text, SimpleIndex(stocked.url), Asked(["pure"]), own)
    assert [version for _, version, _ in entries(text)] == ["1.0", "2.0"]
    text = lock(project, "pure", "--fork-strategy", "fewest", "--upgrade")
    check(text, SimpleIndex(stocked.url), Asked(["pure"]), own)
    assert entries(text) == [("pure", "1.0", "")]
    assert 'forks = "fewest"' in text


def test_the_strategy_of_the_project_is_read(project: Project, stocked: Index) -> None:
    project.write(
        "pyproject.toml",
        """
        [project]
        name = "demo"
        version = "1"
        dependencies = ["pure"]

        [tool.uv]
        fork-strategy = "fewest"
        """,
    )
    assert entries(lock(project)) == [("pure", "1.0", "")]
    done = run(project, "pure", "--fork-strategy", "least")
    assert done.status == 2
    assert "requires-python and fewest" in done.errors


# Which of them must be served


def test_a_system_without_a_wheel_is_told(project: Project, stocked: Index) -> None:
    done = run(project, "app")
    assert done.status == 0, done
    assert (
        "warning: fast 2.0 has no wheel for macOS: --required-environment "
        "\"sys_platform == 'darwin'\" takes only versions that have one\n" in done.errors
    )
    assert done.errors.count("warning") == 1
    check(
        (project.path / "pylock.toml").read_text(),
        SimpleIndex(stocked.url),
        Asked(["app"]),
        [LINUX, ARM, WINDOWS],
    )


def test_a_system_that_does_not_need_it_is_not_told(project: Project, stocked: Index) -> None:
    done = run(project, "posix-only; sys_platform != 'win32'")
    assert done.status == 0, done
    assert "warning" not in done.errors


def test_a_python_without_a_wheel_is_told(project: Project, stocked: Index) -> None:
    stocked.add(Wheel("bound", "1.0", tag=f"{TAG}-{TAG}-manylinux_2_17_x86_64"))
    done = run(project, "bound; sys_platform == 'linux'", "--python", f">=3.{MINOR},<3.{MINOR + 2}")
    assert done.status == 0, done
    assert (
        f"warning: bound 1.0 has no wheel for Python {NEXT}: --required-environment "
        f"\"python_version == '{NEXT}'\" takes only versions that have one\n" in done.errors
    )
    stocked.add(Wheel("bound", "0.9"))
    lock(project, "bound; sys_platform == 'linux'", "--required-environment",
         f"python_version == '{NEXT}'", "--refresh")  # fmt: skip
    versions = [version for _, version, _ in entries((project.path / "pylock.toml").read_text())]
    assert versions == ["0.9", "1.0"]


def test_missing_wheels_are_data(project: Project, stocked: Index) -> None:
    done = run(project, "app", "posix-only", "--json")
    assert done.status == 0, done
    report = json.loads(done.output)
    assert report["lock"] == "pylock.toml"
    assert report["missing_wheels"] == [
        {"name": "fast", "version": "2.0", "systems": ["macOS"], "pythons": []},
        {"name": "posix-only", "version": "1.0", "systems": ["Windows"], "pythons": []},
    ]


def test_a_required_environment_gets_a_version_that_serves_it(
    project: Project, stocked: Index
) -> None:
    done = run(project, "app", "--required-environment", "sys_platform == 'darwin'")
    assert done.status == 0, done
    assert "warning" not in done.errors
    text = (project.path / "pylock.toml").read_text()
    check(text, SimpleIndex(stocked.url), Asked(["app"]), [LINUX, ARM, MAC, WINDOWS])
    assert ("fast", "1.0", 'sys_platform == "darwin"') in entries(text)
    assert any(name == "fast" and version == "2.0" for name, version, _ in entries(text))


def test_a_required_environment_that_nothing_serves_is_a_conflict(
    project: Project, stocked: Index
) -> None:
    done = run(project, "posix-only", "--required-environment", "sys_platform == 'win32'")
    assert done.status == 1, done
    assert "posix-only" in done.errors
    assert 'sys_platform == "win32"' in done.errors


def test_a_required_environment_is_one_of_the_lock(project: Project, stocked: Index) -> None:
    done = run(project, "app", "--environment", "sys_platform == 'linux'",
               "--required-environment", "sys_platform == 'darwin'")  # fmt: skip
    assert done.status == 2
    assert "is none that the lock is for" in done.errors


@pytest.mark.parametrize(
    "option", [("--environment", "os_name == 'nt'"), ("--fork-strategy", "fewest")]
)
def test_what_is_about_all_environments_needs_universal(
    project: Project, stocked: Index, option: tuple[str, str]
) -> None:
    done = project.engine("lock", "app", *option)
    assert done.status == 2
    assert f"{option[0]} is about a lock for all environments" in done.errors
    assert "--universal" in done.errors


def test_a_wrong_marker_is_named(project: Project, stocked: Index) -> None:
    done = run(project, "app", "--environment", "linux")
    assert done.status == 2
    assert "--environment" in done.errors


# Where packages come from, by environment


def test_a_url_for_another_system_is_looked_into_there(project: Project, stocked: Index) -> None:
    wheel = Wheel("special", "1.0", tag=f"{TAG}-abi3-win_amd64", requires=["colour"])
    stocked.add(wheel)
    url = f"{stocked.origin}/files/{wheel.filename}"
    project.write("requirements.txt", f"special @ {url} ; sys_platform == 'win32'\npure<2\n")
    text = lock(project, "-r", "requirements.txt")
    assert ("special", "1.0", 'sys_platform == "win32"') in entries(text)
    assert ("colour", "1.0", 'sys_platform == "win32"') in entries(text)
    asked = Asked(["special; sys_platform == 'win32'", "pure<2"])
    check(text, SimpleIndex(stocked.url), asked, [LINUX, ARM, MAC, WINDOWS])
    assert wheel.sha256() in text
    done = project.engine("lock", "-r", "requirements.txt", "--python", str(BUILD_PYTHON),
                          "--target", "windows-x86_64", "-o", "-")  # fmt: skip
    assert done.status == 0, done
    assert "win_amd64" in done.output
    stocked.requests.clear()
    done = project.engine("lock", "-r", "requirements.txt", "--python", str(BUILD_PYTHON),
                          "--target", "linux-x86_64", "-o", "-", "--refresh")  # fmt: skip
    assert done.status == 0, done
    assert [name for name, _, _ in entries(done.output)] == ["pure"]
    assert not any("special" in path for path in stocked.requests)


def test_a_package_may_have_a_place_by_system(project: Project, stocked: Index) -> None:
    """The index everywhere, but a wheel of its own on Windows."""
    wheel = Wheel("fast", "9.0", tag=f"{TAG}-abi3-win_amd64", requires=["colour"])
    stocked.add(Wheel("other", "1.0", requires=["fast"]))
    content = wheel.bytes()
    project.write(f"wheels/{wheel.filename}", content)
    project.write(
        "pyproject.toml",
        f"""
        [project]
        name = "demo"
        version = "1"
        dependencies = ["fast<2", "other"]

        [tool.uv.sources]
        fast = {{ path = "wheels/{wheel.filename}", marker = "sys_platform == 'win32'" }}
        """,
    )
    text = lock(project)
    assert sorted(entries(text)) == [
        ("colour", "1.0", 'sys_platform == "win32"'),
        ("fast", "1.0", 'sys_platform == "darwin" or sys_platform == "linux"'),
        ("fast", "9.0", 'sys_platform == "win32"'),
        ("other", "1.0", ""),
    ]
    stocked.add(wheel)  # so that the checker can read it
    own = ["fast<2; sys_platform != 'win32'", "fast==9.0; sys_platform == 'win32'", "other"]
    check(text, SimpleIndex(stocked.url), Asked(own), [LINUX, ARM, MAC, WINDOWS])
    assert wheel.sha256() in text


def test_a_package_may_have_an_index_by_system(project: Project, stocked: Index) -> None:
    with Index() as cpu, Index() as gpu:
        cpu.add(Wheel("torch", "2.0+cpu", requires=["colour"]))
        gpu.add(Wheel("torch", "2.0+gpu", requires=["pure<2"]))
        project.write(
            "pyproject.toml",
            f"""
            [project]
            name = "demo"
            version = "1"
            dependencies = ["torch"]

            [[tool.uv.index]]
            name = "cpu"
            url = "{cpu.url}"
            explicit = true

            [[tool.uv.index]]
            name = "gpu"
            url = "{gpu.url}"
            explicit = true

            [tool.uv.sources]
            torch = [
              {{ index = "cpu", marker = "sys_platform == 'darwin'" }},
              {{ index = "gpu", marker = "sys_platform != 'darwin'" }},
            ]
            """,
        )
        text = lock(project)
        assert ("torch", "2.0+cpu", 'sys_platform == "darwin"') in entries(text)
        assert ("colour", "1.0", 'sys_platform == "darwin"') in entries(text)
        gpu_systems = 'sys_platform == "linux" or sys_platform == "win32"'
        assert ("torch", "2.0+gpu", gpu_systems) in entries(text)
        assert ("pure", "1.0", gpu_systems) in entries(text)
        for index in (cpu, gpu):
            for name, wheels in index.wheels.items():
                stocked.wheels.setdefault(name, {}).update(wheels)
            stocked.core_metadata |= index.core_metadata
            stocked.sha256 |= index.sha256
        check(text, SimpleIndex(stocked.url), Asked(["torch"]), [LINUX, ARM, MAC, WINDOWS])
        assert f'cpu = "{cpu.url}"' in text
        assert f'gpu = "{gpu.url}"' in text


def test_sources_that_hold_at_once_are_refused(project: Project, stocked: Index) -> None:
    project.write(
        "pyproject.toml",
        """
        [project]
        name = "demo"
        version = "1"
        dependencies = ["fast"]

        [tool.uv.sources]
        fast = [
          { path = "a", marker = "sys_platform == 'linux'" },
          { path = "b", marker = "os_name == 'posix'" },
        ]
        """,
    )
    done = run(project)
    assert done.status == 2, done
    assert "pyproject.toml:9: tool.uv.sources.fast: another source holds" in done.errors


# Extras and groups that conflict

CONFLICTING = """
    [project]
    name = "demo"
    version = "1"
    dependencies = ["dual"]

    [project.optional-dependencies]
    old = ["dual<2", "colour"]
    new = ["dual>=2"]
    more = ["pure"]

    [tool.uv]
    conflicts = [[{ extra = "old" }, { extra = "new" }]]
"""


def test_extras_that_conflict_are_chosen_at_installation(project: Project, stocked: Index) -> None:
    project.write("pyproject.toml", CONFLICTING)
    text = lock(project, "--all-extras")
    assert 'extras = ["new", "old"]' in text
    index = SimpleIndex(stocked.url)
    everywhere = [LINUX, ARM, MAC, WINDOWS]
    check(text, index, Asked(["dual", "pure"]), everywhere)
    check(text, index, Asked(["dual<2", "colour", "pure"], extras=["old"]), everywhere)
    check(text, index, Asked(["dual>=2", "pure"], extras=["new"]), everywhere)
    assert ("colour", "1.0", '"old" in extras') in entries(text)
    for extra, version in (("old", "1.0"), ("new", "2.0")):
        code = "import dual; print(dual.__version__)"
        done = project.engine("exec", "--extra", extra, "pylock.toml", "python", "-c", code)
        assert (done.status, done.output) == (0, version + "\n"), done
    both = project.engine("sync", "pylock.toml", "--extra", "old", "--extra", "new")
    assert both.status == 1, both
    assert "extra 'old' and extra 'new' of the lock conflict" in both.errors


def test_a_lock_with_conflicts_is_kept(project: Project, stocked: Index) -> None:
    project.write("pyproject.toml", CONFLICTING)
    lock(project, "--all-extras")
    done = run(project, "--all-extras", "--check")
    assert done.status == 0, done
    project.write(
        "pyproject.toml", CONFLICTING.replace('{ extra = "new" }]', '{ extra = "more" }]')
    )
    done = run(project, "--all-extras", "--check")
    assert done.status == 1, done
    assert "its extras and groups conflict in other ways" in done.errors


def test_extras_that_conflict_cannot_share_an_environment(project: Project, stocked: Index) -> None:
    project.write("pyproject.toml", CONFLICTING)
    done = project.engine("lock", "-r", "pyproject.toml", "--extra", "old", "--extra", "new")
    assert done.status == 2, done
    assert "extra 'old' and extra 'new' conflict" in done.errors
    done = project.engine("lock", "-r", "pyproject.toml", "--extra", "old", "--extra", "more")
    assert done.status == 0, done
    assert "in extras" not in (project.path / "pylock.toml").read_text()


def test_an_index_by_extra(project: Project, stocked: Index) -> None:
    """The way in which projects offer PyTorch for CPU and GPU."""
    with Index() as cpu, Index() as gpu:
        cpu.add(Wheel("torch", "2.0+cpu"))
        gpu.add(Wheel("torch", "2.0+gpu", requires=["pure<2"]))
        project.write(
            "pyproject.toml",
            f"""
            [project]
            name = "demo"
            version = "1"
            dependencies = []

            [project.optional-dependencies]
            cpu = ["torch"]
            gpu = ["torch"]

            [[tool.uv.index]]
            name = "cpu"
            url = "{cpu.url}"
            explicit = true

            [[tool.uv.index]]
            name = "gpu"
            url = "{gpu.url}"
            explicit = true

            [tool.uv]
            conflicts = [[{{ extra = "cpu" }}, {{ extra = "gpu" }}]]

            [tool.uv.sources]
            torch = [{{ index = "cpu", extra = "cpu" }}, {{ index = "gpu", extra = "gpu" }}]
            """,
        )
        assert sorted(entries(lock(project, "--all-extras"))) == [
            ("pure", "1.0", '"gpu" in extras'),
            ("torch", "2.0+cpu", '"cpu" in extras'),
            ("torch", "2.0+gpu", '"gpu" in extras'),
        ]
        done = project.engine("lock", "--extra", "gpu", "--python", str(BUILD_PYTHON))
        assert done.status == 0, done
        text = (project.path / "pylock.toml").read_text()
        assert ("torch", "2.0+gpu", "") in entries(text)


# Installing


@pytest.mark.parametrize("installer", INSTALLERS)
def test_other_tools_install_what_one_target_would_get(
    project: Project, stocked: Index, tmp_path: Path, installer: Installer
) -> None:
    skip_without(installer)
    wanted = ("app", "pure", "posix-only; sys_platform != 'win32'", "dual<2; os_name == 'nt'")
    lock(project, *wanted)
    place = tmp_path / "site"
    done = installer(project.path / "pylock.toml", place)
    assert done.returncode == 0, done.stderr
    single = project.engine("lock", *wanted, "--python", str(BUILD_PYTHON), "-o", "-")
    assert single.status == 0, single
    names = {f"{name.replace('-', '_')}-{version}" for name, version, _ in entries(single.output)}
    assert {path.name.removesuffix(".dist-info") for path in place.glob("*.dist-info")} == names
    assert len(names) == 4


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize(("extra", "version"), [("old", "1.0"), ("new", "2.0")])
def test_other_tools_choose_between_extras_that_conflict(
    project: Project,
    stocked: Index,
    tmp_path: Path,
    installer: Installer,
    extra: str,
    version: str,
) -> None:
    skip_without(installer)
    project.write("pyproject.toml", CONFLICTING)
    lock(project, "--all-extras")
    place = tmp_path / "site"
    done = installer(project.path / "pylock.toml", place, [extra])
    assert done.returncode == 0, done.stderr
    installed = {path.name.removesuffix(".dist-info") for path in place.glob("*.dist-info")}
    of_extra = {"colour-1.0"} if extra == "old" else set()
    assert installed == {f"dual-{version}", "pure-1.0"} | of_extra


# Pythons that are not here


def test_a_lock_for_elsewhere_needs_no_interpreter_of_that_python(
    project: Project, stocked: Index
) -> None:
    later = "3.29"
    done = project.engine("lock", "pure", "--universal", "--python", later)
    assert done.status == 0, done
    text = (project.path / "pylock.toml").read_text()
    assert f'requires-python = ">={later}"' in text
    assert entries(text) == [("pure", "2.0", "")]
    arguments = ("lock", "pure", "--target", "macos-arm64", "--python", later)
    done = project.engine(*arguments)
    assert done.status == 0, done
    assert f'requires-python = "=={later}.*"' in (project.path / "pylock.toml").read_text()
    done = project.engine(*arguments, "--check")
    assert done.status == 0, done
    done = project.engine("lock", "pure", "--python", later)
    assert done.status != 0
    assert later in done.errors
