"""Where the tools of a race keep their caches and answers.

In memory (tmpfs), or on an ext4 that is made for the race and gone after it: on a file system
without a journal that has seen much deleting, creating files becomes dearer from run to run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/dev/shm")
IMAGE_BYTES = 32 << 30  # sparse


@contextlib.contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A directory in memory where there is one, or else in `otherwise`."""
    parent = MEMORY if os.access(MEMORY, os.W_OK) else otherwise
    with tempfile.TemporaryDirectory(dir=parent) as directory:
        yield Path(directory)


@contextlib.contextmanager
def on_fresh_ext4(parent: Path, size: int = IMAGE_BYTES) -> Iterator[Path]:
    """A directory on a loop-mounted ext4 with a journal; needs the right to mount."""
    place = Path(tempfile.mkdtemp(dir=parent))
    image, mount_point = place / "image", place / "mounted"
    mount_point.mkdir()
    try:
        with image.open("wb") as file:
            file.truncate(size)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(mount_point)], check=True)
        try:
            yield mount_point
        finally:
            subprocess.run(["umount", str(mount_point)], check=True)
    finally:
        shutil.rmtree(place)


def installed(program: Path, directory: Path) -> Path:
    """A copy of a program, written in one go as installers do.

    What the linker wrote here and there lies in single pages in the kernel's cache, which a start
    maps one by one: 7 % of the time of a short command, for each of the tools.
    """
    directory.mkdir(parents=True, exist_ok=True)
    copy = directory / program.name
    copy.unlink(missing_ok=True)
    subprocess.run(["cp", "-L", str(program), str(copy)], check=True)
    return copy
