"""Reads archive plans by what docs/formats/archive-plan.md says of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

FIRST_LINE = "flowstone-archive-plan 3 "


@dataclass(frozen=True)
class PlannedFile:
    path: Path
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True)
class ArchivePlan:
    wheel: str
    name: str
    version: str
    bytecode: str
    files: list[PlannedFile]


class Fields:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def take(self, length: int) -> bytes:
        taken = self.body[self.at : self.at + length]
        assert len(taken) == length, "the plan is cut off"
        self.at += length
        return taken

    def number(self, form: str = "<I") -> int:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self) -> str:
        return self.take(self.number()).decode()

    def texts(self) -> list[str]:
        return [self.text() for _ in range(self.number())]


def read_plan(body: bytes) -> ArchivePlan:
    """`body` is what comes after the first line."""
    fields = Fields(body)
    wheel = fields.take(32).hex()
    name, version, _dist_info, bytecode = (fields.text() for _ in range(4))
    for _ in ("tags", "warnings", "climbing"):
        fields.texts()
    files = []
    for _ in range(fields.number()):
        directory = fields.text()
        for _ in range(fields.number()):
            kind, size, digest = fields.take(2), fields.number("<Q"), fields.take(32)
            path = Path(directory, fields.text())
            files.append(PlannedFile(path, kind.decode(), size, digest.hex()))
    assert fields.at == len(body), "there is more than the plan"
    return ArchivePlan(wheel, name, version, bytecode, files)
