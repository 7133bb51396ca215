"""A mirror of standalone Pythons on loopback, with archives made from installed interpreters.

`table` is the file for --python-builds that promises what the mirror has. `requests` lists what was
asked, as "PATH RANGE". While `stall_after` is set, a body stops after so many bytes, and `stalled`
is set when it does.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import subprocess
import tarfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

RELEASE = "20240101"
# Parts of the standard library that no test needs, and what an installation adds to it.
LEFT_OUT = {
    "__pycache__", "dist-packages", "ensurepip", "idlelib", "lib2to3", "pydoc_data",
    "site-packages", "test", "tests", "tkinter", "turtledemo",
}  # fmt: skip
FACTS = """
import json, sys, sysconfig
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "executable": sys.executable,
    "stdlib": sysconfig.get_path("stdlib"),
}))
"""


@dataclass
class Standalone:
    """An archive and what it holds."""

    version: str
    content: bytes

    @property
    def file_name(self) -> str:
        libc = f"{platform.machine()}-unknown-linux-gnu"
        return f"cpython-{self.version}%2B{RELEASE}-{libc}-install_only_stripped.tar.gz"

    @property
    def path(self) -> str:
        return f"/{RELEASE}/{self.file_name}"

    def row(self) -> str:
        digest = hashlib.sha256(self.content).hexdigest()
        target = f"linux-{platform.machine()}"
        archive = "install_only_stripped.tar.gz"
        return "\t".join([self.version, RELEASE, target, archive, digest]) + "\n"


def standalone_of(python: Path) -> Standalone:
    """The installation of an interpreter as the project of standalone builds would publish it."""
    facts = json.loads(subprocess.check_output([python, "-I", "-c", FACTS], text=True))
    series = "python" + ".".join(facts["version"].split(".")[:2])
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1, mtime=0) as packed, tarfile.open(
        fileobj=packed, mode="w", dereference=True
    ) as archive:
        archive.add(Path(facts["executable"]).resolve(), f"python/bin/{series}")
        link = tarfile.TarInfo("python/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, series
        archive.addfile(link)
        add_library(archive, Path(facts["stdlib"]), f"python/lib/{series}")
    return Standalone(facts["version"], buffer.getvalue())


def add_library(archive: tarfile.TarFile, directory: Path, name: str) -> None:
    for entry in sorted(directory.iterdir()):
        if entry.name in LEFT_OUT or entry.name.startswith("config-") or not entry.exists():
            continue
        if entry.is_dir():
            add_library(archive, entry, f"{name}/{entry.name}")
        else:
            archive.add(entry, f"{name}/{entry.name}")


class PythonMirror:
    def __init__(self, directory: Path, pythons: list[Standalone]) -> None:
        self.files = {python.path: python.content for python in pythons}
        self.requests: list[str] = []
        self.stall_after: int | None = None
        self.stalled = threading.Event()
        self.stopping = threading.Event()
        self.table = directory / "builds.tsv"
        self.table.write_text("".join(python.row() for python in pythons))
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("HandlerOfThis", (Handler,), {"mirror": self})
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def variables(self) -> dict[str, str]:
        """What makes the engine use this mirror, and nothing but what came from it."""
        return {
            "FLOWSTONE_PYTHON_MIRROR": self.url,
            "FLOWSTONE_PYTHON_BUILDS": str(self.table),
            "FLOWSTONE_PYTHON_DOWNLOADS": "automatic",
            "FLOWSTONE_MANAGED_PYTHON": "1",
        }

    def write_to(self, directory: Path) -> None:
        """The same files on the disk."""
        for path, content in self.files.items():
            file = directory / unquote(path).strip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def __enter__(self) -> PythonMirror:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mirror: PythonMirror

    def do_GET(self) -> None:
        mirror = self.mirror
        wanted = self.headers.get("Range", "")
        mirror.requests.append(f"{self.path} {wanted}".strip())
        content = mirror.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        first = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        body = content[first:]
        if mirror.stall_after is None:
            self.wfile.write(body)
            return
        self.wfile.write(body[: mirror.stall_after])
        self.wfile.flush()
        mirror.stalled.set()
        mirror.stopping.wait()

    def log_message(self, *_: object) -> None:
        pass
