"""`make bench`: whole commands beside Metaflow's and uv's, in one run.

Resolving has a bench of its own, beside this one: bench/resolve.

The rivals are installed from the package index into virtual environments under build/bench.
Arguments name the races to run (their first word); none runs all.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from measure import HEADER, Contestant, Race

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "bench"
OURS = ROOT / "build" / "venv" / "bin" / "python"
ENGINE = ROOT / "build" / "bin" / "flowstone"
FLOWS = Path(__file__).resolve().parent / "flows"
RIVALS = ["metaflow==2.19.39", "numpy==1.26.4", "setuptools<81"]


def environment(**more: str) -> dict[str, str]:
    kept = {
        name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "SSL_", "UV_"))
    }
    return {
        "PATH": f"{OURS.parent}:/usr/bin:/bin",
        "HOME": str(WORK / "home"),
        "USER": "bench",
        "LANG": "C.UTF-8",
        "FLOWSTONE_BYTECODE": "none",  # nothing goes on behind the next round
        **kept,
        **more,
    }


def rival_python() -> Path:
    """A virtual environment with Metaflow and numpy."""
    venv = WORK / "rival"
    python = venv / "bin" / "python"
    marker = venv / "installed"
    if not marker.exists() or marker.read_text() != "\n".join(RIVALS):
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", str(venv)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *RIVALS], check=True)
        marker.write_text("\n".join(RIVALS))
    # Our SDK in the same interpreter with the same numpy, for the flows that need numpy.
    site = next((venv / "lib").glob("python*/site-packages"))
    (site / "flowstone_bench.pth").write_text(f"{ROOT / 'python'}\n")
    return python


def uv() -> str:
    return str(ROOT / "build" / "tools" / "bin" / "uv")


def flow_race(title: str, flow: str, rounds: int) -> Race:
    """One flow file under both systems: the import line is the only difference."""
    contestants = []
    python = rival_python()
    for name in ("flowstone", "metaflow"):
        directory = WORK / f"{flow}-{name}"
        directory.mkdir(parents=True, exist_ok=True)
        text = (FLOWS / f"{flow}.py").read_text().replace("FRAMEWORK", name)
        (directory / "flow.py").write_text(text)
        contestants.append(
            Contestant(
                name,
                [str(python), "flow.py", "run", "--max-workers", "2"],
                directory,
                environment(FLOWSTONE_ENGINE=str(ENGINE), FLOWSTONE_HOME=str(WORK / "cache")),
                # Both systems skip what they have stored before: each round starts from nothing.
                prepare=["rm", "-rf", ".flowstone", ".metaflow"],
            )
        )
    return Race(title, contestants, rounds)


def startup_race() -> Race:
    return Race(
        "start-up (--version)",
        [
            Contestant("flowstone", [str(ENGINE), "--version"], ROOT, environment()),
            Contestant("uv", [uv(), "--version"], ROOT, environment()),
        ],
        rounds=20,
    )


def environment_race() -> Race:
    directory = WORK / "environment"
    directory.mkdir(parents=True, exist_ok=True)
    variables = environment(FLOWSTONE_HOME=str(WORK / "cache"), UV_CACHE_DIR=str(WORK / "uv-cache"))
    if not (directory / "pylock.toml").exists():
        wishes = ["pandas==2.2.3", "scikit-learn==1.5.2"]
        lock = [str(ENGINE), "lock", *wishes, "--python", "/usr/bin/python3"]
        subprocess.run(lock, cwd=directory, check=True, env=variables, capture_output=True)
    venv = directory / "venv"
    if not venv.exists():
        subprocess.run(
            [uv(), "venv", "--python", "/usr/bin/python3", str(venv)], check=True, env=variables
        )
    ours = [str(ENGINE), "sync", "pylock.toml", "--python", "/usr/bin/python3"]
    theirs = [uv(), "pip", "sync", "--python", str(venv / "bin" / "python"), "pylock.toml"]
    return Race(
        "environment warm (it is there)",
        [
            Contestant("flowstone", ours, directory, variables),
            Contestant("uv", theirs, directory, variables),
        ],
        rounds=10,
    )


def package_race() -> Race:
    contestants = []
    for name in ("flowstone", "metaflow"):
        directory = WORK / f"package-{name}"
        if not directory.exists():
            directory.mkdir(parents=True)
            for number in range(10_000):
                file = directory / f"package{number // 100:03}" / f"module{number:05}.py"
                file.parent.mkdir(exist_ok=True)
                file.write_text(f"VALUE = {number}\n" * 40)
        text = (FLOWS / "noop.py").read_text().replace("FRAMEWORK", name)
        (directory / "flow.py").write_text(text)
        target = str(WORK / f"{name}.tgz")
        contestants.append(
            Contestant(
                name,
                [str(rival_python()), "flow.py", "package", "save", target],
                directory,
                environment(FLOWSTONE_ENGINE=str(ENGINE)),
            )
        )
    return Race("package of 10,000 files (save)", contestants, rounds=5)


RACES = {
    "startup": startup_race,
    "noop": lambda: flow_race("run of 2 no-op steps", "noop", 10),
    "foreach": lambda: flow_race("run of a 100-way no-op foreach", "foreach", 1),
    "artifact": lambda: flow_race("100 MB array by each of 4 steps", "artifact", 3),
    "environment": environment_race,
    "package": package_race,
}


def main() -> int:
    unknown = [name for name in sys.argv[1:] if name not in RACES]
    if unknown:
        print(f"no race called {', '.join(unknown)}; there are {', '.join(RACES)}", file=sys.stderr)
        return 2
    WORK.mkdir(parents=True, exist_ok=True)
    versions = [
        subprocess.run(
            [str(ENGINE), "--version"], capture_output=True, text=True, check=True
        ).stdout.strip(),
        *RIVALS[:1],
        subprocess.run(
            [uv(), "--version"], capture_output=True, text=True, check=True
        ).stdout.strip(),
        f"Linux {platform.release()}, {os.cpu_count()} CPUs",
    ]
    print("; ".join(versions))
    print(HEADER)
    for name in sys.argv[1:] or RACES:
        race = RACES[name]()
        race.run()
        print("\n".join(race.rows()), flush=True)
    for flow in ("noop", "foreach", "artifact"):
        for name in ("flowstone", "metaflow"):
            for state in (".flowstone", ".metaflow"):
                shutil.rmtree(WORK / f"{flow}-{name}" / state, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
