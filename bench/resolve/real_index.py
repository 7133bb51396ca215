"""Asking flowstone and uv for one set on the index that pip is configured with."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import tomllib
from resolvers import Flowstone, Job, Uv, certificates, clean_environment, normalized


@dataclass
class Answer:
    status: int | None  # None: not within the limit
    seconds: float
    errors: str
    packages: list[dict] = field(default_factory=list)  # of the lock

    def versions(self) -> dict[str, str]:
        return {normalized(package["name"]): package["version"] for package in self.packages}


def ask(tool: Flowstone | Uv, job: Job, limit_seconds: int, cache: Path | None = None) -> Answer:
    """`cache`: where both tools keep what later jobs need as well; else beside the answer."""
    job.directory.mkdir(exist_ok=True)
    job.answer.unlink(missing_ok=True)
    keeper = Job(job.requirements, job.index, cache / tool.name) if cache else job
    began = time.monotonic()
    try:
        done = subprocess.run(
            tool.command(job),
            env=clean_environment(**tool.environment(keeper), **certificates()),
            cwd=job.directory,
            capture_output=True,
            text=True,
            timeout=limit_seconds,
        )
    except subprocess.TimeoutExpired:
        return Answer(None, limit_seconds, "")
    seconds = time.monotonic() - began
    packages = tomllib.loads(job.answer.read_text())["packages"] if done.returncode == 0 else []
    return Answer(done.returncode, seconds, done.stderr, packages)
