"""A recording of a package index: what some resolves touched, as files.

    upstream/NAME.json      the project page as the index served it; NAME.404 when it has none
    site/simple/NAME/       the same page with URLs of this site, plain and gzipped
    site/files/NAME/FILE.metadata

`record_*` fetch what is missing; `publish` writes the pages of the site. A page announces metadata
of every wheel (PEP 658): with its sha256 when it was recorded, and else with `true`.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import os
import threading
import urllib.parse
import zipfile
import zlib
from pathlib import Path

from remote_wheel import read_metadata
from requirement_sets import RequirementSet

PAGE_TYPE = "application/vnd.pypi.simple.v1+json"
# One date for every file of the site, so that validators depend on content alone.
PUBLISHED = 1_767_225_600
UPSTREAM_CONNECTIONS = 24


class Missing(Exception):
    """The index does not have it."""


class Upstream:
    """The real index, over one kept connection per thread and host."""

    def __init__(self, simple_url: str) -> None:
        self.simple_url = simple_url.rstrip("/") + "/"
        self._local = threading.local()
        self._slots = threading.Semaphore(UPSTREAM_CONNECTIONS)

    def get(self, url: str, headers: dict[str, str]) -> bytes:
        parts = urllib.parse.urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        with self._slots:
            for attempt in range(4):
                connection = self._connection(parts.scheme, parts.netloc, fresh=attempt > 0)
                try:
                    connection.request("GET", path, headers=headers)
                    response = connection.getresponse()
                    body = response.read()
                except (OSError, http.client.HTTPException):
                    if attempt == 3:
                        raise
                    continue
                if response.status in (301, 302, 303, 307, 308):
                    target = urllib.parse.urljoin(url, response.headers["Location"])
                    return self.get(target, headers)
                if response.status in (404, 410):
                    raise Missing(path)
                if response.status < 400:
                    if response.headers.get("Content-Encoding") == "gzip":
                        body = gzip.decompress(body)
                    return body
        raise OSError(f"{path}: status {response.status}")

    def _connection(self, scheme: str, host: str, *, fresh: bool) -> http.client.HTTPConnection:
        kept: dict[str, http.client.HTTPConnection] = self._local.__dict__
        if fresh or host not in kept:
            kinds = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}
            kept[host] = kinds[scheme](host, timeout=60)
        return kept[host]


class Recording:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.site = directory / "site"
        self._upstream = directory / "upstream"
        self._locks: dict[str, threading.Lock] = {}
        self._wheels: dict[str, dict[str, dict]] = {}  # by project, then by file name
        self._guard = threading.Lock()
        self._upstream.mkdir(parents=True, exist_ok=True)
        self.site.mkdir(exist_ok=True)

    # What is there.

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._upstream.glob("*.json"))

    def has_page(self, name: str) -> bool:
        return (self._upstream / f"{name}.json").exists()

    def upstream_page(self, name: str) -> dict:
        return json.loads((self._upstream / f"{name}.json").read_bytes())

    def page_path(self, name: str) -> Path:
        return self.site / "simple" / name / "index.json"

    def metadata_path(self, name: str, filename: str) -> Path:
        return self.site / "files" / name / f"{filename}.metadata"

    def is_recorded(self, requirements: RequirementSet) -> bool:
        """Whether all that this set touches was recorded, with these requirements and cut-off."""
        marker = self._set_marker(requirements)
        return marker.exists() and marker.read_text() == wishes(requirements)

    def mark_recorded(self, requirements: RequirementSet) -> None:
        self._set_marker(requirements).write_text(wishes(requirements))

    def _set_marker(self, requirements: RequirementSet) -> Path:
        return self.directory / f"{requirements.name}.recorded"

    # Recording.

    def record_page(self, name: str, upstream: Upstream) -> Path:
        """The published page; Missing when the index has no such project."""
        with self._lock(name):
            absent = self._upstream / f"{name}.404"
            if absent.exists():
                raise Missing(name)
            raw = self._upstream / f"{name}.json"
            if not raw.exists():
                headers = {"Accept": PAGE_TYPE, "Accept-Encoding": "gzip"}
                try:
                    page = upstream.get(f"{upstream.simple_url}{name}/", headers)
                except Missing:
                    absent.touch()
                    raise
                write(raw, page)
            published = self.page_path(name)
            if not published.exists():
                self.publish(name)
            return published

    def record_metadata(self, name: str, filename: str, upstream: Upstream) -> Path:
        """METADATA of a wheel; Missing when its page lacks it, or it cannot be read."""
        path = self.metadata_path(name, filename)
        with self._lock(filename):
            if path.exists():
                return path
            self.record_page(name, upstream)
            file = self._wheels_of(name).get(filename)
            if file is None:
                raise Missing(filename)
            url = urllib.parse.urljoin(f"{upstream.simple_url}{name}/", file["url"])

            def read_range(first: int, last: int) -> bytes:
                return upstream.get(url, {"Range": f"bytes={first}-{last}"})

            try:
                write(path, read_metadata(file["size"], read_range))
            except (KeyError, zipfile.BadZipFile, zlib.error) as error:
                raise Missing(f"{filename}: {error}") from error
            return path

    # Publishing.

    def publish(self, name: str) -> None:
        """Writes the page of a project, unless it is there with the same bytes."""
        page = self.upstream_page(name)
        for file in page["files"]:
            filename = file["filename"]
            file["url"] = f"../../files/{name}/{filename}"
            if filename.endswith(".whl"):
                metadata = self.metadata_path(name, filename)
                digest = sha256(metadata) if metadata.exists() else None
                file["core-metadata"] = {"sha256": digest} if digest else True
        body = json.dumps(page, separators=(",", ":")).encode()
        path = self.page_path(name)
        if path.exists() and path.read_bytes() == body:
            return
        write(path, body)
        write(path.with_suffix(".json.gz"), gzip.compress(body, 9, mtime=0))

    def publish_all(self) -> None:
        for name in self.names():
            self.publish(name)

    def _wheels_of(self, name: str) -> dict[str, dict]:
        with self._lock(name):
            if name not in self._wheels:
                files = self.upstream_page(name)["files"]
                self._wheels[name] = {
                    file["filename"]: file for file in files if file["filename"].endswith(".whl")
                }
            return self._wheels[name]

    def _lock(self, key: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())


def wishes(requirements: RequirementSet) -> str:
    lines = [requirements.cutoff, *requirements.requirements, *requirements.constraints]
    lines += [*requirements.overrides, *requirements.options]
    lines += [requirements.python] if requirements.python else []
    return "\n".join(lines) + "\n"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path: Path, content: bytes) -> None:
    """Replaces the file in one step: a server may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{threading.get_ident()}.partial")
    partial.write_bytes(content)
    os.utime(partial, (PUBLISHED, PUBLISHED))
    partial.replace(path)
