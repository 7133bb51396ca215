"""`--link-mode overlay`: what programs and tasks write beside their packages is their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cache_checker import check_cache
from support.index_server import Index
from support.private_layers import refusal
from support.project import ENGINE, Done, Project
from support.wheel_locks import keep_wheels, lock_of
from support.wheels import Wheel

# Makes a directory that must not be there yet, and replaces a file, beside itself, at import.
SCRIBE = b"""
import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
before = (HERE / "state.txt").read_text()
(HERE / "cache").mkdir()
(HERE / "cache" / "font.bin").write_text("made")
new = HERE / "state.new"
new.write_text(str(os.getpid()))
new.replace(HERE / "state.txt")


def state():
    return (HERE / "state.txt").read_text()
"""
WHEEL = Wheel("scribe", "1.0", files={"scribe/__init__.py": SCRIBE, "scribe/state.txt": b"shared"})
IMPORTS = "import os, scribe; print(scribe.before, scribe.state() == str(os.getpid()))"
OVERLAY = ("exec", "--link-mode", "overlay", "scribe.toml", "--")
NOBODY = 65534


@pytest.fixture
def scribe(project: Project) -> Project:
    """scribe.toml has the package that writes."""
    if reason := refusal(project):
        pytest.skip(reason)
    keep_wheels(project.path / "wheels", [WHEEL])
    project.write("scribe.toml", lock_of(project.path / "wheels", [WHEEL]))
    return project


def cache_of(project: Project) -> Path:
    return Path(project.environment["FLOWSTONE_HOME"])


def tree_of(directory: Path) -> dict[str, tuple[int, bytes]]:
    """Modes and contents of everything there."""
    return {
        str(path.relative_to(directory)): (
            path.lstat().st_mode,
            path.read_bytes() if path.is_file() and not path.is_symlink() else b"",
        )
        for path in sorted(directory.rglob("*"))
    }


def expect_untouched(project: Project) -> None:
    assert check_cache(cache_of(project)).findings == []
    thorough = project.engine("doctor", "--thorough", "--json")
    archives = [each for each in json.loads(thorough.output) if each["subject"] == "archives"]
    assert [each["health"] for each in archives] == ["ok"], thorough


def test_what_is_written_beside_a_package_is_private_to_a_run(scribe: Project) -> None:
    for _ in range(2):
        done = scribe.engine(*OVERLAY, "python", "-c", IMPORTS)
        assert (done.status, done.output) == (0, "shared True\n"), done
    expect_untouched(scribe)
    # Without the layer it stays, for everybody.
    assert scribe.engine("exec", "scribe.toml", "--", "python", "-c", IMPORTS).status == 0
    assert check_cache(cache_of(scribe)).findings != []


@pytest.mark.parametrize("option", ["--compile-bytecode", "--no-progress"])
def test_the_environment_is_the_ordinary_one(scribe: Project, option: str) -> None:
    made = scribe.engine("sync", option, "scribe.toml", "--json")
    place = Path(json.loads(made.output)["directory"])
    before = tree_of(cache_of(scribe) / "v1" / "arc"), tree_of(place)
    done = scribe.engine(
        "exec", option, *OVERLAY[1:], "python", "-c", IMPORTS + "; print(os.environ['VIRTUAL_ENV'])"
    )
    assert done.output == f"shared True\n{place}\n", done
    assert "Install" not in done.errors, done
    assert (tree_of(cache_of(scribe) / "v1" / "arc"), tree_of(place)) == before
    assert sorted(path.name for path in place.parent.iterdir()) == [place.name]


def test_children_see_it_and_site_packages_can_be_written(scribe: Project) -> None:
    code = """
import pathlib, subprocess, sys, sysconfig, scribe
site = pathlib.Path(sysconfig.get_path("purelib"))
(site / "fresh.py").write_text("x = 1")
pathlib.Path(sys.prefix, "bin", "tool").write_text("")
print(subprocess.run(["ls", scribe.HERE / "cache"], capture_output=True, text=True).stdout.strip())
print(subprocess.check_output([sys.executable, "-c", "import fresh; print(fresh.x)"], text=True))
"""
    done = scribe.engine(*OVERLAY, "python", "-c", code)
    assert done.output == "font.bin\n1\n\n", done
    again = scribe.engine(*OVERLAY, "python", "-c", "import fresh")
    assert again.status == 1, again
    assert "No module named 'fresh'" in again.errors, again
    expect_untouched(scribe)


def test_files_of_archives_can_be_changed_removed_and_moved(scribe: Project) -> None:
    code = """
import os, shutil, scribe
os.chmod(scribe.HERE / "__init__.py", 0o644)
with open(scribe.HERE / "__init__.py", "a") as file:
    file.write("changed = True")
shutil.rmtree(scribe.HERE / "cache")
shutil.move(scribe.HERE, str(scribe.HERE) + "-moved")
os.mkdir(scribe.HERE)
print(os.listdir(scribe.HERE), sorted(os.listdir(str(scribe.HERE) + "-moved")))
"""
    done = scribe.engine(*OVERLAY, "python", "-B", "-c", code)
    assert done.output == "[] ['__init__.py', 'state.txt']\n", done
    expect_untouched(scribe)


def test_everything_else_is_as_without_it(scribe: Project) -> None:
    code = (
        "import os, sys; "
        "print(os.getcwd(), os.getuid(), os.getgid(), os.getppid(), sorted(os.environ), sys.argv)"
    )
    (scribe.path / "below").mkdir()
    seen = []
    for mode in ([], ["--link-mode", "overlay"]):
        done = scribe.engine("exec", *mode, "scribe.toml", "--", "python", "-c", code, "a b", "")
        assert done.status == 0, done
        seen.append(done.output)
    assert seen[0] == seen[1]
    written = scribe.engine(*OVERLAY, "sh", "-c", "echo out > below/file; exit 7")
    assert written.status == 7, written
    assert (scribe.path / "below" / "file").read_text() == "out\n"


def test_the_working_directory_is_seen_through_the_layer(scribe: Project) -> None:
    place = Path(scribe.engine("sync", "scribe.toml").output.splitlines()[0])
    lock = str(scribe.path / "scribe.toml")
    ran = subprocess.run(
        [str(ENGINE), "exec", "--link-mode", "overlay", lock, "--", "sh", "-c", "echo x > y; pwd"],
        cwd=place,
        env=scribe.environment,
        capture_output=True,
        check=True,
    )
    assert ran.stdout.decode() == f"{place}\n"
    assert not (place / "y").exists()


def test_input_and_signals_go_through(scribe: Project) -> None:
    assert scribe.engine("sync", "scribe.toml").status == 0
    command = [str(ENGINE), *OVERLAY]
    counted = subprocess.run(
        [*command, "wc", "-c"],
        cwd=scribe.path,
        env=scribe.environment,
        input=b"12345",
        capture_output=True,
        check=True,
    )
    assert counted.stdout.strip() == b"5"
    waits = "import os, time, scribe; print(os.getpid(), flush=True); time.sleep(600)"
    with subprocess.Popen(
        [*command, "python", "-c", waits],
        cwd=scribe.path,
        env=scribe.environment,
        stdout=subprocess.PIPE,
    ) as waiting:
        assert waiting.stdout is not None
        assert int(waiting.stdout.readline()) == waiting.pid  # the engine was replaced
        waiting.send_signal(signal.SIGTERM)
        assert waiting.wait(timeout=60) == -signal.SIGTERM
    expect_untouched(scribe)


def test_runs_at_once_do_not_see_each_other_and_keep_the_environment(scribe: Project) -> None:
    code = "import sys, scribe; print(scribe.state(), flush=True); sys.stdin.read(); " + (
        "print(scribe.before, scribe.state())"
    )
    runs = [
        subprocess.Popen(
            [str(ENGINE), *OVERLAY, "python", "-c", code],
            cwd=scribe.path,
            env=scribe.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for run in runs:
        assert run.stdout is not None
        assert int(run.stdout.readline()) == run.pid
    kept = scribe.engine("cache", "clean", "--json")
    assert kept.status == 0, kept
    for run in runs:
        assert run.communicate()[0].decode() == f"shared {run.pid}\n"
    expect_untouched(scribe)
    assert check_cache(cache_of(scribe)).environments == 1
    assert scribe.engine("cache", "clean").status == 0
    assert check_cache(cache_of(scribe)).environments == 0


def test_nothing_stays_mounted(scribe: Project) -> None:
    inside = scribe.engine(*OVERLAY, "cat", "/proc/mounts")
    assert "flowstone-private-layer" in inside.output, inside
    assert "flowstone-private-layer" not in Path("/proc/mounts").read_text()


def test_flowstone_inside_uses_what_is_there_and_installs_nothing(scribe: Project) -> None:
    other = Wheel("other", "1.0")
    keep_wheels(scribe.path / "wheels", [other])
    scribe.write("other.toml", lock_of(scribe.path / "wheels", [other]))
    nested = ("exec", "other.toml", "--", "python", "-c", "import other; print(other.__file__)")
    refused = scribe.engine(*OVERLAY, str(ENGINE), *nested)
    assert refused.status != 0, refused
    assert "nothing is installed from inside" in refused.errors, refused
    assert scribe.engine(*nested).status == 0
    done = scribe.engine(*OVERLAY, str(ENGINE), *nested)
    assert done.status == 0, done
    expect_untouched(scribe)


@pytest.mark.parametrize("into", [(), ("--into", ".venv")])
def test_a_directory_has_no_overlay(project: Project, into: tuple[str, ...]) -> None:
    keep_wheels(project.path / "wheels", [WHEEL])
    project.write("scribe.toml", lock_of(project.path / "wheels", [WHEEL]))
    asked = project.engine("sync", "scribe.toml", *into, "--link-mode", "overlay")
    by_variable = project.engine("sync", "scribe.toml", *into, FLOWSTONE_LINK_MODE="overlay")
    for done in (asked, by_variable):
        assert done.status == 2, done
        assert "exists only for the programs that run in an environment" in done.errors, done
        assert "flowstone exec --link-mode overlay" in done.errors, done
        assert done.output == "", done
    assert "FLOWSTONE_LINK_MODE" in by_variable.errors, by_variable
    assert not (project.path / ".venv").exists()
    assert not cache_of(project).exists()


def test_an_unknown_mode_names_them_all(project: Project) -> None:
    keep_wheels(project.path / "wheels", [WHEEL])
    project.write("scribe.toml", lock_of(project.path / "wheels", [WHEEL]))
    done = project.engine("exec", "--link-mode", "reflink", "scribe.toml", "--", "true")
    assert done.status == 2, done
    assert "link modes are symlink, hardlink, clone, copy and overlay" in done.errors, done


# ---- other users, and kernels that refuse


@pytest.fixture
def ordinary(scribe: Project) -> Iterator[tuple[Project, list[str]]]:
    """A project of a user without rights, and what runs a command as that one."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can run something as another user")
    directory = Path(tempfile.mkdtemp(prefix="flowstone-overlay-", dir="/var/tmp"))
    project = Project(directory / "project", directory / "home")
    project.home.mkdir()
    keep_wheels(project.path / "wheels", [WHEEL])
    project.write("scribe.toml", lock_of(project.path / "wheels", [WHEEL]))
    for path in (directory, *directory.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    yield project, become
    shutil.rmtree(directory)


def run_as(project: Project, become: list[str], *arguments: str) -> Done:
    return project.command([*become, str(ENGINE), *arguments])


def test_an_ordinary_user_has_layers_and_stays_who_he_is(
    ordinary: tuple[Project, list[str]],
) -> None:
    project, become = ordinary
    if reason := refusal(project, become):
        pytest.skip(reason)
    code = IMPORTS + "; print(os.getuid(), os.getgid(), os.stat(scribe.HERE).st_uid)"
    for _ in range(2):
        done = run_as(project, become, *OVERLAY, "python", "-c", code)
        assert done.output == f"shared True\n{NOBODY} {NOBODY} {NOBODY}\n", done
    capabilities = run_as(project, become, *OVERLAY, "grep", "CapEff", "/proc/self/status")
    assert set(capabilities.output.split()[1]) == {"0"}, capabilities
    expect_untouched(project)


def without_namespaces(project: Project) -> list[str]:
    """What runs a command in a user namespace that may have no others below it, without the right
    to mount.
    """
    limit = (
        'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin "$@"'
    )
    strip = ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh"]
    if project.command([*strip, "true"]).status != 0:
        pytest.skip("no user namespaces to forbid others in")
    return strip


def test_a_refusal_of_the_kernel_is_said_and_nothing_runs(scribe: Project) -> None:
    strip = without_namespaces(scribe)
    done = run_as(scribe, strip, *OVERLAY, "touch", "ran")
    assert done.status == 1, done
    assert "no more user namespaces are allowed" in done.errors, done
    assert "--link-mode copy" in done.errors, done
    assert not (scribe.path / "ran").exists()
    assert "no more user namespaces are allowed" in refusal(scribe, strip)


# ---- tasks of flows

FLOW = """
    import os
    from flowstone import FlowSpec, step, pypi

    class ScribeFlow(FlowSpec):
        @step
        def start(self):
            self.numbers = [1, 2, 3]
            self.next(self.write, foreach="numbers")

        @pypi(packages={"scribe": "1.0"})
        @step
        def write(self):
            import scribe
            self.seen = (scribe.before, scribe.state() == str(os.getpid()))
            self.next(self.join)

        @step
        def join(self, inputs):
            print("seen", sorted(task.seen for task in inputs))
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        ScribeFlow()
"""


@pytest.fixture
def flow(scribe: Project, index: Index) -> Project:
    index.add(WHEEL)
    scribe.environment["FLOWSTONE_INDEX_URL"] = index.url
    scribe.write("flow.py", FLOW)
    return scribe


@pytest.mark.parametrize("isolation", ["fork", "process"])
def test_each_task_has_a_layer_of_its_own(flow: Project, isolation: str) -> None:
    done = flow.flow("run", "--link-mode", "overlay", "--isolation", isolation)
    assert done.status == 0, done
    assert "seen [('shared', True), ('shared', True), ('shared', True)]" in done.output, done
    expect_untouched(flow)


def test_what_a_flow_imports_at_its_top_writes_into_the_layer_of_the_task(flow: Project) -> None:
    flow.write(
        "flow.py",
        """
        import os
        import sys
        from flowstone import FlowSpec, step, pypi_base

        if "/v1/env/" in sys.prefix:
            import scribe

        @pypi_base(packages={"scribe": "1.0"})
        class TopFlow(FlowSpec):
            @step
            def start(self):
                print("start", scribe.before, scribe.state() == str(os.getpid()))
                self.next(self.end)

            @step
            def end(self):
                print("end", scribe.before, scribe.state() == str(os.getpid()))

        if __name__ == "__main__":
            TopFlow()
        """,
    )
    done = flow.flow("run", FLOWSTONE_LINK_MODE="overlay")
    assert done.status == 0, done
    assert "start shared True" in done.output, done
    assert "end shared True" in done.output, done
    expect_untouched(flow)


def test_a_task_that_fails_is_tried_again_in_a_fresh_layer(flow: Project) -> None:
    flow.write(
        "flow.py",
        """
        from flowstone import FlowSpec, current, step, pypi, retry

        class AgainFlow(FlowSpec):
            @retry(times=1)
            @pypi(packages={"scribe": "1.0"})
            @step
            def start(self):
                import scribe
                print("attempt", current.retry_count, scribe.before)
                if current.retry_count == 0:
                    raise ValueError("once")
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            AgainFlow()
        """,
    )
    done = flow.flow("run", "--link-mode", "overlay")
    assert done.status == 0, done
    assert "attempt 0 shared" in done.output, done
    assert "attempt 1 shared" in done.output, done
    expect_untouched(flow)


def test_a_run_that_can_have_no_layers_does_not_begin(flow: Project) -> None:
    assert flow.flow("run", "--link-mode", "overlay").status == 0
    done = flow.command(
        [*without_namespaces(flow), "python", "flow.py", "run", "--link-mode", "overlay"]
    )
    assert done.status == 1, done
    assert "no more user namespaces are allowed" in done.errors, done
    assert "Workflow starting" not in done.output + done.errors, done
