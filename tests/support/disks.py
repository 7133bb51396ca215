"""Disks that are too small."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest


class SmallDisk:
    """A file system in memory of a few megabytes."""

    def __init__(self, path: Path, megabytes: int) -> None:
        self.path = path
        self._mount(f"size={megabytes}m")

    def grow(self, megabytes: int) -> None:
        self._mount(f"remount,size={megabytes}m")

    def fill(self, leave_kilobytes: int) -> Path:
        """Takes all space but this much."""
        free = os.statvfs(self.path)
        size = free.f_bavail * free.f_frsize - leave_kilobytes * 1024
        file = self.path / "filler"
        file.write_bytes(bytes(max(size, 0)))
        return file

    def _mount(self, options: str) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.path)], capture_output=True
        )
        if done.returncode != 0:
            pytest.skip(f"cannot mount a tmpfs: {done.stderr.decode().strip()}")


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    path.mkdir(parents=True)
    disk = SmallDisk(path, megabytes)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=False)


@contextmanager
def ext4_disk(path: Path, image: Path, megabytes: int) -> Iterator[Path]:
    """A file system whose directories take blocks of it, as those of most disks do."""
    path.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    for command in (["mkfs.ext4", "-q", "-m", "0", image], ["mount", "-o", "loop", image, path]):
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"cannot make a disk: {error}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=False)
