"""Artifacts of a task: where inputs come from, where results go.

Inputs are references until they are read. Results are handed over whole: small ones in the frame,
large ones in an anonymous file that the engine hashes and stores while the task goes on.
"""

from __future__ import annotations

import os
from _thread import allocate_lock

from ..anonymous_file import anonymous_file
from ..exceptions import DataException, UnpicklableArtifactException
from ..frames import ProtocolError
from ..serialization import ENCODING, deserialize, map_descriptor, serialize, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Mapping

    from ..frames import Channel

    Reference = Mapping[str, Any]

# Up to here content travels in the frame itself.
INLINE_LIMIT = 256 * 1024

_ATOMS = (type(None), bool, int, float, complex, str, bytes)


class EngineLink:
    """The task's connection to the engine. Threads of a step may read artifacts at the same
    time.
    """

    def __init__(self, channel: Channel):
        self._channel = channel
        self._lock = allocate_lock()

    def send(self, header: dict[str, Any]) -> None:
        with self._lock:
            self._channel.send(header)

    def fetch(self, reference: Reference) -> bytearray | memoryview:
        """The content of an artifact, in memory that this process may write to."""
        digest = reference["sha256"]
        with self._lock:
            self._channel.send({"type": "get", "sha256": digest})
            frame = self._channel.receive()
        if frame is None:
            raise ProtocolError("the engine closed the connection")
        if frame.type == "blob_error":
            raise DataException(frame.header["message"])
        if frame.type != "blob" or frame.header["sha256"] != digest:
            raise ProtocolError(f"'{frame.type}' is no answer to 'get'")
        if frame.descriptors:
            offset = frame.header.get("offset", 0)
            return map_descriptor(frame.descriptors[0], offset, frame.header["size"])
        return frame.payload

    def store(self, name: str, value: object) -> None:
        """Hands over a new artifact."""
        try:
            parts = serialize(value)
        except Exception as error:
            raise UnpicklableArtifactException(name, type_name(value), str(error)) from error
        size = sum(memoryview(part).nbytes for part in parts)
        header = {
            "type": "artifact",
            "name": name,
            "encoding": ENCODING,
            "size": size,
            "artifact_type": type_name(value),
        }
        with self._lock:
            if size <= INLINE_LIMIT:
                self._channel.send(header, payload=b"".join(parts))
                return
            descriptor = anonymous_file(f"flowstone-{name}", parts)
            try:
                self._channel.send(header, descriptors=[descriptor])
            finally:
                os.close(descriptor)


class Artifacts:
    """The artifacts that a task begins with, by name, and which of them it has read."""

    def __init__(
        self,
        references: Mapping[str, Reference],
        fetch: Callable[[Reference], bytearray | memoryview],
    ):
        self._references = dict(references)
        self._fetch = fetch
        self._loaded: dict[str, object] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._references

    def load(self, name: str) -> Any:
        """The value of an artifact. A new object each time."""
        reference = self._references[name]
        content = self._fetch(reference)
        try:
            value = deserialize(content)
        except Exception as error:
            # Not as it comes: an AttributeError would read as "no such artifact".
            raise DataException(
                f"cannot load artifact '{name}' of type {reference.get('type')}: "
                f"{type(error).__name__}: {error}"
            ) from error
        self._loaded[name] = value
        return value

    def digests(self) -> dict[str, str]:
        return {name: reference["sha256"] for name, reference in self._references.items()}

    def adopt(self, name: str, other: Artifacts) -> None:
        """Passes on the artifact that `other` has under this name."""
        self._references[name] = other._references[name]

    def unchanged(self, name: str, value: object) -> bool:
        """Whether `value` is what the reference stands for, without a doubt."""
        return self._loaded.get(name, self) is value and _is_immutable(value)

    def references_except(self, replaced: Iterable[str]) -> dict[str, Reference]:
        """The artifacts that are passed on as they came."""
        gone = set(replaced)
        return {name: ref for name, ref in self._references.items() if name not in gone}


def _is_immutable(value: object) -> bool:
    from ..includefile import IncludedFile

    if isinstance(value, tuple) and type(value) is tuple:
        return all(_is_immutable(item) for item in value)
    return type(value) in _ATOMS or type(value) is IncludedFile
