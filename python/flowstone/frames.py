"""Frames of the worker and RPC protocols (docs/formats/worker-protocol.md) over a Unix stream
socket.

    u32 header length · u64 payload length · JSON header · payload

Descriptors travel with the first byte of their frame. A peer that breaks the protocol is an error
for good.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

_LENGTHS = struct.Struct("<IQ")
_LIMIT = 64 * 1024 * 1024
_MAX_DESCRIPTORS = 16
_DESCRIPTOR_SIZE = array.array("i").itemsize


class ProtocolError(Exception):
    """The peer sent what is no frame, or went away in the middle of one."""


class Frame:
    """One received frame. Who takes a descriptor closes it."""

    __slots__ = ("descriptors", "header", "payload")

    def __init__(self, header: dict[str, Any], payload: bytearray, descriptors: list[int]):
        self.header = header
        self.payload = payload
        self.descriptors = descriptors

    @property
    def type(self) -> str:
        kind: str = self.header["type"]
        return kind


class Channel:
    """A connected socket that carries frames. Owned by one process, used by one thread at a
    time.
    """

    def __init__(self, connection: socket.socket):
        self._socket = connection
        self._owner = os.getpid()

    @classmethod
    def of_descriptor(cls, descriptor: int) -> Channel:
        """Takes over a descriptor, and keeps it from processes that are started later."""
        os.set_inheritable(descriptor, False)
        return cls(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=descriptor))

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(
        self,
        header: dict[str, Any],
        payload: bytes | bytearray | memoryview = b"",
        descriptors: Iterable[int] = (),
    ) -> None:
        """Sends one frame whole. The descriptors stay the caller's."""
        self._check_owner()
        passed = array.array("i", descriptors)
        if passed:
            header = {**header, "descriptors": len(passed)}
        # A lone surrogate, as in a file name that is no UTF-8, is no JSON for other parsers.
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode(
            errors="replace"
        )
        start = _LENGTHS.pack(len(text), len(payload)) + text
        if len(payload) <= 16 * 1024:
            start += bytes(payload)
            payload = b""
        if passed:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)]
            sent = self._socket.sendmsg([start], rights)
            start = start[sent:]
        if start:
            self._socket.sendall(start)
        if payload:
            self._socket.sendall(payload)

    def receive(self) -> Frame | None:
        """The next frame; None when the peer closed between two frames."""
        self._check_owner()
        descriptors: list[int] = []
        try:
            lengths = self._read(_LENGTHS.size, descriptors, may_end=True)
            if not lengths:
                return None
            header_length, payload_length = _LENGTHS.unpack(lengths)
            if header_length > _LIMIT or payload_length > _LIMIT:
                raise ProtocolError(f"a frame of {header_length} and {payload_length} bytes")
            header = _parse_header(self._read(header_length, descriptors))
            payload = self._read(payload_length, descriptors) if payload_length else bytearray()
            if len(descriptors) != header.get("descriptors", 0):
                raise ProtocolError(f"frame '{header['type']}' came with the wrong descriptors")
        except BaseException:
            for descriptor in descriptors:
                os.close(descriptor)
            raise
        return Frame(header, payload, descriptors)

    def _read(self, size: int, descriptors: list[int], may_end: bool = False) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * _DESCRIPTOR_SIZE)
        while view:
            count, ancillary, _flags, _address = self._socket.recvmsg_into([view], space)
            for level, kind, content in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    descriptors.extend(_descriptors_in(content))
            if not count:
                if may_end and len(view) == size:
                    return bytearray()
                raise ProtocolError("the connection ended in the middle of a frame")
            view = view[count:]
        return data

    def _check_owner(self) -> None:
        # Two processes on one stream would read each other's answers.
        if os.getpid() != self._owner:
            raise ProtocolError(
                "the connection belongs to the process that this one was forked from"
            )


def _descriptors_in(content: bytes) -> list[int]:
    received = array.array("i")
    received.frombytes(content[: len(content) - len(content) % _DESCRIPTOR_SIZE])
    for descriptor in received:
        os.set_inheritable(descriptor, False)
    return list(received)


def _parse_header(text: bytearray) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise ProtocolError(f"a header is no JSON: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise ProtocolError("a header has no type")
    return header
