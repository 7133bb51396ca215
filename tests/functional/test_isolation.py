"""What `import` sees in an environment: what was declared, the standard library, the flow, us."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.index_server import Index
from support.private_layers import refusal
from support.project import Project
from support.wheels import Wheel

FLOW = """
    from flowstone import FlowSpec, step, pypi

    class IsolatedFlow(FlowSpec):
        @pypi(packages={"alpha": "1.0", "flowstone": "99", "metaflow": "99", "worker": "1"})
        @step
        def start(self):
            import os, subprocess, sys
            import alpha, worker
            print("worker is", worker.__version__)
            print("sdk is", sys.modules["flowstone"].__file__)
            for name in sorted(os.environ):
                if name.startswith("PYTHON") or name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
                    print("variable", name)
            code = "import sys; print('child sees', [p for p in sys.path if 'elsewhere' in p])"
            print(subprocess.check_output([sys.executable, "-c", code], text=True))
            code = "import metaflow; print('child has metaflow', metaflow.__version__)"
            print(subprocess.check_output([sys.executable, "-c", code], text=True))
            self.answer = alpha.__version__
            self.next(self.end)

        @step
        def end(self):
            print("answer", self.answer)

    if __name__ == "__main__":
        IsolatedFlow()
"""


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.add(Wheel("alpha", "1.0"))
    for name, version in (("flowstone", "99"), ("metaflow", "99"), ("worker", "1")):
        index.add(Wheel(name, version))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


@pytest.mark.parametrize("mode", ["symlink", "hardlink", "clone", "copy", "overlay"])
def test_packages_with_our_names_and_a_leaky_shell_change_nothing(
    project: Project, stocked: Index, tmp_path: Path, mode: str
) -> None:
    if mode == "overlay" and (reason := refusal(project)):
        pytest.skip(reason)
    leak = tmp_path / "elsewhere"
    leak.mkdir()
    (leak / "sitecustomize.py").write_text("print('sitecustomize of the shell')\n")
    (leak / "alpha.py").write_text("__version__ = 'leaked'\n")
    (leak / "startup.py").write_text("print('startup of the shell')\n")
    project.write("flow.py", FLOW)
    done = project.flow(
        "run",
        "--link-mode",
        mode,
        PYTHONPATH=str(leak),
        PYTHONUSERBASE=str(leak),
        PYTHONSTARTUP=str(leak / "startup.py"),
        VIRTUAL_ENV=str(leak),
        CONDA_PREFIX=str(leak),
    )
    assert done.status == 0, done
    assert "answer 1.0" in done.output, done
    assert "worker is 1" in done.output, done
    assert "/python/flowstone/" in done.output or "site-packages/flowstone" in done.output, done
    assert f"sdk is {project.home}" not in done.output, done  # not the package of that name
    assert "child sees []" in done.output, done
    assert "child has metaflow 99" in done.output, done
    for leaked in ("PYTHONPATH", "PYTHONUSERBASE", "PYTHONSTARTUP", "CONDA_PREFIX"):
        assert f"variable {leaked}\n" not in done.output, done
    # The launcher and the step without packages are of the shell's own Python.
    inside = [line for line in done.output.splitlines() if "/start/" in line]
    assert not [line for line in inside if "of the shell" in line], done


def test_exec_leaks_nothing_of_the_shell(project: Project, stocked: Index, tmp_path: Path) -> None:
    assert project.engine("lock", "alpha", "-o", "pylock.toml").status == 0
    code = (
        "import os, site, sys; print(site.ENABLE_USER_SITE, os.environ['VIRTUAL_ENV'] == "
        "sys.prefix, sorted({'PYTHONPATH', 'PYTHONHOME', 'PYTHONUSERBASE'} & set(os.environ)), "
        "[p for p in sys.path if 'elsewhere' in p])"
    )
    ran = project.engine(
        "exec",
        "pylock.toml",
        "--",
        "python",
        "-c",
        code,
        PYTHONPATH=str(tmp_path / "elsewhere"),
        PYTHONUSERBASE=str(tmp_path / "elsewhere"),
        PYTHONHOME=str(tmp_path / "elsewhere"),
        VIRTUAL_ENV=str(tmp_path / "elsewhere"),
    )
    assert ran.output == "False True [] []\n", ran
