"""Installing beside uv: from a lock and a house of wheels to an environment, cold and warm.

    python bench/install/run.py [SET…] [--tools LIST] [--rounds N] [--engine PATH] [--record]
                                [--ext4]

Both tools get the same pylock.toml, whose files lie on this disk: no network is involved. Caches
and environments lie in memory (tmpfs), or with --ext4 on a fresh loop-mounted ext4 with a journal.

  composed  flowstone sync LOCK: the shared environment of the cache, in the mode it chooses
  hardlink  the same with --link-mode hardlink
  into      flowstone sync LOCK --into DIR: a virtual environment of one's own
  uv-MODE   uv pip sync --link-mode MODE into a virtual environment made before the clock runs
  uv-venv-hardlink  uv venv and then that in mode hardlink, by one sh: a whole environment, as the
            first two make it

"warm" has every wheel unpacked and no environment; "again" has the environment; "cold" has nothing.
Without SETs, those that are made up (pure, files) and all others whose wheels are there; --record
downloads them from the index that pip is configured with. --tools restricts the contestants, which
sets with gigabytes need; the first one is compared with. The last lines tell what one more
environment takes.

The set torch is torch, transformers and datasets with what they need, without the libraries of CUDA
and triton: those are 2.4 of its 3.1 GB, and installed as any other file is.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[1:1] = [str(ROOT / "bench" / "macro"), str(ROOT / "bench" / "resolve")]

from measure import HEADER, Contestant, Race  # noqa: E402
from resolvers import ENGINE, UV, WORK, clean_environment  # noqa: E402
from scratch import IMAGE_BYTES, in_memory, installed, on_fresh_ext4  # noqa: E402

# How much wheels grow: 2.5 times in torch, 3.1 in jupyter. They are not opened for it: a process
# begins with the memory of the one that starts it, so that its peak would be seen in the table.
UNPACKED = 3
HOUSES = ROOT / "build" / "bench" / "wheels"
MODES = ("hardlink", "clone", "symlink", "copy")
OURS = {
    "composed": (),
    "hardlink": ("--link-mode", "hardlink"),
    "into": ("--into", "venv"),
}
TOOLS = (*OURS, *(f"uv-{mode}" for mode in MODES), "uv-venv-hardlink")
# What pip is asked for; nothing for sets that are made up.
SETS = {
    "jupyter": ("jupyter",),
    "ml": ("pandas", "scikit-learn", "xgboost", "lightgbm"),
    "torch": ("torch", "transformers", "datasets"),
    "pure": (),
    "files": (),
}
# What is left out of every set that is downloaded whole otherwise.
LEFT_OUT = {"torch": re.compile(r"(nvidia|cuda)-|triton$")}
OVERRIDES = "overrides.txt"  # beside wheels of which some were left out: by it nothing needs those


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


def download(name: str, house: Path, options: argparse.Namespace) -> None:
    """What the engine chooses for the set, but for what is left out of it."""
    with tempfile.TemporaryDirectory() as directory:
        lock = Path(directory) / "pylock.toml"
        command = [str(options.engine), "lock", "--python", options.python, *SETS[name]]
        command += ["--only-binary", ":all:", "--quiet", "-o", str(lock)]
        home = {**os.environ, "FLOWSTONE_HOME": str(Path(directory) / "home")}
        subprocess.run(command, check=True, env=home)
        packages = tomllib.loads(lock.read_text())["packages"]
    pins, left_out = [], []
    for package in packages:
        if name in LEFT_OUT and LEFT_OUT[name].match(package["name"]):
            left_out.append(f"{package['name']}; python_version < '3'\n")
        else:
            pins.append(f"{package['name']}=={package['version']}")
    if left_out:
        (house / OVERRIDES).write_text("".join(left_out))
    command = [options.python, "-m", "pip", "download", "--only-binary", ":all:", "--no-deps"]
    subprocess.run([*command, "--dest", str(house), "--quiet", *pins], check=True)


def record(name: str, options: argparse.Namespace) -> None:
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
        download(name, house, options)


@dataclass
class Place:
    """Where one tool keeps its cache and its environment."""

    directory: Path
    engine: Path
    python: str
    lock: Path
    uv_program: Path

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
        command = [
            str(self.uv_program),
            "pip",
            "sync",
            "--python",
            str(self.venv / "bin" / "python"),
        ]
        return [*command, "--quiet", "--offline", "--link-mode", mode, str(self.lock)]

    def environment(self) -> dict[str, str]:
        return clean_environment(
            FLOWSTONE_HOME=str(self.home), UV_CACHE_DIR=str(self.directory / "uv-cache")
        )

    def uv_venv(self) -> str:
        return f"{self.uv_program} venv --quiet --allow-existing --python {self.python} venv"

    def script(self, *steps: str) -> list[str]:
        return ["sh", "-c", " && ".join(steps)]


def contestants(scratch: Path, lock: Path, heat: str, options: argparse.Namespace) -> list:
    def place(name: str) -> Place:
        directory = scratch / name
        directory.mkdir(parents=True, exist_ok=True)
        return Place(directory, options.engine, options.python, lock, options.uv)

    found = []
    for name in options.tools:
        where = place(name)
        if name in OURS:
            command = where.flowstone(*OURS[name])
            stale = {"cold": "home venv", "warm": "home/v1/env venv", "again": ""}[heat]
            steps = [f"rm -rf {stale}"] if stale else []
        else:
            mode = name.rpartition("-")[2]
            command = where.uv(mode)
            stale = {"cold": "uv-cache venv", "warm": "venv", "again": ""}[heat]
            steps = [f"rm -rf {stale}"] if stale else []
            if name == "uv-venv-hardlink":
                command = where.script(where.uv_venv(), shlex.join(command))
            elif stale:
                steps.append(where.uv_venv())
        prepare = where.script(*steps) if steps else None
        found.append(Contestant(name, command, where.directory, where.environment(), prepare))
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


def room_for(name: str, options: argparse.Namespace) -> int:
    """Bytes that a race may take at once: a cache for each tool, another environment of files for
    those that share none, and what is removed while its blocks are still bound to the journal.
    """
    wheels = sum(wheel.stat().st_size for wheel in (HOUSES / name).glob("*.whl"))
    copies = sum(tool in ("uv-clone", "uv-copy") for tool in options.tools)
    return wheels * UNPACKED * (len(options.tools) + copies + 2)


def race(name: str, scratch: Path, options: argparse.Namespace) -> None:
    lock = scratch / "pylock.toml"
    house = HOUSES / name
    wheels = [
        f"{path.name.split('-')[0]}=={path.name.split('-')[1]}" for path in house.glob("*.whl")
    ]
    command = [str(options.engine), "lock", "--python", options.python, "--no-index"]
    command += ["--find-links", str(house), "-o", str(lock), *wheels]
    if (house / OVERRIDES).exists():
        command += ["--override", str(house / OVERRIDES)]
    home = clean_environment(FLOWSTONE_HOME=str(scratch / "home"))
    subprocess.run(command, check=True, env=home, capture_output=True, cwd=scratch)
    for heat in ("cold", "warm", "again"):
        rounds = max(2, options.rounds // 3) if heat == "cold" else options.rounds
        contest = Race(f"{name}, {heat}", contestants(scratch, lock, heat, options), rounds)
        contest.run()
        print("\n".join(contest.rows()), flush=True)
    for label, pattern in (
        ("composed", "home/v1/env/*"),
        ("into", "venv"),
        ("uv-hardlink", "venv"),
    ):
        if label not in options.tools:
            continue
        directory = next((scratch / label).glob(pattern))
        inodes, kilobytes = census(directory)
        print(f"{name}: one more environment, {label}: {inodes} inodes, {kilobytes} kB")


def available_memory() -> int:
    """What the kernel could give, in bytes: a tmpfs may be larger than that."""
    found = re.search(r"^MemAvailable: +(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) << 10 if found else sys.maxsize


@contextlib.contextmanager
def scratch_for(name: str, options: argparse.Namespace) -> Iterator[Path | None]:
    """A place with room for the race, or none, which is said: a full disk would be everybody's."""
    room = room_for(name, options)
    place = on_fresh_ext4(WORK, max(IMAGE_BYTES, room)) if options.ext4 else in_memory(WORK)
    with place as scratch:
        free = shutil.disk_usage(WORK if options.ext4 else scratch).free
        if not options.ext4:
            free = min(free, available_memory())
        if room > free:
            print(
                f"{name} is left out: it may take {room >> 20} MiB for {len(options.tools)} tools, "
                f"and {free >> 20} MiB are free; name fewer with --tools"
            )
        yield scratch if room <= free else None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join(SETS))
    parser.add_argument(
        "--tools",
        type=lambda text: text.split(","),
        default=list(TOOLS),
        metavar="LIST",
        help=", ".join(TOOLS),
    )
    parser.add_argument("--rounds", type=int, default=9, help="a third as many of cold runs")
    parser.add_argument("--engine", type=Path, default=ENGINE)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--record", action="store_true", help="download what is missing")
    parser.add_argument("--ext4", action="store_true", help="on a fresh loop-mounted ext4")
    options = parser.parse_args()
    unknown = [name for name in options.sets if name not in SETS]
    if unknown:
        parser.error(f"there is no set {', '.join(unknown)}; there are {', '.join(SETS)}")
    if strange := [tool for tool in options.tools if tool not in TOOLS]:
        parser.error(f"there is no tool {', '.join(strange)}; there are {', '.join(TOOLS)}")
    names = options.sets or list(SETS)
    for name in names:
        if options.record or not SETS[name]:
            record(name, options)
    WORK.mkdir(parents=True, exist_ok=True)
    options.engine, options.uv = (
        installed(program, WORK / "installed") for program in (options.engine, UV)
    )
    version = subprocess.run(
        [str(options.uv), "--version"], capture_output=True, text=True, check=True
    )
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{version.stdout.strip()}; {os.cpu_count()} CPUs, load {load}")
    print(HEADER)
    for name in names:
        if (HOUSES / name).is_dir():
            with scratch_for(name, options) as scratch:
                if scratch:
                    race(name, scratch, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
