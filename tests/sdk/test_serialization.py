"""Bytes of serialised artifacts, and frames."""

from __future__ import annotations

import array
import os
import pickle
import socket
import struct
from typing import Any

import pytest
from flowstone.frames import Channel, ProtocolError
from flowstone.serialization import (
    CorruptArtifact,
    deserialize,
    map_descriptor,
    serialize,
    type_name,
)
from golden_files import GOLDEN, expect_golden
from mini_engine import receive_frame, send_frame


class Block:
    """A value with one out-of-band buffer, as an array has."""

    def __init__(self, content: Any):
        self.content = content

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Block, (pickle.PickleBuffer(self.content),)


def file_of(value: object) -> bytearray:
    return bytearray(b"".join(bytes(part) for part in serialize(value)))


@pytest.mark.parametrize(
    "value", [None, 7, "text", {"a": [1, (2, b"x")]}, bytearray(b"abc"), set()]
)
def test_values_come_back(value: object) -> None:
    assert deserialize(file_of(value)) == value


def test_layout_of_a_value_without_buffers() -> None:
    content = file_of([1, "two"])
    magic, count, zero, length = struct.unpack_from("<8sIIQ", content)
    assert (magic, count, zero) == (b"FSPKL5\0\0", 0, 0)
    stream = bytes(content[24 : 24 + length])
    assert pickle.loads(stream) == [1, "two"] and stream[:2] == b"\x80\x05"
    assert len(content) % 64 == 0 and not any(content[24 + length :])


def test_layout_of_buffers() -> None:
    content = file_of([Block(bytearray(b"a" * 70)), Block(bytearray(b"b" * 3))])
    count = struct.unpack_from("<I", content, 8)[0]
    lengths = struct.unpack_from("<3Q", content, 16)
    assert (count, lengths[1:]) == (2, (70, 3))
    first = 16 + 24 + lengths[0]
    first += -first % 64
    assert content[first : first + 70] == b"a" * 70
    assert content[first + 128 :] == b"bbb"  # at the next multiple of 64, and nothing after it


def test_equal_values_give_equal_bytes() -> None:
    assert file_of({"x": [1.5, "s"]}) == file_of({"x": [1.5, "s"]})


def test_golden_file_is_still_read() -> None:
    value = {"name": "ada", "table": [bytearray(b"0123456789" * 10)], "n": 3}
    if os.environ.get("FLOWSTONE_UPDATE_GOLDEN"):
        expect_golden("artifact_v1.pickle5", bytes(file_of(value)))
    content = bytearray((GOLDEN / "artifact_v1.pickle5").read_bytes())
    assert deserialize(content) == value


def test_buffers_are_the_files_memory_and_writable() -> None:
    content = file_of(Block(bytearray(b"x" * 100)))
    block = deserialize(content)
    block.content[0] = ord("y")
    assert content[-100] == ord("y")


def test_mapped_content_is_private(tmp_path: Any) -> None:
    path = tmp_path / "blob"
    path.write_bytes(bytes(64) + bytes(file_of(Block(bytearray(b"x" * 5000)))))
    stored = path.read_bytes()
    view = map_descriptor(os.open(path, os.O_RDONLY), 64, len(stored) - 64)
    deserialize(view).content[0] = 0
    assert path.read_bytes() == stored


@pytest.mark.parametrize("size", [0, 7, 15, 20, 30])
def test_truncated_content_is_corrupt(size: int) -> None:
    with pytest.raises(CorruptArtifact):
        deserialize(file_of([1, 2, 3])[:size])


def test_foreign_content_is_corrupt() -> None:
    with pytest.raises(CorruptArtifact, match="does not begin"):
        deserialize(bytearray(pickle.dumps(1)).ljust(64))


def test_type_names() -> None:
    assert type_name({}) == "builtins.dict"
    assert type_name(array.array("i")) == "array.array"


@pytest.fixture
def ends() -> Any:
    left, right = socket.socketpair()
    yield Channel(left), right
    left.close()
    right.close()


def test_a_frame_comes_whole(ends: Any) -> None:
    channel, peer = ends
    send_frame(peer, {"type": "get", "sha256": "é"}, payload=b"p" * 100_000)
    frame = channel.receive()
    assert frame.type == "get" and frame.header["sha256"] == "é" and len(frame.payload) == 100_000
    channel.send({"type": "blob"}, payload=b"q" * 100_000)
    header, payload, _ = receive_frame(peer) or ({}, b"", [])
    assert header == {"type": "blob"} and payload == b"q" * 100_000


def test_descriptors_travel_and_are_not_inherited(ends: Any) -> None:
    channel, peer = ends
    read, write = os.pipe()
    send_frame(peer, {"type": "fork"}, descriptors=(read, write))
    os.close(read)
    frame = channel.receive()
    ours, theirs = frame.descriptors
    os.write(theirs, b"x")
    assert os.read(ours, 1) == b"x"
    assert not os.get_inheritable(ours)
    for descriptor in (write, ours, theirs):
        os.close(descriptor)


def test_end_between_frames_is_none_and_inside_one_is_an_error(ends: Any) -> None:
    channel, peer = ends
    peer.sendall(struct.pack("<IQ", 10, 0) + b"{")
    peer.shutdown(socket.SHUT_WR)
    with pytest.raises(ProtocolError, match="in the middle of a frame"):
        channel.receive()
    assert channel.receive() is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (struct.pack("<IQ", 1 << 30, 0), "a frame of 1073741824"),
        (struct.pack("<IQ", 2, 1 << 40) + b"{}", "a frame of 2 and"),
        (struct.pack("<IQ", 2, 0) + b"{}", "a header has no type"),
        (struct.pack("<IQ", 3, 0) + b"{x}", "a header is no JSON"),
        (struct.pack("<IQ", 30, 0) + b'{"type":"a","descriptors": 1 }', "wrong descriptors"),
    ],
)
def test_broken_frames(ends: Any, data: bytes, message: str) -> None:
    channel, peer = ends
    peer.sendall(data)
    with pytest.raises(ProtocolError, match=message):
        channel.receive()


def test_a_forked_process_may_not_use_the_channel(ends: Any) -> None:
    channel, _peer = ends
    child = os.fork()
    if child == 0:
        try:
            channel.send({"type": "get"})
        except ProtocolError:
            os._exit(42)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
