"""The connection to `flowstone rpc`: started on first use, one per process, closed with the
process.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading

from ..exceptions import MetaflowException, MetaflowInternalError, MetaflowNotFound
from ..frames import Channel, Frame, ProtocolError
from ..serialization import map_descriptor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PROTOCOL_VERSION = 1


class RpcError(MetaflowException):
    """What the engine answered instead of a reply. `code` says what the caller can do."""

    headline = "Datastore error"

    def __init__(self, code: str, message: str, hints: list[str]):
        super().__init__("\n".join([message, *(f"hint: {hint}" for hint in hints)]))
        self.code = code
        self.hints = hints


class Connection:
    """A running `flowstone rpc`. Threads take turns."""

    def __init__(self) -> None:
        from ..engine import find_engine

        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self._process = subprocess.Popen(
                [find_engine(), "rpc", "--channel", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._channel = Channel(ours)
        self._lock = threading.Lock()
        self._last_id = 0
        hello = self._receive()
        if hello.type != "hello" or hello.header.get("protocol") != PROTOCOL_VERSION:
            raise MetaflowInternalError("the engine and this client speak different protocols")
        self.datastore: str = hello.header["datastore"]

    def close(self) -> None:
        """Ends the engine, which leaves at end of file."""
        self._channel.close()
        self._process.wait()

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The header of the reply."""
        frame = self._exchange(method, arguments)
        for descriptor in frame.descriptors:
            os.close(descriptor)
        return frame.header

    def content(self, method: str, **arguments: Any) -> bytearray | memoryview:
        """The content of the reply, in memory that the caller may write to."""
        frame = self._exchange(method, arguments)
        size = frame.header["size"]
        if not frame.descriptors:
            return frame.payload
        return map_descriptor(frame.descriptors[0], frame.header.get("offset", 0), size)

    def _exchange(self, method: str, arguments: dict[str, Any]) -> Frame:
        with self._lock:
            self._last_id += 1
            request = {"type": method, "id": self._last_id}
            request.update((name, value) for name, value in arguments.items() if value is not None)
            self._channel.send(request)
            frame = self._receive()
        header = frame.header
        if header.get("id") != request["id"]:
            raise MetaflowInternalError(f"'{frame.type}' is no answer to '{method}'")
        if frame.type == "error":
            if header["code"] == "not_found":
                raise MetaflowNotFound(header["message"])
            raise RpcError(header["code"], header["message"], header.get("hints") or [])
        return frame

    def _receive(self) -> Frame:
        try:
            frame = self._channel.receive()
        except ProtocolError as error:
            raise MetaflowInternalError(f"broken protocol: {error}") from error
        if frame is None:
            status = self._process.wait()
            raise MetaflowInternalError(f"the engine ended with status {status}")
        return frame


class _Connections:
    """The connection of each process, for each datastore that it asks for.

    A forked process must not use its parent's, and a program may change FLOWSTONE_DATASTORE or its
    working directory: what selects the datastore is part of the key.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[int, str | None, str] | None = None
        self._open: Connection | None = None

    def current(self) -> Connection:
        key = (os.getpid(), os.environ.get("FLOWSTONE_DATASTORE"), os.getcwd())
        with self._lock:
            if self._open is None or self._key != key:
                if self._open is not None and self._key is not None and self._key[0] == key[0]:
                    self._open.close()
                self._open = Connection()
                self._key = key
            return self._open


_connections = _Connections()


def connection() -> Connection:
    """The connection to use now."""
    return _connections.current()
