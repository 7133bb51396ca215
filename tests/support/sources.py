"""Sources of projects made on the spot, with a backend of their own: nothing is downloaded."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

# A backend in the tree (PEP 517 backend-path). What a test wants to happen in a build is Python
# code in `project.json`, run in the hook that the test names.
BACKEND = """
import base64
import hashlib
import json
import os
import zipfile

with open("project.json", encoding="utf-8") as stream:
    PROJECT = json.load(stream)
DIST_INFO = "%s-%s.dist-info" % (PROJECT["name"].replace("-", "_"), PROJECT["version"])


def run(hook):
    exec(compile(PROJECT["code"].get(hook, ""), hook, "exec"), {"__name__": hook})


def metadata():
    lines = ["Metadata-Version: 2.1", "Name: " + PROJECT["name"], "Version: " + PROJECT["version"]]
    lines += ["Provides-Extra: " + name for name in PROJECT["extras"]]
    lines += ["Requires-Dist: " + text for text in PROJECT["requires"]]
    return "\\n".join(lines) + "\\n"


def get_requires_for_build_wheel(config_settings=None):
    run("get_requires")
    return PROJECT["build_requires"]


def get_requires_for_build_editable(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(directory, config_settings=None):
    run("prepare_metadata")
    os.mkdir(os.path.join(directory, DIST_INFO))
    with open(os.path.join(directory, DIST_INFO, "METADATA"), "w", encoding="utf-8") as stream:
        stream.write(metadata())
    return DIST_INFO


def write_wheel(directory, files):
    name = DIST_INFO[: -len(".dist-info")] + "-py3-none-any.whl"
    files[DIST_INFO + "/METADATA"] = metadata()
    wheel = ["Wheel-Version: 1.0", "Root-Is-Purelib: true", "Tag: py3-none-any", ""]
    files[DIST_INFO + "/WHEEL"] = "\\n".join(wheel)
    record = ""
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for path, text in files.items():
            data = text.encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record += "%s,sha256=%s,%d\\n" % (path, digest, len(data))
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), data)
        archive.writestr(DIST_INFO + "/RECORD", record + DIST_INFO + "/RECORD,,\\n")
    return name


def build_wheel(directory, config_settings=None, metadata_directory=None):
    run("build")
    module = PROJECT["name"].replace("-", "_")
    with open(module + ".py", encoding="utf-8") as stream:
        files = {module + ".py": stream.read()}
    files[module + "_settings.json"] = json.dumps(config_settings)
    return write_wheel(directory, files)


def build_editable(directory, config_settings=None, metadata_directory=None):
    return write_wheel(directory, {PROJECT["name"] + ".pth": os.getcwd() + "\\n"})
"""


def zstd_frame(data: bytes) -> bytes:
    """A frame of blocks that are stored, or of one byte that is repeated (RFC 8878)."""
    block_limit = 128 << 10
    frame = bytearray(b"\x28\xb5\x2f\xfd\x00\x38")  # no size given, a window of 128 KiB
    for start in range(0, max(len(data), 1), block_limit):
        block = data[start : start + block_limit]
        is_last = start + block_limit >= len(data)
        is_run = len(set(block)) == 1
        header = is_last | (2 if is_run else 0) | len(block) << 3
        frame += header.to_bytes(3, "little") + (block[:1] if is_run else block)
    return bytes(frame)


def compress(ending: str, data: bytes) -> bytes:
    """As files with this ending are compressed; the same bytes every time."""
    if ending in (".tar.bz2", ".tbz"):
        return bz2.compress(data)
    if ending in (".tar.xz", ".txz"):
        return lzma.compress(data)
    if ending in (".tar.lzma", ".tlz"):
        return lzma.compress(data, format=lzma.FORMAT_ALONE)
    if ending in (".tar.gz", ".tgz"):
        return gzip.compress(data, mtime=0)
    if ending == ".tar.zst":
        return zstd_frame(data)
    assert ending == ".tar", ending
    return data


@dataclass
class SourceProject:
    """A project whose metadata only its backend knows, unless `static` says it in pyproject.toml.

    `code` maps the hooks get_requires, prepare_metadata and build to Python code that they run.
    """

    name: str
    version: str = "1.0"
    requires: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    build_requires: list[str] = field(default_factory=list)
    system_requires: list[str] = field(default_factory=list)
    code: dict[str, str] = field(default_factory=dict)
    static: bool = False
    module: str | None = None

    def files(self) -> dict[str, str]:
        lines = [
            "[build-system]",
            f"requires = {json.dumps(self.system_requires)}",
            'build-backend = "backend"',
            'backend-path = ["."]',
        ]
        if self.static:
            lines += [
                "[project]",
                f'name = "{self.name}"',
                f'version = "{self.version}"',
                f"dependencies = {json.dumps(self.requires)}",
            ]
        described = {
            "name": self.name,
            "version": self.version,
            "requires": self.requires,
            "extras": self.extras,
            "build_requires": self.build_requires,
            "code": self.code,
        }
        module = self.module or f"VERSION = {self.version!r}\n"
        return {
            "pyproject.toml": "\n".join(lines) + "\n",
            "backend.py": BACKEND,
            "project.json": json.dumps(described, indent=1),
            self.name.replace("-", "_") + ".py": module,
        }

    def write(self, directory: Path) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        for path, text in self.files().items():
            (directory / path).write_text(text, encoding="utf-8")
        return directory

    @property
    def filename(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}.tar.gz"

    def archive(self, ending: str) -> bytes:
        """The same as a file with another ending."""
        if ending != ".zip":
            return compress(ending, gzip.decompress(self.sdist()))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, text in self.files().items():
                name = self.filename[: -len(".tar.gz")] + "/" + path
                archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
        return buffer.getvalue()

    def sdist(self, *extra: tarfile.TarInfo, pkg_info: str | None = None) -> bytes:
        """The archive; `extra` members have no content. The same bytes every time."""
        root = self.filename[: -len(".tar.gz")]
        files = self.files()
        if pkg_info is not None:
            files["PKG-INFO"] = pkg_info
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, text in files.items():
                data = text.encode()
                info = tarfile.TarInfo(f"{root}/{path}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            for info in extra:
                archive.addfile(info)
        return gzip.compress(buffer.getvalue(), mtime=0)

    def sha256(self) -> str:
        return hashlib.sha256(self.sdist()).hexdigest()
