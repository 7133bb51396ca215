"""Wheels made on the spot, honest and hostile."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from dataclasses import dataclass, field


def record_hash(content: bytes) -> str:
    """The hash of a RECORD line: urlsafe base64 of the sha256 without padding."""
    digest = hashlib.sha256(content).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class Wheel:
    """A wheel to be: `files` maps paths inside to content. `bytes()` is deterministic."""

    name: str
    version: str
    requires: list[str] = field(default_factory=list)
    requires_python: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    entry_points: str | None = None
    tag: str = "py3-none-any"
    extras: list[str] = field(default_factory=list)
    record: bytes | None = None  # None: the true one
    raw_members: list[tuple[str, bytes]] = field(default_factory=list)  # not in RECORD
    symlinks: dict[str, str] = field(default_factory=dict)  # members with the mode of a link

    @property
    def distribution(self) -> str:
        return self.name.replace("-", "_")

    @property
    def filename(self) -> str:
        return f"{self.distribution}-{self.version}-{self.tag}.whl"

    @property
    def dist_info(self) -> str:
        return f"{self.distribution}-{self.version}.dist-info"

    def metadata(self) -> bytes:
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        if self.requires_python:
            lines.append(f"Requires-Python: {self.requires_python}")
        lines += [f"Requires-Dist: {requirement}" for requirement in self.requires]
        lines += [f"Provides-Extra: {extra}" for extra in self.extras]
        return ("\n".join(lines) + "\n\nMade by a test.\n").encode()

    def members(self) -> dict[str, bytes]:
        module = self.name.replace("-", "_")
        members = {path: target.encode() for path, target in self.symlinks.items()}
        members |= dict(self.files) or {
            f"{module}/__init__.py": f"__version__ = {self.version!r}\n".encode()
        }
        members[f"{self.dist_info}/METADATA"] = self.metadata()
        pure = "true" if self.tag.endswith("-none-any") else "false"
        members[f"{self.dist_info}/WHEEL"] = (
            f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: {pure}\nTag: {self.tag}\n"
        ).encode()
        if self.entry_points:
            members[f"{self.dist_info}/entry_points.txt"] = self.entry_points.encode()
        return members

    def bytes(self) -> bytes:
        members = self.members()
        record = self.record
        if record is None:
            rows = io.StringIO(newline="")
            writer = csv.writer(rows, lineterminator="\n")
            for path, data in members.items():
                writer.writerow((path, record_hash(data), len(data)))
            writer.writerow((f"{self.dist_info}/RECORD", "", ""))
            record = rows.getvalue().encode()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            pairs = [*members.items(), *self.raw_members, (f"{self.dist_info}/RECORD", record)]
            for path, data in pairs:
                info = zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                is_program = path.endswith(".sh") or ".data/scripts/" in path
                mode = 0o100755 if is_program else 0o100644
                info.external_attr = (0o120777 if path in self.symlinks else mode) << 16
                archive.writestr(info, data)
        return buffer.getvalue()

    def sha256(self) -> str:
        return hashlib.sha256(self.bytes()).hexdigest()
