"""What stands between a client and a private index: logins, certificates, proxies, keyrings."""

from __future__ import annotations

import base64
import http.client
import select
import socket
import ssl
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable
from urllib.parse import urlsplit


def basic(user: str, password: str) -> str:
    """The header of a login by RFC 7617."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def only(authorization: str, *, otherwise: int = 401) -> Callable[[str, Mapping[str, str]], int]:
    """Lets in who sends this header; everybody else gets the status."""

    def admits(_path: str, headers: Mapping[str, str]) -> int:
        return 200 if headers.get("Authorization") == authorization else otherwise

    return admits


class Certificates:
    """A private certificate authority in a directory, and certificates of a server and a client."""

    def __init__(self, directory: Path) -> None:
        self.authority = directory / "ca.pem"
        self.server = directory / "server.pem"
        self.client = directory / "client.pem"
        self._key = directory / "ca.key"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", str(self._key), "-out", str(self.authority), "-days", "2",
            "-subj", "/CN=Test authority", "-addext", "basicConstraints=critical,CA:TRUE",
        )  # fmt: skip
        self._issue(self.server, "127.0.0.1", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self._issue(self.client, "somebody", "extendedKeyUsage=clientAuth")

    def server_context(self, *, wants_client: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority)
        return context

    def _issue(self, path: Path, name: str, extension: str) -> None:
        key = path.with_suffix(".key")
        request = path.with_suffix(".csr")
        certificate = path.with_suffix(".crt")
        extensions = path.with_suffix(".ext")
        extensions.write_text(extension + "\n")
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", str(key), "-out", str(request), "-subj", f"/CN={name}",
        )  # fmt: skip
        self._openssl(
            "x509", "-req", "-in", str(request), "-CA", str(self.authority),
            "-CAkey", str(self._key), "-CAcreateserial", "-out", str(certificate),
            "-days", "2", "-extfile", str(extensions),
        )  # fmt: skip
        path.write_text(key.read_text() + certificate.read_text())

    @staticmethod
    def _openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Proxy:
    """An HTTP proxy on loopback that wants a login. `requests` lists "METHOD target"."""

    def __init__(self, user: str, password: str) -> None:
        self.requests: list[str] = []
        self.refused = 0
        self._login = basic(user, password)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _admitted(self) -> bool:
                if self.headers.get("Proxy-Authorization") == proxy._login:
                    proxy.requests.append(f"{self.command} {self.path}")
                    return True
                proxy.refused += 1
                self.send_response(407)
                self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return False

            def do_GET(self) -> None:
                if not self._admitted():
                    return
                target = urlsplit(self.path)
                onward = http.client.HTTPConnection(target.netloc, timeout=30)
                headers = {
                    name: value
                    for name, value in self.headers.items()
                    if not name.lower().startswith("proxy-")
                }
                onward.request(self.command, target.path, headers=headers)
                answer = onward.getresponse()
                body = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("date", "server", "transfer-encoding"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                onward.close()

            do_HEAD = do_GET

            def do_CONNECT(self) -> None:
                if not self._admitted():
                    return
                host, _, port = self.path.partition(":")
                with socket.create_connection((host, int(port)), timeout=30) as onward:
                    self.send_response(200)
                    self.end_headers()
                    self._relay(onward)
                self.close_connection = True

            def _relay(self, onward: socket.socket) -> None:
                ends = {self.connection: onward, onward: self.connection}
                while True:
                    for end in select.select(list(ends), [], [])[0]:
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def write_keyring(directory: Path, service: str, user: str, password: str) -> Path:
    """Puts a `keyring` program into the directory that knows one password, and notes in `asked`
    what it was asked.
    """
    directory.mkdir(parents=True, exist_ok=True)
    asked = directory / "asked"
    program = directory / "keyring"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {asked}\n'
        'if read -r line; then echo "standard input is not empty" >&2; exit 3; fi\n'
        f'if [ "$*" = "get {service} {user}" ]; then echo "{password}"; exit 0; fi\n'
        f'if [ "$*" = "--mode creds get {service}" ]; then\n'
        f'  echo "{user}"; echo "{password}"; exit 0\n'
        "fi\n"
        "exit 1\n"
    )
    program.chmod(0o755)
    return asked
