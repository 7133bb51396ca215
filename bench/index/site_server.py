"""nginx on loopback, serving a recording with the headers that a well-kept index sends.

Pages and metadata are fresh for ten minutes, have an ETag and a date, accept byte ranges, and pages
are gzipped beforehand. A site with a recorder passes on to it what is not there.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

CONFIGURATION = """\
daemon off;
worker_processes 1;
pid {run}/nginx.pid;
error_log {run}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path {run}/body;
  proxy_temp_path {run}/proxy;
  fastcgi_temp_path {run}/fastcgi;
  uwsgi_temp_path {run}/uwsgi;
  scgi_temp_path {run}/scgi;
  log_format request '$request_method $request_uri $status $body_bytes_sent';
  access_log {run}/access.log request;
  types {{ }}
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 100000;
  open_file_cache max=20000;
  etag on;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    root {site};
    add_header Cache-Control "max-age=600, public" always;
    location ~ ^/simple/([^/]+)/$ {{
      gzip_static on;
      default_type application/vnd.pypi.simple.v1+json;
      try_files /simple/$1/index.json {missing};
    }}
    location /files/ {{
      default_type "text/plain; charset=utf-8";
      try_files $uri {missing};
    }}
{recorder}  }}
}}
"""

RECORDER = """\
    location @record {{
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_read_timeout 300s;
      proxy_pass http://127.0.0.1:{port};
    }}
"""


def nginx_program() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit("nginx is needed: apt-get install nginx-light")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """Runs while the `with` block does."""

    def __init__(
        self, directory: Path, run: Path, recorder: int | None = None, port: int = 0
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/simple/"
        self.access_log = run / "access.log"
        self._run = run
        run.mkdir(parents=True, exist_ok=True)
        (run / "nginx.conf").write_text(
            CONFIGURATION.format(
                run=run,
                port=self.port,
                site=directory / "site",
                missing="@record" if recorder else "=404",
                recorder=RECORDER.format(port=recorder) if recorder else "",
            )
        )

    def __enter__(self) -> Site:
        self._process = subprocess.Popen(
            [nginx_program(), "-c", str(self._run / "nginx.conf"), "-p", str(self._run)],
            stdin=subprocess.DEVNULL,
            stderr=(self._run / "start.log").open("wb"),
        )
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self._process.poll() is not None:
                break
            time.sleep(0.01)
        self.__exit__()
        raise SystemExit(f"nginx does not start: see {self._run}/start.log")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def requests(self) -> list[str]:
        """The lines of the log since the last call, written when they were answered."""
        if not self.access_log.exists():
            return []
        with self.access_log.open("r+") as log:
            lines = log.read().splitlines()
            log.truncate(0)
        return lines
