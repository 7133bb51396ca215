"""METADATA of a wheel on a server, read by byte ranges.

`RemoteFile` is a file for `zipfile`: it holds the tail of the wheel, where a zip keeps its
directory and a wheel mostly its METADATA, and asks for other ranges when they are read.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Callable

TAIL = 64 << 10
READ_AHEAD = 16 << 10
METADATA = re.compile(r"[^/]+\.dist-info/METADATA")

ReadRange = Callable[[int, int], bytes]  # of the first and the last byte


class RemoteFile(io.RawIOBase):
    def __init__(self, size: int, read_range: ReadRange) -> None:
        self._size = size
        self._read_range = read_range
        self._position = 0
        self._first = max(0, size - TAIL)
        self._bytes = read_range(self._first, size - 1)

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def read(self, count: int = -1) -> bytes:
        end = self._size if count < 0 else min(self._size, self._position + count)
        if self._position >= end:
            return b""
        if not self._first <= self._position <= end <= self._first + len(self._bytes):
            last = min(self._size, max(end, self._position + READ_AHEAD)) - 1
            self._bytes = self._read_range(self._position, last)
            self._first = self._position
        begin = self._position - self._first
        self._position = end
        return self._bytes[begin : end - self._first]


def read_metadata(size: int, read_range: ReadRange) -> bytes:
    """The bytes of METADATA; KeyError when the wheel has none."""
    with zipfile.ZipFile(RemoteFile(size, read_range)) as wheel:
        names = [name for name in wheel.namelist() if METADATA.fullmatch(name)]
        if len(names) != 1:
            raise KeyError(f"{len(names)} METADATA files")
        return wheel.read(names[0])
