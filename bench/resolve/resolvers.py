"""The resolvers and how each is asked for one set: same index, same cut-off, wheels only.

A resolver writes its answer to a file; `versions` reads it back as {name: version}.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import tomllib
from requirement_sets import RequirementSet

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "bench"
ENGINE = ROOT / "build" / "bin" / "flowstone"
UV = ROOT / "build" / "tools" / "bin" / "uv"
PYTHON = Path("/usr/bin/python3")
PIP = "pip==26.3"
# Of sets that name a version of Python.
PLATFORM, UV_PLATFORM = "linux-x86_64-glibc2.36", "x86_64-manylinux_2_36"


@dataclass(frozen=True)
class Job:
    """One set, resolved by one tool into a directory of its own."""

    requirements: RequirementSet
    index: str
    directory: Path
    python: Path = PYTHON

    @property
    def cache(self) -> Path:
        return self.directory / "cache"

    @property
    def answer(self) -> Path:
        """Removed before each run: uv would start from its last answer."""
        return self.directory / "pylock.toml"

    def common_options(self) -> list[str]:
        """What uv and flowstone call by the same names."""
        wanted = self.requirements
        options = ["--index-url", self.index, "--exclude-newer", wanted.cutoff]
        for option, lines in (("--override", wanted.overrides), ("-c", wanted.constraints)):
            if lines:
                file = self.directory / f"{option.strip('-')}.txt"
                file.write_text("\n".join(lines) + "\n")
                options += [option, str(file)]
        if "--prerelease" not in wanted.options:  # the default of uv since 0.12
            options += ["--prerelease", "if-necessary"]
        return [*options, *wanted.options, "-o", str(self.answer)]


class Flowstone:
    name = "flowstone"

    def __init__(self, engine: Path = ENGINE) -> None:
        self.engine = engine

    def version(self) -> str:
        return output(self.engine, "--version")

    def command(self, job: Job) -> list[str]:
        version = job.requirements.python
        return [
            *(str(self.engine), "lock", *job.requirements.requirements),
            *(
                ["--python", version, "--target", PLATFORM]
                if version
                else ["--python", str(job.python)]
            ),
            *job.common_options(),
        ]

    def environment(self, job: Job) -> dict[str, str]:
        return {"FLOWSTONE_HOME": str(job.cache)}

    def versions(self, job: Job) -> dict[str, str]:
        return pylock_versions(job.answer)


class Uv:
    name = "uv"

    def __init__(self, program: Path = UV) -> None:
        self.program = program

    def version(self) -> str:
        return output(self.program, "--version")

    def command(self, job: Job) -> list[str]:
        source = job.directory / "requirements.in"
        source.write_text("\n".join(job.requirements.requirements) + "\n")
        version = job.requirements.python
        return [
            *(str(self.program), "pip", "compile", str(source), "--no-config", "--quiet"),
            *("--format", "pylock.toml", "--only-binary", ":all:"),
            *("--python", str(job.python)),
            *(["--python-version", version, "--python-platform", UV_PLATFORM] if version else []),
            *job.common_options(),
        ]

    def environment(self, job: Job) -> dict[str, str]:
        return {"UV_CACHE_DIR": str(job.cache)}

    def versions(self, job: Job) -> dict[str, str]:
        return pylock_versions(job.answer)


class Pip:
    name = "pip"

    def __init__(self, venv: Path) -> None:
        self._python = venv / "bin" / "python"
        marker = venv / "installed"
        if not marker.exists() or marker.read_text() != PIP:
            subprocess.run([str(PYTHON), "-m", "venv", "--clear", str(venv)], check=True)
            install = [str(self._python), "-m", "pip", "install", "--quiet", PIP]
            subprocess.run(install, check=True)
            marker.write_text(PIP)

    def version(self) -> str:
        return " ".join(output(self._python, "-m", "pip", "--version").split()[:2])

    def command(self, job: Job) -> list[str]:
        return [
            *(str(self._python), "-m", "pip", "install", "--isolated", "--quiet"),
            *("--dry-run", "--ignore-installed", "--only-binary", ":all:"),
            *("--disable-pip-version-check", "--cache-dir", str(job.cache)),
            *("--index-url", job.index),
            *("--uploaded-prior-to", job.requirements.cutoff),
            *("--report", str(job.answer)),
            *job.requirements.requirements,
        ]

    def environment(self, job: Job) -> dict[str, str]:
        return {}

    def versions(self, job: Job) -> dict[str, str]:
        report = json.loads(job.answer.read_text())
        found = [item["metadata"] for item in report["install"]]
        return {normalized(entry["name"]): entry["version"] for entry in found}


def clean_environment(**more: str) -> dict[str, str]:
    """What a resolver sees: no variable that changes where it looks, or what it reads at start. And
    nothing goes on behind the next round.
    """
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(WORK / "home"),
        "FLOWSTONE_BYTECODE": "none",
        **more,
    }


def certificates() -> dict[str, str]:
    """For an index that is not on loopback: the bundle that pip is told to trust, where it is."""
    bundle = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    return {"SSL_CERT_FILE": bundle} if bundle else {}


def output(*command: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pylock_versions(path: Path) -> dict[str, str]:
    packages = tomllib.loads(path.read_text())["packages"]
    return {normalized(package["name"]): package["version"] for package in packages}
