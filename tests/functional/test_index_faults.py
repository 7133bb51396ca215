"""Indexes that misbehave: every fault is survived, or reported with what to do."""

from __future__ import annotations

import gzip
import hashlib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.index_security import Certificates
from support.index_server import HTML_TYPE, JSON_TYPE, Fault, Index
from support.project import Done, Project
from support.wheels import Wheel


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    """`alpha` 1.0 and 2.0, of which the newer one needs `beta`."""
    index.add(Wheel("alpha", "1.0"))
    index.add(Wheel("alpha", "2.0", requires=["beta"]))
    index.add(Wheel("beta", "1.5"))
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def lock(project: Project, *arguments: str, **variables: str) -> Done:
    return project.engine("lock", "alpha", "-o", "-", *arguments, **variables)


def assert_right(done: Done) -> None:
    """The answer of an index without faults."""
    assert done.status == 0, done
    assert 'name = "alpha"\nversion = "2.0"' in done.output, done
    assert 'name = "beta"\nversion = "1.5"' in done.output, done


def assert_reported(done: Done, *parts: str) -> None:
    """No answer at all, and a sentence with these parts."""
    assert done.status == 1, done
    assert done.output == "", done
    for part in parts:
        assert part in done.errors, done


PAGE = "/simple/alpha/"
SIDECAR = "/files/alpha-2.0-py3-none-any.whl.metadata"


@pytest.mark.parametrize("path", [PAGE, SIDECAR])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(reset_after=0),
        Fault(reset_after=7),
        Fault(truncate_to=10),
        Fault(declared_length=100_000),
        Fault(status=500),
        Fault(status=502, body=b"<html>bad gateway</html>"),
        Fault(status=429, headers={"Retry-After": "0"}),
        Fault(status=503, headers={"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}),
    ],
    ids=["reset", "reset-later", "truncated", "too-short", "500", "502", "429", "503-date"],
)
def test_what_passes_is_survived(project: Project, stocked: Index, path: str, fault: Fault) -> None:
    fault.times = 2
    stocked.faults[path] = fault
    assert_right(lock(project))
    assert fault.times == 0
    fault.times = 1_000_000


@pytest.mark.parametrize(
    ("path", "fault", "said"),
    [
        (PAGE, Fault(reset_after=5), "the connection broke"),
        (PAGE, Fault(truncate_to=10), "the response was cut off"),
        (PAGE, Fault(status=503), "status 503"),
        (PAGE, Fault(status=429, headers={"Retry-After": "0"}), "status 429"),
        (SIDECAR, Fault(reset_after=5), "the connection broke"),
        (SIDECAR, Fault(truncate_to=10), "the response was cut off"),
    ],
    ids=["reset", "truncated", "503", "429", "metadata-reset", "metadata-truncated"],
)
def test_what_lasts_never_gives_an_older_version(
    project: Project, stocked: Index, path: str, fault: Fault, said: str
) -> None:
    stocked.faults[path] = fault
    done = lock(project, FLOWSTONE_HTTP_RETRIES="1")
    assert_reported(done, "alpha-2.0" if path == SIDECAR else PAGE, said)
    assert fault.status != 200 or "after 2 attempts" in done.errors


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_metadata_that_is_not_served_is_read_from_the_wheel(
    project: Project, stocked: Index, status: int
) -> None:
    stocked.faults[SIDECAR] = Fault(status=status)
    assert_right(lock(project, FLOWSTONE_HTTP_RETRIES="0"))


@pytest.mark.parametrize("path", [PAGE, SIDECAR])
def test_a_body_that_stops_is_given_up(project: Project, stocked: Index, path: str) -> None:
    stocked.faults[path] = Fault(stall_after=9, times=1)
    assert_right(lock(project, FLOWSTONE_HTTP_TIMEOUT="1"))
    stocked.faults[path] = Fault(stall_after=9)
    done = lock(
        project,
        FLOWSTONE_HTTP_TIMEOUT="1",
        FLOWSTONE_HTTP_RETRIES="0",
        FLOWSTONE_HOME=str(project.home / "other"),
    )
    assert_reported(done, "did not answer in time")


def test_a_redirect_loop_ends(project: Project, stocked: Index) -> None:
    stocked.faults[PAGE] = Fault(status=302, headers={"Location": PAGE})
    assert_reported(lock(project), "redirects in a row", PAGE)


def test_a_redirect_from_https_to_http_is_refused(project: Project, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    with Index(tls=certificates.server_context()) as safe, Index() as unsafe:
        unsafe.add(Wheel("alpha", "6.6.6"))
        safe.faults[PAGE] = Fault(status=301, headers={"Location": unsafe.origin + PAGE})
        done = lock(
            project, FLOWSTONE_INDEX_URL=safe.url, FLOWSTONE_CERT=str(certificates.authority)
        )
        assert_reported(done, "leads from https to http")
        assert unsafe.requests == []


def test_a_login_page_is_recognised(project: Project, stocked: Index) -> None:
    body = b"<html><form action=/login><input name=u><input type=password></form></html>"
    stocked.faults[PAGE] = Fault(body=body)
    assert_reported(lock(project), "login page", "no page of an index", "hint")


def test_a_login_that_an_index_leads_to_is_told_with_its_title(
    project: Project, stocked: Index
) -> None:
    stocked.faults[PAGE] = Fault(status=302, headers={"Location": "/sso/start?from=alpha&state=s3"})
    stocked.faults["/sso/start*"] = Fault(
        body=b"<html><title>Corp: sign in</title><script src=app.js></script></html>"
    )
    done = lock(project)
    assert_reported(done, f"{stocked.origin}/sso/start is a web page", '("Corp: sign in")')
    assert f"where {stocked.origin}{PAGE} leads to" in done.errors
    assert "state=s3" not in done.errors


def test_a_project_without_files_is_no_web_page(project: Project, stocked: Index) -> None:
    body = b"<!DOCTYPE html><html><head><title>Links for alpha</title></head></html>"
    stocked.faults[PAGE] = Fault(body=body)
    done = lock(project)
    assert "alpha has no" in done.errors, done


@pytest.mark.parametrize("kind", [JSON_TYPE, HTML_TYPE])
def test_an_empty_page_is_no_answer(project: Project, stocked: Index, kind: str) -> None:
    stocked.faults[PAGE] = Fault(body=b"", headers={"Content-Type": kind})
    stocked.style = "json" if kind == JSON_TYPE else "html"
    assert_reported(lock(project), PAGE, "empty")


def test_a_page_of_nonsense_is_reported(project: Project, stocked: Index) -> None:
    stocked.faults[PAGE] = Fault(body=b'{"files": [', headers={"Content-Type": JSON_TYPE})
    assert_reported(lock(project), PAGE)


def test_compressed_pages_and_what_is_cut_off_of_them(project: Project, stocked: Index) -> None:
    """A truncated stream must not pass for a page with fewer files."""
    stocked.style = "html"
    body, _ = stocked.page("alpha")
    packed = gzip.compress(body)
    headers = {"Content-Encoding": "gzip"}
    stocked.faults[PAGE] = Fault(body=packed, headers=headers)
    assert_right(lock(project))
    for length in (len(packed) - 4, len(packed) // 2):
        stocked.faults[PAGE] = Fault(body=packed[:length], headers=headers)
        done = lock(
            project,
            FLOWSTONE_HTTP_RETRIES="0",
            FLOWSTONE_HOME=str(project.home / f"other-{length}"),
        )
        assert_reported(done, PAGE)


def test_an_answer_of_unchanged_that_was_not_asked_for(project: Project, stocked: Index) -> None:
    stocked.faults[PAGE] = Fault(status=304)
    assert_reported(lock(project), PAGE, "304")


def test_unchanged_after_the_cache_was_lost(project: Project, stocked: Index) -> None:
    stocked.max_age = 0
    assert_right(lock(project))
    for file in (project.home / "cache" / "index").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert_right(lock(project))


def test_broken_metadata_of_one_version_is_that_versions_problem(
    project: Project, stocked: Index
) -> None:
    """Survived when an older version does, explained when none does."""
    stocked.add(Wheel("alpha", "3.0"))
    name = "alpha-3.0-py3-none-any.whl"
    stocked.core_metadata[name] = b"Metadata-Version: 2.1\nName: alpha\nVersion: not a version\n\n"
    assert_right(lock(project))
    done = project.engine("lock", "alpha==3.0", "-o", "-")
    assert_reported(done, "alpha 3.0", "metadata")


def test_a_sidecar_that_lies_is_replaced_by_the_wheels_own(
    project: Project, stocked: Index
) -> None:
    stocked.faults[SIDECAR] = Fault(body=b"Metadata-Version: 2.1\nName: alpha\nVersion: 2.0\n\n")
    done = lock(project)
    assert_right(done)
    assert "the metadata that the index serves beside alpha-2.0" in done.errors


def test_a_wheel_that_was_published_broken(project: Project, stocked: Index) -> None:
    content = stocked.wheels["beta"]["beta-1.5-py3-none-any.whl"][:-30]
    stocked.wheels["beta"]["beta-1.5-py3-none-any.whl"] = content
    stocked.sha256["beta-1.5-py3-none-any.whl"] = hashlib.sha256(content).hexdigest()
    assert project.engine("lock", "beta").status == 0
    done = project.engine("sync", "pylock.toml")
    assert done.status != 0, done
    assert "while unpacking beta-1.5-py3-none-any.whl" in done.errors
    assert "it has the digest that the lock names, so it was published like this" in done.errors


def test_an_unreachable_index_is_not_passed_over(project: Project, stocked: Index) -> None:
    done = lock(project, "--index", "http://127.0.0.1:9/simple/", FLOWSTONE_HTTP_RETRIES="0")
    assert_reported(done, "no connection to 127.0.0.1:9")


NGINX = """
daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log; worker_processes 1;
events {{}}
http {{
  client_body_temp_path {directory}/a;
  proxy_temp_path {directory}/b; fastcgi_temp_path {directory}/c; uwsgi_temp_path {directory}/d;
  scgi_temp_path {directory}/e;
  log_format protocol "$server_protocol $connection $request_uri";
  access_log {directory}/access.log protocol;
  keepalive_requests 2;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {certificate}; ssl_certificate_key {certificate};
    location / {{ proxy_pass {origin}; }}
  }}
}}
"""


@pytest.fixture
def http2(stocked: Index, tmp_path: Path) -> Iterator[tuple[str, Certificates, Path]]:
    """An HTTP/2 server before the index that says GOAWAY after every second request."""
    certificates = Certificates(tmp_path)
    with Index() as reserved:
        port = int(reserved.origin.rpartition(":")[2])
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        NGINX.format(
            directory=tmp_path, port=port, certificate=certificates.server, origin=stocked.origin
        )
    )
    server = subprocess.Popen(["nginx", "-c", str(configuration), "-p", str(tmp_path)])
    try:
        context = ssl.create_default_context(cafile=certificates.authority)
        wait_for(port, context)
        yield f"https://127.0.0.1:{port}/simple/", certificates, tmp_path / "access.log"
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int, context: ssl.SSLContext) -> None:
    """Until the server answers; each try is a connection, so nothing is slept."""
    for _ in range(2000):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
                context.wrap_socket(raw, server_hostname="127.0.0.1").close()
                return
        except ConnectionRefusedError:
            continue
    raise AssertionError("nginx did not start")


def test_http2_goaway(
    project: Project, stocked: Index, http2: tuple[str, Certificates, Path]
) -> None:
    url, certificates, log = http2
    for i in range(20):
        stocked.add(Wheel(f"part{i}", "1.0"))
    stocked.add(Wheel("whole", "1.0", requires=[f"part{i}" for i in range(20)]))
    done = project.engine(
        "lock",
        "whole",
        "-o",
        "-",
        FLOWSTONE_INDEX_URL=url,
        FLOWSTONE_CERT=str(certificates.authority),
    )
    assert done.status == 0, done
    assert done.output.count("[[packages]]") == 21
    requests = [line.split() for line in log.read_text().splitlines()]
    assert {protocol for protocol, _, _ in requests} == {"HTTP/2.0"}
    assert len(requests) >= 42
    # It did say so: no connection was good for all of them.
    assert len({connection for _, connection, _ in requests}) > 1
