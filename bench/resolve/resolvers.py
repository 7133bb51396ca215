"""The resolvers and how each is asked for one set: same index, same cut-off, wheels only.

A resolver writes its answer to a file; `versions` reads it back as {name: version}.
"""

from __future__ import annotations

import json
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


@dataclass(frozen=True)
class Job:
    """One set, resolved by one tool into a directory of its own."""

    requirements: RequirementSet
    index: str
    directory: Path

    @property
    def cache(self) -> Path:
        return self.directory / "cache"

    @property
    def answer(self) -> Path:
        """Removed before each run: uv would start from its last answer."""
        return self.directory / "pylock.toml"

    def overrides(self) -> list[str]:
        """The option, for uv and flowstone alike."""
        if not self.requirements.overrides:
            return []
        file = self.directory / "overrides.txt"
        file.write_text("\n".join(self.requirements.overrides) + "\n")
        return ["--override", str(file)]


class Flowstone:
    name = "flowstone"

    def __init__(self, engine: Path = ENGINE) -> None:
        self.engine = engine

    def version(self) -> str:
        return output(self.engine, "--version")

    def command(self, job: Job) -> list[str]:
        return [
            str(self.engine),
            "lock",
            *job.requirements.requirements,
            *job.overrides(),
            *("--index-url", job.index),
            *("--exclude-newer", job.requirements.cutoff),
            *("--python", str(PYTHON)),
            *("-o", str(job.answer)),
        ]

    def environment(self, job: Job) -> dict[str, str]:
        return {"FLOWSTONE_HOME": str(job.cache)}

    def versions(self, job: Job) -> dict[str, str]:
        return pylock_versions(job.answer)


class Uv:
    name = "uv"

    def version(self) -> str:
        return output(UV, "--version")

    def command(self, job: Job) -> list[str]:
        source = job.directory / "requirements.in"
        source.write_text("\n".join(job.requirements.requirements) + "\n")
        return [
            *(str(UV), "pip", "compile", str(source), "--no-config", "--quiet"),
            *("--format", "pylock.toml", "--only-binary", ":all:"),
            *job.overrides(),
            *("--index-url", job.index),
            *("--exclude-newer", job.requirements.cutoff),
            *("--python", str(PYTHON)),
            *("-o", str(job.answer)),
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
    """What a resolver sees: no variable that changes where it looks, or what it reads at start."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(WORK / "home"), **more}


def output(*command: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pylock_versions(path: Path) -> dict[str, str]:
    packages = tomllib.loads(path.read_text())["packages"]
    return {normalized(package["name"]): package["version"] for package in packages}
