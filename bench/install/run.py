"""Installing beside uv: from a lock and a house of wheels to an environment, cold and warm.

    python bench/install/run.py [SET…] [--rounds N] [--engine PATH] [--record] [--ext4]

Both tools get the same pylock.toml, whose files lie on this disk: no network is involved. Caches
and environments lie in memory (tmpfs), or with --ext4 on a fresh loop-mounted ext4 with a journal.

  composed  flowstone sync LOCK: the shared environment of the cache, in the mode it chooses
  hardlink  the same with --link-mode hardlink
  into      flowstone sync LOCK --into DIR: a virtual environment of one's own
  uv-MODE   uv pip sync --link-mode MODE into a virtual environment made before the clock runs

"warm" has every wheel unpacked and no environment; "again" has the environment; "cold" has nothing.
Without SETs, all whose wheels are there; --record downloads those of the real index with pip, and
makes the two sets that are made up. The last lines tell what one more environment takes.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[1:1] = [str(ROOT / "bench" / "macro"), str(ROOT / "bench" / "resolve")]

from measure import HEADER, Contestant, Race  # noqa: E402
from resolvers import ENGINE, WORK, clean_environment  # noqa: E402
from scratch import in_memory, on_fresh_ext4  # noqa: E402

HOUSES = ROOT / "build" / "bench" / "wheels"
UV = ROOT / "build" / "tools" / "bin" / "uv"
MODES = ("hardlink", "clone", "symlink", "copy")
# What pip is asked for; nothing for sets that are made up.
SETS = {
    "jupyter": ("jupyter",),
    "ml": ("pandas", "scikit-learn", "xgboost", "lightgbm"),
    "pure": (),
    "files": (),
}


def made_wheel(house: Path, name: str, files: int, size: int) -> None:
    """A wheel of that many modules, each of `size` bytes, a hundred to a directory."""
    info = f"{name}-1.0.dist-info"
    members = {
        f"{name}/p{number // 100:03}/m{number:05}.py": (f"N = {number}\n" + "#" * size)[:size]
        for number in range(files)
    }
    members[f"{name}/__init__.py"] = ""
    members[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    members[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    rows = []
    for path, text in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        rows.append(f"{path},sha256={digest.decode()},{len(text)}")
    members[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(
        house / f"{name}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED
    ) as archive:
        for path, text in members.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)


def record(name: str, python: str) -> None:
    house = HOUSES / name
    if house.is_dir():
        return
    house.mkdir(parents=True)
    if name == "pure":
        for number in range(100):
            made_wheel(house, f"pure{number:03}", 12, 2000)
    elif name == "files":
        made_wheel(house, "files", 10_000, 500)
    else:
        command = [python, "-m", "pip", "download", "--only-binary", ":all:", "--dest", str(house)]
        subprocess.run([*command, "--quiet", *SETS[name]], check=True)


@dataclass
class Place:
    """Where one tool keeps its cache and its environment."""

    directory: Path
    engine: Path
    python: str
    lock: Path

    @property
    def home(self) -> Path:
        return self.directory / "home"

    @property
    def venv(self) -> Path:
        return self.directory / "venv"

    def flowstone(self, *more: str) -> list[str]:
        command = [str(self.engine), "sync", str(self.lock), "--python", self.python]
        return [*command, "--quiet", "--offline", *more]

    def uv(self, mode: str) -> list[str]:
        command = [str(UV), "pip", "sync", "--python", str(self.venv / "bin" / "python")]
        return [*command, "--quiet", "--offline", "--link-mode", mode, str(self.lock)]

    def environment(self) -> dict[str, str]:
        return clean_environment(
            FLOWSTONE_HOME=str(self.home), UV_CACHE_DIR=str(self.directory / "uv-cache")
        )

    def script(self, *steps: str) -> list[str]:
        return ["sh", "-c", " && ".join(steps)]


def contestants(scratch: Path, lock: Path, heat: str, options: argparse.Namespace) -> list:
    def place(name: str) -> Place:
        directory = scratch / name
        directory.mkdir(parents=True, exist_ok=True)
        return Place(directory, options.engine.resolve(), options.python, lock)

    found = []
    ours = {
        "composed": (),
        "hardlink": ("--link-mode", "hardlink"),
        "into": ("--into", "venv"),
    }
    for name, more in ours.items():
        where = place(name)
        stale = {"cold": "home venv", "warm": "home/v1/env venv", "again": ""}[heat]
        prepare = where.script(f"rm -rf {stale}") if stale else None
        found.append(
            Contestant(name, where.flowstone(*more), where.directory, where.environment(), prepare)
        )
    for mode in MODES:
        where = place(f"uv-{mode}")
        new = f"rm -rf venv && {UV} venv --quiet --python {options.python} venv"
        steps = {"cold": f"rm -rf uv-cache && {new}", "warm": new, "again": ""}[heat]
        prepare = where.script(steps) if steps else None
        found.append(
            Contestant(f"uv-{mode}", where.uv(mode), where.directory, where.environment(), prepare)
        )
    return found


def census(directory: Path) -> tuple[int, int]:
    """Inodes that lie here and nowhere else, and the kilobytes of their blocks."""
    inodes, blocks = 0, 0
    for folder, names, files in os.walk(directory):
        for name in [*names, *files]:
            status = (Path(folder) / name).lstat()
            if status.st_nlink == 1 or (Path(folder) / name).is_dir():
                inodes += 1
                blocks += status.st_blocks
    return inodes, blocks // 2


def race(name: str, scratch: Path, options: argparse.Namespace) -> None:
    lock = scratch / "pylock.toml"
    house = HOUSES / name
    wheels = [f"{path.name.split('-')[0]}=={path.name.split('-')[1]}" for path in house.iterdir()]
    command = [str(options.engine.resolve()), "lock", "--python", options.python, "--no-index"]
    command += ["--find-links", str(house), "-o", str(lock), *wheels]
    home = clean_environment(FLOWSTONE_HOME=str(scratch / "home"))
    subprocess.run(command, check=True, env=home, capture_output=True, cwd=scratch)
    for heat in ("cold", "warm", "again"):
        rounds = max(2, options.rounds // 3) if heat == "cold" else options.rounds
        contest = Race(f"{name}, {heat}", contestants(scratch, lock, heat, options), rounds)
        contest.run()
        print("\n".join(contest.rows()), flush=True)
    composed = next((scratch / "composed" / "home" / "v1" / "env").iterdir())
    for label, directory in (
        ("composed", composed),
        ("into", scratch / "into" / "venv"),
        ("uv-hardlink", scratch / "uv-hardlink" / "venv"),
    ):
        inodes, kilobytes = census(directory)
        print(f"{name}: one more environment, {label}: {inodes} inodes, {kilobytes} kB")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join(SETS))
    parser.add_argument("--rounds", type=int, default=9, help="a third as many of cold runs")
    parser.add_argument("--engine", type=Path, default=ENGINE)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--record", action="store_true", help="download what is missing")
    parser.add_argument("--ext4", action="store_true", help="on a fresh loop-mounted ext4")
    options = parser.parse_args()
    unknown = [name for name in options.sets if name not in SETS]
    if unknown:
        parser.error(f"there is no set {', '.join(unknown)}; there are {', '.join(SETS)}")
    names = options.sets or list(SETS)
    if options.record:
        for name in names:
            record(name, options.python)
    WORK.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([str(UV), "--version"], capture_output=True, text=True, check=True)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{version.stdout.strip()}; {os.cpu_count()} CPUs, load {load}")
    print(HEADER)
    for name in names:
        if (HOUSES / name).is_dir():
            with on_fresh_ext4(WORK) if options.ext4 else in_memory(WORK) as scratch:
                race(name, scratch, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
