"""Counts what happens below directories, as the kernel tells it (inotify), and acts on the n-th."""

from __future__ import annotations

import ctypes
import os
import select
import struct
import threading
from pathlib import Path
from typing import Callable

_MODIFY, _CLOSE_WRITE, _MOVED_TO = 0x2, 0x8, 0x80
_CREATE, _DELETE, _IS_DIRECTORY = 0x100, 0x200, 0x40000000
_INTERESTING = _MODIFY | _CLOSE_WRITE | _MOVED_TO | _CREATE | _DELETE
_EVENT = struct.Struct("iIII")

_libc = ctypes.CDLL(None, use_errno=True)


class DirectoryEvents:
    """Watches `roots` with all that comes into being below them. At event number `at`, `action` is
    called once, from another thread. `count` is the number of events so far.
    """

    def __init__(
        self, roots: list[Path], at: int = 0, action: Callable[[], None] | None = None
    ) -> None:
        self.count = 0
        self._at = at
        self._action = action
        self._paths: dict[int, Path] = {}
        self._inotify = _libc.inotify_init1(os.O_CLOEXEC)
        if self._inotify < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self._wake_read, self._wake_write = os.pipe()
        for root in roots:
            self._watch(root)
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> DirectoryEvents:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._wake_write)
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._inotify)

    def _watch(self, directory: Path) -> None:
        number = _libc.inotify_add_watch(self._inotify, os.fsencode(directory), _INTERESTING)
        if number < 0:
            return  # already gone
        self._paths[number] = directory
        try:
            children = [path for path in directory.iterdir() if path.is_dir()]
        except FileNotFoundError:
            return
        for child in children:
            if not child.is_symlink():
                self._watch(child)

    def _follow(self) -> None:
        while True:
            ready, _, _ = select.select([self._inotify, self._wake_read], [], [])
            if self._inotify not in ready:
                return
            data = os.read(self._inotify, 64 * 1024)
            offset = 0
            while offset < len(data):
                number, mask, _cookie, length = _EVENT.unpack_from(data, offset)
                name = data[offset + _EVENT.size : offset + _EVENT.size + length].rstrip(b"\0")
                offset += _EVENT.size + length
                self._note(number, mask, os.fsdecode(name))

    def _note(self, number: int, mask: int, name: str) -> None:
        if mask & _INTERESTING == 0:
            return  # a watch that ended
        self.count += 1
        if self.count == self._at and self._action is not None:
            self._action()
        if mask & _IS_DIRECTORY and mask & (_CREATE | _MOVED_TO):
            self._watch(self._paths[number] / name)
