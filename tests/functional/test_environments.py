"""Environments of steps, resolved from a loopback index, locked, isolated, reused."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from support.index_server import Fault, Index
from support.project import Project
from support.wheels import Wheel

FLOW = """
    from flowstone import FlowSpec, step, pypi, pypi_base

    @pypi_base(packages={"alpha": "1.0"})
    class TwoFlow(FlowSpec):
        @step
        def start(self):
            import alpha, beta, sys
            print("start", alpha.__version__, beta.__version__, sys.prefix)
            self.next(self.end)

        @pypi(packages={"alpha": "2.0"})
        @step
        def end(self):
            import alpha, sys
            print("end", alpha.__version__, sys.prefix)

    if __name__ == "__main__":
        TwoFlow()
"""


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.add(Wheel("alpha", "1.0", requires=["beta>=1"]))
    index.add(Wheel("alpha", "2.0", requires=["beta<2"]))
    index.add(Wheel("beta", "1.5"))
    index.add(Wheel("beta", "2.5"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def test_two_incompatible_environments_meet_in_one_run(project: Project, stocked: Index) -> None:
    project.write("flow.py", FLOW)
    done = project.flow("run")
    assert done.status == 0, done
    assert re.search(r"start 1\.0 2\.5 (\S+)", done.output), done
    assert re.search(r"end 2\.0 (\S+)", done.output), done
    prefixes = re.findall(r"(?:start 1\.0 2\.5|end 2\.0) (\S+)", done.output)
    assert len(set(prefixes)) == 2
    assert all(prefix.startswith(str(project.home)) for prefix in prefixes)


def test_the_second_run_asks_nobody(project: Project, stocked: Index) -> None:
    project.write("flow.py", FLOW)
    assert project.flow("run").status == 0
    stocked.requests.clear()
    again = project.flow("run")
    assert again.status == 0, again
    assert stocked.requests == []
    assert "nothing to resolve, download or install" in again.errors
    stocked.stop()
    offline = project.flow("--offline", "run")
    assert offline.status == 0, offline


def test_wheels_are_kept_in_the_datastore(project: Project, stocked: Index) -> None:
    project.write("flow.py", FLOW)
    assert project.flow("run").status == 0
    kept = sorted(
        path.name for path in (project.path / ".flowstone" / "art").rglob("*") if path.is_file()
    )
    assert kept == sorted(
        stocked.sha256[name]
        for name in stocked.sha256
        if "beta-2.5" in name or "alpha" in name or "beta-1.5" in name
    )


def test_environment_flag_gives_every_step_one(project: Project, stocked: Index) -> None:
    project.write(
        "flow.py",
        """
        import sys
        from flowstone import FlowSpec, step

        class PlainFlow(FlowSpec):
            @step
            def start(self):
                print("prefix", sys.prefix)
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            PlainFlow()
        """,
    )
    plain = project.flow("run")
    isolated = project.flow("--environment=pypi", "run")
    assert plain.status == 0, plain
    assert isolated.status == 0, isolated
    assert str(project.home) not in plain.output
    assert str(project.home) in isolated.output


def test_environment_local_switches_off_and_says_so(project: Project, stocked: Index) -> None:
    project.write(
        "flow.py",
        FLOW.replace("import alpha, beta, sys", "import sys")
        .replace("import alpha, sys", "import sys")
        .replace("alpha.__version__, beta.__version__, ", "")
        .replace("alpha.__version__, ", ""),
    )
    done = project.flow("--environment=local", "run")
    assert done.status == 0, done
    assert "@pypi is switched off" in done.errors
    assert stocked.requests == []


def test_an_environment_sees_nothing_of_the_system(project: Project, stocked: Index) -> None:
    secret = project.write("elsewhere/secret_module.py", "VALUE = 1\n").parent
    project.write(
        "flow.py",
        """
        from flowstone import FlowSpec, step, pypi

        class IsolatedFlow(FlowSpec):
            @pypi(packages={"alpha": "1.0"})
            @step
            def start(self):
                import importlib.util, sys
                for name in ("secret_module", "pip", "setuptools", "pytest"):
                    print(name, importlib.util.find_spec(name) is not None)
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            IsolatedFlow()
        """,
    )
    done = project.flow("run", PYTHONPATH=str(secret))
    assert done.status == 0, done
    for name in ("secret_module", "pip", "setuptools", "pytest"):
        assert f"{name} False" in done.output, done


def test_the_flow_and_its_local_package_are_importable_inside(
    project: Project, stocked: Index
) -> None:
    project.write("helpers/__init__.py", "")
    project.write("helpers/words.py", "GREETING = 'local package'\n")
    project.write(
        "flow.py",
        FLOW.replace(
            "import alpha, sys\n",
            "import alpha, sys\n            from helpers.words import GREETING; print(GREETING)\n",
        ),
    )
    done = project.flow("run")
    assert done.status == 0, done
    assert "local package" in done.output


def run_with(project: Project, packages: str) -> object:
    project.write(
        "flow.py",
        f"""
        from flowstone import FlowSpec, step, pypi

        class OneFlow(FlowSpec):
            @pypi(packages={packages})
            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            OneFlow()
        """,
    )
    return project.flow("run")


def test_unknown_package_is_named(project: Project, stocked: Index) -> None:
    done = run_with(project, '{"no-such-package": ""}')
    assert done.status == 1, done
    assert "no-such-package" in done.errors
    assert "start" in done.errors


def test_conflict_names_the_chain_of_reasons(project: Project, stocked: Index) -> None:
    done = run_with(project, '{"alpha": "2.0", "beta": ">=2"}')
    assert done.status == 1, done
    assert "alpha" in done.errors
    assert "beta" in done.errors
    assert "<2" in done.errors
    assert "Traceback" not in done.errors


def test_python_that_does_not_exist_lists_what_does(project: Project, stocked: Index) -> None:
    project.write(
        "flow.py",
        FLOW.replace('packages={"alpha": "1.0"}', 'python="3.99", packages={"alpha": "1.0"}'),
    )
    done = project.flow("run")
    assert done.status == 1, done
    assert "3.99" in done.errors
    assert "/bin/python" in done.errors


FAULTS = {
    "401": (Fault(status=401), "/simple/alpha/", "credentials"),
    "403": (Fault(status=403), "/simple/alpha/", "403"),
    "500": (Fault(status=500), "/simple/alpha/", "500"),
    "login page": (
        Fault(
            body=b"<html><body><form action='/login'><input type='password'></form></body></html>"
        ),
        "/simple/alpha/",
        "is a login page",
    ),
    "truncated": (Fault(truncate_to=100), "/files/alpha-1.0-py3-none-any.whl", "alpha"),
    "redirect loop": (
        Fault(status=302, headers={"Location": "/simple/alpha/"}),
        "/simple/alpha/",
        "redirect",
    ),
    "missing file": (Fault(status=404), "/files/alpha-1.0-py3-none-any.whl", "404"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_index_is_reported_with_what_to_do(
    project: Project, stocked: Index, name: str
) -> None:
    fault, path, said = FAULTS[name]
    stocked.faults[path] = fault
    stocked.ranges = False  # what is cut off cannot be completed by a range either
    done = run_with(project, '{"alpha": "1.0"}')
    assert done.status == 1, done
    assert said in done.errors.lower(), done
    assert "alpha" in done.errors
    stocked.faults.clear()
    again = project.flow("--refresh", "run")
    assert again.status == 0, again


def test_a_passing_fault_is_survived(project: Project, stocked: Index) -> None:
    stocked.faults["/simple/alpha/"] = Fault(status=503, headers={"Retry-After": "0"}, times=1)
    stocked.faults["/files/alpha-1.0-py3-none-any.whl"] = Fault(truncate_to=100, times=1)
    done = run_with(project, '{"alpha": "1.0"}')
    assert done.status == 0, done


def test_an_index_that_is_down_says_so(project: Project, stocked: Index) -> None:
    url = stocked.url
    stocked.stop()
    done = run_with(project, '{"alpha": "1.0"}')
    assert done.status == 1, done
    assert url.split("/simple")[0] in done.errors, done


def test_redirects_are_followed(project: Project, stocked: Index) -> None:
    stocked.faults["/mirror/alpha/"] = Fault(status=301, headers={"Location": "/simple/alpha/"})
    stocked.faults["/mirror/beta/"] = Fault(status=302, headers={"Location": "/simple/beta/"})
    project.environment["FLOWSTONE_INDEX_URL"] = stocked.origin + "/mirror/"
    done = run_with(project, '{"alpha": "1.0"}')
    assert done.status == 0, done


def test_a_wrong_hash_is_refused_and_names_both(project: Project, stocked: Index) -> None:
    wrong = "0" * 64
    stocked.add(Wheel("gamma", "1.0"), sha256=wrong)
    done = run_with(project, '{"gamma": "1.0"}')
    assert done.status == 1, done
    assert wrong in done.errors
    assert Wheel("gamma", "1.0").sha256() in done.errors


@pytest.mark.parametrize("style", ["json", "html"])
@pytest.mark.parametrize(("metadata", "ranges"), [(True, True), (False, True), (False, False)])
def test_every_kind_of_index_gives_the_same_lock(
    project: Project, stocked: Index, style: str, metadata: bool, ranges: bool
) -> None:
    stocked.style, stocked.metadata, stocked.ranges = style, metadata, ranges
    done = run_with(project, '{"alpha": "1.0"}')
    assert done.status == 0, done
    locks = [
        path.read_text()
        for path in (project.path / ".flowstone" / "lock").rglob("*")
        if path.is_file()
    ]
    assert any('name = "beta"\nversion = "2.5"' in text for text in locks), locks


HOSTILE = {
    "climbs out": [("../../evil.py", b"pwned")],
    "absolute": [("/tmp/flowstone-evil.py", b"pwned")],
    "twice": [("alpha/__init__.py", b"other")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_wheels_are_refused(project: Project, stocked: Index, name: str) -> None:
    stocked.add(Wheel("alpha", "9.0", raw_members=HOSTILE[name]))
    done = run_with(project, '{"alpha": "9.0"}')
    assert done.status == 1, done
    assert "alpha" in done.errors
    assert not list(project.home.rglob("evil.py"))
    assert not Path("/tmp/flowstone-evil.py").exists()


def test_a_lying_record_is_refused(project: Project, stocked: Index) -> None:
    wheel = Wheel("alpha", "9.0")
    honest = wheel.bytes()
    assert honest
    wheel.record = b"alpha/__init__.py,sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,3\n" + (
        f"{wheel.dist_info}/METADATA,,\n{wheel.dist_info}/WHEEL,,\n{wheel.dist_info}/RECORD,,\n".encode()
    )
    stocked.add(wheel)
    done = run_with(project, '{"alpha": "9.0"}')
    assert done.status == 1, done
    assert "RECORD" in done.errors


def test_environment_show_and_lock(project: Project, stocked: Index) -> None:
    project.write("flow.py", FLOW)
    before = project.flow("environment", "show")
    assert before.status == 0, before
    assert "not locked yet" in before.output
    assert stocked.requests == []
    assert not (project.path / ".flowstone").exists()
    locked = project.flow("environment", "lock", "--json")
    assert locked.status == 0, locked
    steps = {entry["step"]: entry["packages"] for entry in json.loads(locked.output)}
    assert steps == {
        "start": {"alpha": "1.0", "beta": "2.5"},
        "end": {"alpha": "2.0", "beta": "1.5"},
    }
    after = project.flow("environment", "show")
    assert "beta 1.5" in after.output


def test_lock_sync_exec_tree_why(project: Project, stocked: Index) -> None:
    lock = project.engine("lock", "alpha==1.0", "-o", "pylock.toml")
    assert lock.status == 0, lock
    synced = project.engine("sync", "pylock.toml")
    assert synced.status == 0, synced
    directory = synced.output.splitlines()[0]
    assert (Path(directory) / "bin" / "python").exists()
    ran = project.engine(
        "exec", "pylock.toml", "--", "python", "-c", "import beta; print(beta.__version__)"
    )
    assert ran.output == "2.5\n", ran
    assert project.engine("tree", "pylock.toml").output == "alpha 1.0\n    beta 2.5\n"
    assert project.engine("why", "beta", "pylock.toml").output == (
        "alpha 1.0 -> beta 2.5\n    asked for: alpha==1.0 (the command line)\n"
    )
    assert project.engine("tree", "--invert").output == "beta 2.5\n    alpha 1.0\n"
    why = json.loads(project.engine("why", "beta", "--json").output)
    assert [package["name"] for package in why["chains"][0]["packages"]] == ["alpha", "beta"]
    again = project.engine("lock", "alpha==1.0", "-o", "-")
    assert again.output == (project.path / "pylock.toml").read_text()


def test_verbose_says_where_each_step_runs_and_why(project: Project, stocked: Index) -> None:
    project.write("flow.py", FLOW)
    first = project.flow("-v", "run")
    assert first.status == 0, first
    assert re.search(
        r"step start runs in \S+ \(built\): lock [0-9a-f]{12} resolved now", first.errors
    )
    again = project.flow("-v", "run")
    assert re.search(r"step end runs in \S+ \(reused\): lock [0-9a-f]{12} remembered", again.errors)
    assert "the code is package" in again.errors
    assert "runs in" not in project.flow("run").errors


def test_a_configured_directory_that_is_not_there_is_only_told(
    project: Project, stocked: Index
) -> None:
    project.environment["PIP_FIND_LINKS"] = "/nowhere/at/all"
    done = run_with(project, '{"alpha": "1.0"}')
    assert done.status == 0, done
    assert "/nowhere/at/all" in done.errors
    asked = project.engine("lock", "alpha", "--find-links", "/nowhere/else", "-o", "-")
    assert asked.status == 1, asked
    assert "/nowhere/else" in asked.errors


def test_two_interpreters_meet_in_one_run(project: Project, stocked: Index) -> None:
    listed = json.loads(project.engine("python", "list", "--json", HOME=os.environ["HOME"]).output)
    minors = sorted({".".join(python["version"].split(".")[:2]) for python in listed})
    if len(minors) < 2:
        pytest.skip(f"this machine has one Python only: {minors}")
    first, second = minors[0], minors[-1]
    project.write(
        "flow.py",
        f"""
        from flowstone import FlowSpec, step, pypi

        class PythonsFlow(FlowSpec):
            @pypi(python="{first}", packages={{"alpha": "1.0"}})
            @step
            def start(self):
                import alpha, sys
                self.value = [alpha.__version__]
                print("start", alpha.__version__, *sys.version_info[:2])
                self.next(self.end)

            @pypi(python="{second}", packages={{"alpha": "2.0"}})
            @step
            def end(self):
                import alpha, sys
                self.value.append(alpha.__version__)
                print("end", self.value, *sys.version_info[:2])

        if __name__ == "__main__":
            PythonsFlow()
        """,
    )
    done = project.flow("run", HOME=os.environ["HOME"])
    assert done.status == 0, done
    assert f"start 1.0 {first.replace('.', ' ')}" in done.output, done
    assert f"end ['1.0', '2.0'] {second.replace('.', ' ')}" in done.output, done


def test_uv_installs_from_our_lock(project: Project, stocked: Index, tmp_path: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv, "uv is in tools/requirements.txt"
    lock = project.engine("lock", "alpha==2.0", "--python", "/usr/bin/python3", "-o", "pylock.toml")
    assert lock.status == 0, lock
    venv = tmp_path / "venv"
    cache = {"UV_CACHE_DIR": str(tmp_path / "uv-cache")}
    made = project.command([uv, "venv", "--python", "/usr/bin/python3", str(venv)], **cache)
    assert made.status == 0, made
    python = str(venv / "bin" / "python")
    synced = project.command([uv, "pip", "sync", "--python", python, "pylock.toml"], **cache)
    assert synced.status == 0, synced
    seen = project.command(
        [python, "-c", "import alpha, beta; print(alpha.__version__, beta.__version__)"]
    )
    assert seen.output == "2.0 1.5\n", seen


def test_a_symlink_in_a_wheel_becomes_a_file(project: Project, stocked: Index) -> None:
    """A link out of the environment must not be followed: its target is content, not a way."""
    stocked.add(Wheel("alpha", "9.0", symlinks={"alpha/passwd.txt": "/etc/passwd"}))
    done = run_with(project, '{"alpha": "9.0"}')
    assert done.status == 0, done
    [written] = (project.home / "cache").rglob("env/*/lib/*/site-packages/alpha/passwd.txt")
    assert not written.is_symlink()
    assert written.read_text() == "/etc/passwd"
