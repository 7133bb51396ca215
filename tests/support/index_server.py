"""A package index on loopback that can misbehave on request.

It serves PEP 691 JSON (or PEP 503 HTML), PEP 658 metadata, byte ranges and validators. `requests`
lists what was asked, as "METHOD path". `faults` maps a path (or its beginning, when it ends in "*")
to a Fault.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable

from support.wheels import Wheel

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "text/html"


@dataclass
class Fault:
    """What to answer instead. `times` counts down; a fault of 0 times is over."""

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    truncate_to: int | None = None  # announce the whole length, send only this many bytes
    reset_after: int | None = None  # the same, and reset the connection
    stall_after: int | None = None  # the same, and send nothing more while the index runs
    declared_length: int | None = None  # a Content-Length that is not the body's
    times: int = 1_000_000


class Index:
    """The index: add wheels, start, use `url`, stop. Usable as a context manager."""

    def __init__(
        self,
        *,
        style: str = "json",
        metadata: bool = True,
        ranges: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.style = style
        self.metadata = metadata
        self.ranges = ranges
        self.max_age: int | None = 600
        self.wheels: dict[str, dict[str, bytes]] = {}
        self.core_metadata: dict[str, bytes] = {}
        self.requires_python: dict[str, str] = {}
        self.yanked: dict[str, str] = {}
        self.sha256: dict[str, str] = {}
        self.upload_times: dict[str, str] = {}  # by file name; 2024 for the others
        self.faults: dict[str, Fault] = {}
        self.requests: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self.before_answer: Callable[[int], None] | None = None  # gets the number of the request
        # Gets the path and the headers of a request and says 200 to let it in, or another status.
        self.admits: Callable[[str, Mapping[str, str]], int] | None = None
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("HandlerOfThis", (Handler,), {"index": self})
        )
        self._server.daemon_threads = True
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def origin(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return self.origin + "/simple/"

    def add(self, wheel: Wheel, *, yanked: str | None = None, sha256: str | None = None) -> None:
        name = wheel.name.lower().replace("_", "-")
        content = wheel.bytes()
        self.wheels.setdefault(name, {})[wheel.filename] = content
        self.core_metadata[wheel.filename] = wheel.metadata()
        if wheel.requires_python:
            self.requires_python[wheel.filename] = wheel.requires_python
        if yanked is not None:
            self.yanked[wheel.filename] = yanked
        self.sha256[wheel.filename] = sha256 or hashlib.sha256(content).hexdigest()

    def add_file(self, name: str, filename: str, content: bytes) -> None:
        """A file that has no metadata beside it, such as a source distribution."""
        self.wheels.setdefault(name, {})[filename] = content
        self.sha256[filename] = hashlib.sha256(content).hexdigest()

    def __enter__(self) -> Index:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def fault_for(self, path: str) -> Fault | None:
        with self._lock:
            for pattern, fault in self.faults.items():
                matches = (
                    path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
                )
                if matches and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def page(self, name: str) -> tuple[bytes, str]:
        files = self.wheels[name]
        if self.style == "json":
            return json.dumps(self._json_page(name, files)).encode(), JSON_TYPE
        rows = []
        for filename in files:
            attributes = ""
            if filename in self.requires_python:
                attributes += (
                    f' data-requires-python="{html.escape(self.requires_python[filename])}"'
                )
            if self.metadata and filename in self.core_metadata:
                attributes += ' data-core-metadata="true"'
            if filename in self.yanked:
                attributes += f' data-yanked="{html.escape(self.yanked[filename])}"'
            link = f"../../files/{filename}#sha256={self.sha256[filename]}"
            rows.append(f'<a href="{link}"{attributes}>{filename}</a><br>')
        return (
            "<!DOCTYPE html><html><body>" + "\n".join(rows) + "</body></html>"
        ).encode(), HTML_TYPE

    def _json_page(self, name: str, files: dict[str, bytes]) -> dict[str, object]:
        listing = []
        for filename, content in files.items():
            entry: dict[str, object] = {
                "filename": filename,
                "url": f"../../files/{filename}",
                "hashes": {"sha256": self.sha256[filename]},
                "size": len(content),
                "upload-time": self.upload_times.get(filename, "2024-01-01T00:00:00Z"),
                "yanked": self.yanked.get(filename, False),
            }
            if filename in self.requires_python:
                entry["requires-python"] = self.requires_python[filename]
            if self.metadata and filename in self.core_metadata:
                digest = hashlib.sha256(self.core_metadata[filename]).hexdigest()
                entry["core-metadata"] = {"sha256": digest}
            listing.append(entry)
        return {"meta": {"api-version": "1.1"}, "name": name, "files": listing}

    def content_of(self, path: str) -> tuple[bytes, str] | None:
        parts = path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2 and parts[1] in self.wheels:
            return self.page(parts[1])
        if parts[0] != "files" or len(parts) != 2:
            return None
        filename = parts[1]
        if filename.endswith(".metadata") and self.metadata:
            metadata = self.core_metadata.get(filename[: -len(".metadata")])
            return (metadata, "text/plain") if metadata is not None else None
        for files in self.wheels.values():
            if filename in files:
                return files[filename], "application/octet-stream"
        return None


class Handler(BaseHTTPRequestHandler):
    """Answers for the index that a subclass of it names."""

    index: Index
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.index.requests.append(f"{self.command} {self.path}")
        self.index.headers_seen.append(dict(self.headers.items()))
        if self.index.before_answer is not None:
            self.index.before_answer(len(self.index.requests))
        if self.index.admits is not None:
            status = self.index.admits(self.path, self.headers)
            if status != 200:
                self._send(status, b"who are you?", HTML_TYPE, None)
                return
        fault = self.index.fault_for(self.path)
        found = self.index.content_of(self.path)
        if fault is not None and (fault.status != 200 or fault.body is not None):
            self._send(fault.status, fault.body or b"", HTML_TYPE, fault)
        elif found is None:
            self._send(404, b"not found", HTML_TYPE, fault)
        else:
            self._send_content(*found, fault)

    do_HEAD = do_GET

    def _send_content(self, content: bytes, kind: str, fault: Fault | None) -> None:
        tag = '"' + hashlib.sha256(content).hexdigest()[:16] + '"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        wanted = self.headers.get("Range")
        if wanted and self.index.ranges and kind == "application/octet-stream":
            self._send_range(content, wanted.split("=")[1])
            return
        self._send(200, content, kind, fault, tag)

    def _send_range(self, content: bytes, wanted: str) -> None:
        first, _, last = wanted.partition("-")
        begin = int(first) if first else max(0, len(content) - int(last))
        end = min(int(last) if first and last else len(content) - 1, len(content) - 1)
        part = content[begin : end + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {begin}-{end}/{len(content)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def _send(
        self, status: int, content: bytes, kind: str, fault: Fault | None, tag: str = ""
    ) -> None:
        self.send_response(status)
        if fault is None or "Content-Type" not in fault.headers:
            self.send_header("Content-Type", kind)
        length = len(content)
        if fault is not None and fault.declared_length is not None:
            length = fault.declared_length
        self.send_header("Content-Length", str(length))
        if self.index.ranges and kind == "application/octet-stream":
            self.send_header("Accept-Ranges", "bytes")
        if tag and self.index.max_age is not None:
            self.send_header("ETag", tag)
            self.send_header("Cache-Control", f"max-age={self.index.max_age}")
        for name, value in (fault.headers if fault else {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault is not None and fault.truncate_to is not None:
            self.wfile.write(content[: fault.truncate_to])
            self.close_connection = True
            self.connection.shutdown(2)
            return
        if fault is not None and fault.reset_after is not None:
            self.wfile.write(content[: fault.reset_after])
            self._reset()
            return
        if fault is not None and fault.stall_after is not None:
            self.wfile.write(content[: fault.stall_after])
            self.index.stopping.wait()
            self.close_connection = True
            return
        self.wfile.write(content)
        if length != len(content):
            self.close_connection = True

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)  # closing sends RST
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        # Not by the server, which would end the stream in good order (FIN) before it closes.
        os.close(self.connection.detach())

    def log_message(self, *_: object) -> None:
        pass
