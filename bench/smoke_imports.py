#!/usr/bin/env python3
"""Imports well-known packages and has each do something small, in every way that Flowstone can
install them, and in a plain virtual environment that pip made.

    build/tools/bin/python bench/smoke_imports.py [--fetch] [--record FILE] HOUSE [PACKAGE…]

HOUSE is a directory of wheels; --fetch fills it from the index that pip is configured with. The
packages and what they have to do are in smoke_snippets.txt. One lock holds all of them:

  default, symlink, hardlink, clone, copy   `sync`, and `sync --link-mode MODE`
  compiled                                  `sync --compile-bytecode`
  into                                      `sync --into`
  alone                                     `sync` of a lock of this package only
  pip                                       `pip install` of the same wheels

All top-level modules of the package are imported, then its snippet runs, by `python -I -c`, with a
home and a working directory of its own. A cell says `ok`, or the last line of the errors, with
`as pip: ` before it when pip's environment says the same. Where a file system has no clones,
`clone` is what the engine does instead, copies. Afterwards `doctor --thorough` reads every byte of
the cache, and what was written beside the packages, other than bytecode, is told. The exit status
is 1 when something fails only in Flowstone, or an archive was changed.

`tests/censuses/smoke_imports.tsv` is what --record wrote.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(1, str(ROOT / "tests"))

from support.archive_plans import read_plan  # noqa: E402
from support.installed_trees import install_with_pip  # noqa: E402
from support.project import ENGINE  # noqa: E402

SNIPPETS = Path(__file__).with_name("smoke_snippets.txt")
LINKED = ("default", "symlink", "compiled")  # their directories are those of the cache
ONE_LOCK = (*LINKED, "hardlink", "clone", "copy", "into")
OURS = (*ONE_LOCK, "alone")
DEADLINE = 300  # seconds until a hanging package is killed

# What is there to import, by the package's RECORD, but for private modules, bundled libraries and
# tests, and what wants an extra: a driver of duckdb, the server of black.
PRELUDE = """
import importlib, importlib.metadata, os
WRITTEN = os.getcwd()
found = set()
for file in importlib.metadata.distribution({name!r}).files:
    first = file.parts[0]
    if file.suffix in (".py", ".so") and first != ".." and not first.endswith(".libs"):
        found.add(first.split(".")[0])
left_out = {{"test", "tests", "docs", "examples", "adbc_driver_duckdb", "blackd"}}
for module in sorted(found - left_out):
    if not module.startswith("_"):
        importlib.import_module(module)
"""


def read_snippets() -> dict[str, str]:
    text = SNIPPETS.read_text(encoding="utf-8")
    parts = re.split(r"^== (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2]))


@dataclass
class Census:
    """`scratch` holds the cache, the environments and the homes of the programs."""

    house: Path
    python: Path
    scratch: Path
    engine: Path
    snippets: dict[str, str]
    versions: dict[str, str] = field(default_factory=dict)

    def run_engine(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.engine), *arguments, "--python", str(self.python)],
            env={**os.environ, "FLOWSTONE_HOME": str(self.scratch / "cache")},
            cwd=self.scratch,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"flowstone {' '.join(arguments[:2])}: {done.stderr}")
        print(
            "".join(f"{line}\n" for line in done.stderr.splitlines() if "warning" in line), end=""
        )
        return done.stdout

    def lock(self, name: str, *requirements: str) -> Path:
        """A lock of wheels of the house."""
        file = self.scratch / f"pylock.{name.replace('.', '-')}.toml"
        house = ("--no-index", "--find-links", str(self.house))
        self.run_engine("lock", *requirements, *house, "--quiet", "-o", str(file))
        return file

    def environment(self, mode: str, lock: Path) -> Path:
        options = {
            "compiled": ["--compile-bytecode"],
            "into": ["--into", str(self.scratch / "into")],
        }.get(mode, [] if mode in ("default", "alone") else ["--link-mode", mode])
        said = self.run_engine("sync", str(lock), "--offline", *options)
        return self.scratch / "into" if mode == "into" else Path(said.splitlines()[0])

    def smoke(self, package: str, environment: Path, mode: str) -> str:
        """What became of it: ok, or the last line of the errors."""
        home = self.scratch / "homes" / mode
        home.mkdir(parents=True, exist_ok=True)
        # Some leave a process behind that still writes when the directory is removed.
        with tempfile.TemporaryDirectory(dir=self.scratch, ignore_cleanup_errors=True) as directory:
            code = PRELUDE.format(name=package) + self.snippets[package]
            try:
                done = subprocess.run(
                    [str(environment / "bin" / "python"), "-I", "-c", code],
                    env={"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"},
                    cwd=directory,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=DEADLINE,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return f"no end after {DEADLINE} s"
        if done.returncode == 0:
            return "ok"
        last = (done.stderr.strip() or f"exit {done.returncode}").splitlines()[-1]
        return re.sub(r"\s+", " ", last.replace(str(environment), "ENV").replace(directory, "."))

    def smoke_all(self, environment: Path, mode: str) -> dict[str, str]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            said = pool.map(lambda name: self.smoke(name, environment, mode), self.snippets)
            return dict(zip(self.snippets, said))


def written_into_archives(cache: Path) -> dict[str, set[str]]:
    """What archives have beside what is in their plans, other than bytecode, by distribution."""
    found: dict[str, set[str]] = {}
    for place in [*cache.glob("v1/arc/*/*"), *cache.glob("v1/pyc/*/*/*")]:
        plan = read_plan((place / "plan").read_bytes().partition(b"\n")[2])
        planned = {str(file.path) for file in plan.files} | {"plan"}
        more = {path for path in files_below(place) if not path.endswith(".pyc")} - planned
        if more:
            found.setdefault(plan.name, set()).update(more)
    return found


def files_below(root: Path) -> set[str]:
    return {
        os.path.relpath(f"{directory}/{name}", root)
        for directory, _, names in os.walk(root)
        for name in names
    }


def states_below(root: Path) -> dict[str, tuple[int, int]]:
    """Size and date of all files but bytecode."""
    return {
        path: ((root / path).lstat().st_size, (root / path).lstat().st_mtime_ns)
        for path in files_below(root)
        if not path.endswith(".pyc")
    }


def fetch(census: Census) -> None:
    """The wheels of all packages and what they need, chosen by the engine, downloaded by pip."""
    lock = census.scratch / "pylock.toml"
    census.run_engine("lock", *census.snippets, "--only-binary", ":all:", "-o", str(lock))
    pins = [f"{p['name']}=={p['version']}" for p in tomllib.loads(lock.read_text())["packages"]]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--disable-pip-version-check"]
    subprocess.run([*command, "--dest", str(census.house), *pins], check=True)


def take(census: Census) -> tuple[dict[str, dict[str, str]], list[str]]:
    """What became of each package in each mode, and what was written where it should not be."""
    lock = census.lock("all", *census.snippets)
    packages = tomllib.loads(lock.read_text())["packages"]
    census.versions = {package["name"]: package["version"] for package in packages}
    wheels = [census.house / package["wheels"][0]["name"] for package in packages]
    install_with_pip(wheels, census.python, census.scratch / "pip")
    places = {mode: census.environment(mode, lock) for mode in ONE_LOCK}
    places["pip"] = census.scratch / "pip"
    table, writings = {}, []
    for mode, place in places.items():
        before = states_below(place)
        table[mode] = census.smoke_all(place, mode)
        changed = sorted(set(states_below(place).items()) - set(before.items()))
        writings += [f"{mode}: written: {path}" for path, _ in changed]
        print(f"{mode}: {sum(said == 'ok' for said in table[mode].values())} ok", flush=True)
    table["alone"] = {}
    for name in census.snippets:
        place = census.environment("alone", census.lock(f"only-{name}", name))
        table["alone"][name] = census.smoke(name, place, "alone")
    for name, paths in sorted(written_into_archives(census.scratch / "cache").items()):
        writings += [f"archive of {name}: written: {path}" for path in sorted(paths)]
    return table, writings


def rows(census: Census, table: dict[str, dict[str, str]]) -> list[list[str]]:
    found = []
    for name in census.snippets:
        theirs = table["pip"][name]
        cells = [
            f"as pip: {said}" if said == theirs != "ok" else said
            for said in (table[mode][name] for mode in OURS)
        ]
        version = census.versions[re.sub(r"[-_.]+", "-", name).lower()]
        found.append([name, version, *cells, theirs])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("house", type=Path)
    parser.add_argument("packages", nargs="*", metavar="PACKAGE")
    parser.add_argument("--fetch", action="store_true")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--python", type=Path, default=Path("/usr/bin/python3"))
    parser.add_argument("--engine", type=Path, default=ENGINE)
    parser.add_argument("--scratch", type=Path, help="a place with 15 GB, for all packages")
    options = parser.parse_args()
    snippets = read_snippets()
    if options.packages:
        snippets = {name: snippets[name] for name in options.packages}
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        census = Census(
            options.house.resolve(),
            options.python,
            Path(scratch).resolve(),
            options.engine.resolve(),
            snippets,
        )
        if options.fetch:
            fetch(census)
        table, writings = take(census)
        found = rows(census, table)
        doctor = subprocess.run(
            [str(census.engine), "doctor", "--thorough"],
            env={**os.environ, "FLOWSTONE_HOME": str(census.scratch / "cache")},
            cwd=census.scratch,
            capture_output=True,
            text=True,
            check=False,
        )
    header = [
        f"# bench/smoke_imports.py: CPython {platform_of(options.python)}",
        f"# doctor --thorough: exit {doctor.returncode}",
        *(
            "#   " + line.replace(f"{census.scratch}/", "")
            for line in doctor.stdout.splitlines()
            if line.startswith(("ok archives", "bad"))
        ),
        *(f"# {line}" for line in writings),
        "\t".join(["# package", "version", *OURS, "pip"]),
    ]
    if options.record:
        text = "\n".join([*header, *("\t".join(row) for row in found)]) + "\n"
        options.record.write_text(text, encoding="utf-8")
    print("\n".join(header))
    return summary(found, doctor)


def platform_of(python: Path) -> str:
    code = "import platform as p; print(p.python_version(), *p.libc_ver())"
    said = subprocess.check_output([str(python), "-I", "-c", code], text=True).strip()
    return f"{said}, {platform.machine()} {platform.system()}"


def summary(found: list[list[str]], doctor: subprocess.CompletedProcess[str]) -> int:
    """Prints what did not work and how much did; 1 when something is wrong with Flowstone alone."""
    ours = 0
    for name, version, *cells in found:
        for mode, said in zip((*OURS, "pip"), cells):
            if said != "ok":
                print(f"{name} {version}, {mode}: {said}")
                ours += mode != "pip" and not said.startswith("as pip: ")
    for number, mode in enumerate((*OURS, "pip"), 2):
        print(f"{mode}: {sum(row[number] == 'ok' for row in found)} of {len(found)} ok")
    print(f"{ours} failures that pip's environment does not have")
    if doctor.returncode != 0:
        print(doctor.stdout + doctor.stderr)
    return 1 if ours or doctor.returncode != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
