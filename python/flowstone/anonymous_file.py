"""Files without a name, to hand large content to another process."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable


def anonymous_file(label: str, parts: Iterable[bytes | bytearray | memoryview]) -> int:
    """Descriptor of a file in memory (else of an unlinked one on disk) that holds `parts`, at its
    start.
    """
    descriptor = _create(label)
    try:
        for part in parts:
            _write_all(descriptor, memoryview(part))
        os.lseek(descriptor, 0, os.SEEK_SET)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _create(label: str) -> int:
    # Linux with glibc 2.27 or newer; elsewhere, and in old interpreters, a file that is unlinked at
    # once.
    create = getattr(os, "memfd_create", None)
    if create is not None:
        try:
            descriptor: int = create(label)
            return descriptor
        except OSError:
            pass
    import tempfile

    descriptor, path = tempfile.mkstemp(prefix="flowstone-")
    os.unlink(path)
    return descriptor


def _write_all(descriptor: int, data: memoryview) -> None:
    data = data.cast("B") if data.nbytes else data
    while data.nbytes:
        data = data[os.write(descriptor, data) :]
