"""Locks of wheels in a directory or on an index, written without a resolver."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from support.wheels import Wheel


def keep_wheels(folder: Path, wheels: Iterable[Wheel]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for wheel in wheels:
        (folder / wheel.filename).write_bytes(wheel.bytes())


def lock_of(folder: Path, wheels: Iterable[Wheel]) -> str:
    """A pylock.toml with these wheels, which lie in `folder`."""
    text = 'lock-version = "1.0"\ncreated-by = "test"\nrequires-python = ">=3.8"\n'
    for wheel in sorted(wheels, key=lambda wheel: wheel.name):
        path = folder / wheel.filename
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        text += (
            f'\n[[packages]]\nname = "{wheel.name}"\nversion = "{wheel.version}"\n'
            f'wheels = [{{ name = "{wheel.filename}", path = "{path}", '
            f'size = {path.stat().st_size}, hashes = {{ sha256 = "{digest}" }} }}]\n'
        )
    return text
