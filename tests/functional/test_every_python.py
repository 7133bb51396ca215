"""Environments and flows with every interpreter of this machine, from the oldest that is supported.

Every one makes all of it: a lock from an index, the environment of the cache with its bytecode and
programs, a virtual environment of one's own that pip understands, and a flow with a step in an
environment. Those that are not installed are not here.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.index_server import Index
from support.interpreters import interpreters, minor_of
from support.project import ROOT, Project
from support.wheels import Wheel

EVERY_PYTHON = pytest.mark.parametrize("python", interpreters(), ids=str)
MODULE = b"""
__version__ = "1.0"

def main():
    import sys
    import beta
    print("alpha", __version__, "beta", beta.__version__, "minor", sys.version_info[1])
"""

FLOW = """
    import sys
    from flowstone import FlowSpec, Parameter, pypi, step

    class EveryFlow(FlowSpec):
        factor = Parameter("factor", default=2)

        @step
        def start(self):
            self.numbers = [1, 2, 3]
            self.launcher = sys.base_prefix
            self.next(self.work, foreach="numbers")

        @pypi(packages={"alpha": "1.0"})
        @step
        def work(self):
            import alpha
            assert sys.base_prefix == self.launcher, sys.base_prefix
            assert sys.prefix != sys.base_prefix
            self.product = {"of": self.input * self.factor, "by": alpha.__version__}
            self.next(self.join)

        @step
        def join(self, inputs):
            self.sum = sum(task.product["of"] for task in inputs)
            self.next(self.end)

        @step
        def end(self):
            print("sum", self.sum, "minor", sys.version_info[1])

    if __name__ == "__main__":
        EveryFlow()
"""


@pytest.fixture
def stocked(index: Index, project: Project) -> Project:
    """alpha needs one package on old Pythons only, and another in a version of its own on 3.8."""
    index.add(
        Wheel(
            "alpha",
            "1.0",
            requires=["beta", "old; python_version < '3.11'"],
            files={"alpha/__init__.py": MODULE},
            entry_points="[console_scripts]\nalpha-says = alpha:main\n",
        )
    )
    index.add(Wheel("beta", "1.0"))
    index.add(Wheel("beta", "2.0", requires_python=">=3.9"))
    index.add(Wheel("old", "1.0"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return project


def lock(project: Project, python: Path) -> None:
    done = project.engine("lock", "alpha", "--python", str(python), "-o", "pylock.toml")
    assert done.status == 0, done


def beta_for(minor: int) -> str:
    return "2.0" if minor >= 9 else "1.0"


@EVERY_PYTHON
def test_an_environment_has_the_bytecode_and_the_programs_of_its_python(
    stocked: Project, python: Path
) -> None:
    minor = minor_of(python)
    lock(stocked, python)
    made = stocked.engine("sync", "--python", str(python), "--compile-bytecode", "pylock.toml")
    assert made.status == 0, made
    environment = Path(made.output.splitlines()[0])
    said = f"alpha 1.0 beta {beta_for(minor)} minor {minor}\n"
    done = stocked.engine("exec", "--python", str(python), "pylock.toml", "--", "alpha-says")
    assert done.output == said, done
    assert stocked.command([str(environment / "bin" / "alpha-says")]).output == said

    code = "import alpha, importlib.util as u; print(u.find_spec('old') is not None)"
    seen = stocked.command([str(environment / "bin" / "python"), "-I", "-v", "-c", code])
    assert seen.output == f"{minor < 11}\n", seen
    (compiled,) = environment.glob(f"lib/*/site-packages/alpha/__pycache__/*cpython-3{minor}.pyc")
    assert f"# code object from '{compiled}'" in seen.errors, seen
    assert "# wrote" not in seen.errors, seen
    assert stocked.engine("doctor", "--thorough").status == 0


@EVERY_PYTHON
def test_an_environment_of_ones_own_is_one_that_pip_understands(
    stocked: Project, python: Path
) -> None:
    minor = minor_of(python)
    lock(stocked, python)
    made = stocked.engine("sync", "--python", str(python), "pylock.toml", "--into", ".venv")
    assert made.status == 0, made
    own = stocked.path / ".venv" / "bin"
    assert stocked.command([str(own / "alpha-says")]).output.startswith("alpha 1.0 beta")

    def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
        """That of the interpreter: newer ones do not run in old Pythons."""
        return subprocess.run(
            [str(python), "-m", "pip", "--python", str(own / "python"), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    if "No module named pip" in (checked := pip("check")).stderr:
        pytest.skip(f"{python} has no pip")
    assert checked.returncode == 0, checked
    listed = {
        row["name"]: row["version"] for row in json.loads(pip("list", "--format=json").stdout)
    }
    old = {"old": "1.0"} if minor < 11 else {}
    assert listed == {"alpha": "1.0", "beta": beta_for(minor), **old}
    again = stocked.engine("sync", "--python", str(python), "pylock.toml", "--into", ".venv")
    assert again.status == 0, again
    assert stocked.engine("sync", "--check", "pylock.toml", "--into", ".venv").status == 0


@EVERY_PYTHON
def test_a_flow_runs_with_a_step_in_an_environment(stocked: Project, python: Path) -> None:
    stocked.write("flow.py", FLOW)
    done = stocked.command(
        [str(python), "flow.py", "run", "--factor", "5"], PYTHONPATH=str(ROOT / "python")
    )
    assert done.status == 0, done
    assert f"sum 30 minor {minor_of(python)}" in done.output, done
