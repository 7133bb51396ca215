"""The HTTP server behind nginx while recording: it gets what the recording lacks."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from recording import PAGE_TYPE, Missing, Recording, Upstream

PAGE = re.compile(r"/simple/([^/]+)/")
METADATA = re.compile(r"/files/([^/]+)/([^/]+)\.metadata")


class Recorder:
    """Answers from the recording, after fetching what is asked for the first time."""

    def __init__(self, recording: Recording, upstream: Upstream) -> None:
        self.recording = recording
        self.upstream = upstream
        self.recorded = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def find(self, path: str) -> tuple[Path, str]:
        if page := PAGE.fullmatch(path):
            return self.recording.record_page(page[1], self.upstream), PAGE_TYPE
        if file := METADATA.fullmatch(path):
            found = self.recording.record_metadata(file[1], file[2], self.upstream)
            return found, "text/plain; charset=utf-8"
        raise Missing(path)

    def _handler(recorder) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                try:
                    path, content_type = recorder.find(self.path)
                    status, body = 200, path.read_bytes()
                except Missing as missing:
                    status, body, content_type = 404, f"{missing}\n".encode(), "text/plain"
                except Exception as error:  # the resolver sees a failure of the index
                    print(f"{self.path}: {error!r}", file=sys.stderr)
                    status, body, content_type = 502, b"upstream failed\n", "text/plain"
                recorder.recorded += status == 200
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # the resolver has its answer already
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
