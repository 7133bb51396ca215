"""No secret of an index is written or shown anywhere: secrets are given in every way there is, real
work is done with them, and then everything that is left behind is searched.
"""

from __future__ import annotations

import base64
import shutil
import sys
from collections.abc import Iterator

import pytest
from support.index_security import Proxy, basic, only, write_keyring
from support.index_server import Index
from support.project import BUILD_PYTHON, ENGINE, Done, Project
from support.wheels import Wheel
from support.zstd_frames import contents

FLOW = """
    from flowstone import FlowSpec, step, pypi_base

    @pypi_base(packages={"alpha": "1.0"})
    class PrivateFlow(FlowSpec):
        @step
        def start(self):
            import alpha
            print("alpha", alpha.__version__)
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        PrivateFlow()
"""

# Where a secret was given on purpose, relative to the home of the test.
GIVEN_IN = {".netrc", ".config/pip/pip.conf", ".config/uv/uv.toml"}


class Secrets:
    """All secrets of a test and the forms in which they might turn up."""

    def __init__(self) -> None:
        self._plain: list[str] = []

    def new(self, label: str) -> str:
        self._plain.append(f"canary{label}77")
        return self._plain[-1]

    def forms(self) -> list[bytes]:
        forms = [text.encode() for text in self._plain]
        for text in self._plain:
            for login in (f"ada:{text}", f"pat:{text}", f"{text}:"):
                forms.append(base64.b64encode(login.encode()).rstrip(b"="))
        return forms

    def found_in(self, content: bytes) -> bool:
        """Whether it stands there as it is, or in something that zstd has compressed."""
        return any(form in text for text in (content, *contents(content)) for form in self.forms())


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def private(project: Project) -> Iterator[Index]:
    del project.environment["FLOWSTONE_INDEX_URL"]
    project.environment["PIP_CONFIG_FILE"] = "/dev/null"
    project.environment["FLOWSTONE_HTTP_RETRIES"] = "0"
    project.write("flow.py", FLOW)
    with Index() as index:
        index.add(Wheel("alpha", "1.0", requires=["beta"]))
        index.add(Wheel("beta", "2.0"))
        yield index


def searched(project: Project, secrets: Secrets, outputs: list[Done]) -> list[str]:
    """Every place that holds a secret and must not."""
    leaks = [
        f"output {i}: {done!r}"
        for i, done in enumerate(outputs)
        if secrets.found_in(done.raw_output + done.errors.encode())
    ]
    for root in (project.path, project.home):
        for file in sorted(root.rglob("*")):
            if secrets.found_in(str(file).encode()):
                leaks.append(f"name of {file}")
            given = root == project.home and str(file.relative_to(root)) in GIVEN_IN
            if file.is_file() and not given and secrets.found_in(file.read_bytes()):
                leaks.append(f"content of {file}")
    return leaks


def everything(project: Project, *options: str, **variables: str) -> list[Done]:
    """Locks, installs, runs and looks at all of it, as loudly as possible."""
    lock = project.engine("lock", "alpha", "-o", "elsewhere.toml", *options, **variables)
    sync = project.engine("sync", "elsewhere.toml", "--json", *options, **variables)
    run = project.flow("--verbose", "run", *options, **variables)
    outputs = [
        lock,
        sync,
        run,
        project.engine("doctor", *options, **variables),
        project.engine("doctor", "--json", *options, **variables),
        project.flow("environment", "show", "--json", *options, **variables),
        project.flow("dump", "1/start", **variables),
        project.engine("tree", "elsewhere.toml"),
    ]
    for done in (lock, sync, run):
        assert done.status == 0, done
    assert "alpha 1.0" in run.output
    return outputs


def with_login(url: str, login: str) -> str:
    return url.replace("://", f"://{login}@")


def in_the_url(
    project: Project, private: Index, secret: str
) -> tuple[list[str], dict[str, str], str]:
    return ["--index-url", with_login(private.url, f"ada:{secret}")], {}, basic("ada", secret)


def as_the_user(
    project: Project, private: Index, secret: str
) -> tuple[list[str], dict[str, str], str]:
    variables = {"UV_INDEX_URL": with_login(private.url, secret)}
    return [], variables, "Basic " + base64.b64encode(f"{secret}:".encode()).decode()


def in_variables(
    project: Project, private: Index, secret: str
) -> tuple[list[str], dict[str, str], str]:
    variables = {
        "UV_INDEX": f"corp={private.url}",
        "UV_INDEX_CORP_USERNAME": "ada",
        "UV_INDEX_CORP_PASSWORD": secret,
        "FLOWSTONE_INDEX_URL": private.url,
    }
    return [], variables, basic("ada", secret)


def as_a_token(
    project: Project, private: Index, secret: str
) -> tuple[list[str], dict[str, str], str]:
    variables = {"FLOWSTONE_INDEX_CORP_TOKEN": secret}
    return ["--default-index", f"corp={private.url}"], variables, f"Bearer {secret}"


def in_netrc(
    project: Project, private: Index, secret: str
) -> tuple[list[str], dict[str, str], str]:
    netrc = project.home / ".netrc"
    netrc.parent.mkdir(parents=True)
    netrc.write_text(f"machine 127.0.0.1 login ada password {secret}\n")
    netrc.chmod(0o600)
    return ["--index-url", private.url], {}, basic("ada", secret)


def in_pip_conf(
    project: Project, private: Index, secret: str
) -> tuple[list[str], dict[str, str], str]:
    del project.environment["PIP_CONFIG_FILE"]
    config = project.home / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text(f"[global]\nindex-url = {with_login(private.url, f'ada:{secret}')}\n")
    return [], {}, basic("ada", secret)


def in_uv_toml(
    project: Project, private: Index, secret: str
) -> tuple[list[str], dict[str, str], str]:
    config = project.home / ".config" / "uv" / "uv.toml"
    config.parent.mkdir(parents=True)
    url = with_login(private.url, f"ada:{secret}")
    config.write_text(f'[[index]]\nname = "corp"\nurl = "{url}"\ndefault = true\n')
    return [], {}, basic("ada", secret)


def in_the_keyring(
    project: Project, private: Index, secret: str
) -> tuple[list[str], dict[str, str], str]:
    tools = project.home.parent / "tools"
    write_keyring(tools, private.url, "ada", secret)
    path = f"{tools}:{project.environment['PATH']}"
    options = ["--index-url", private.url, "--keyring-provider", "subprocess"]
    return options, {"PATH": path}, basic("ada", secret)


WAYS = [
    in_the_url,
    as_the_user,
    in_variables,
    as_a_token,
    in_netrc,
    in_pip_conf,
    in_uv_toml,
    in_the_keyring,
]


def test_the_search_finds_what_a_flow_itself_gives_away(project, private, secrets) -> None:
    """In an output, a log, an artifact, the code and the command of its run."""
    secret = secrets.new("told")
    told = f"""
            print("{secret}")
            self.kept = "{secret}" + "." * 1000
            self.next(self.end)
    """
    project.write(
        "flow.py", FLOW.replace("            self.next(self.end)\n", told.lstrip("\n"), 1)
    )
    project.write("notes.txt", "nothing\n")
    run = project.flow("run", "--tag", secret, "--index-url", private.url)
    assert run.status == 0, run
    found = "\n".join(searched(project, secrets, [run]))
    for place in ("output 0", "/blob/", "/pack/", "/run.json", ".stdout", "flow.py"):
        assert place in found, f"{place} in\n{found}"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_login_that_works_leaves_no_trace(project, private, secrets, way) -> None:
    options, variables, header = way(project, private, secrets.new("login"))
    private.admits = only(header)
    outputs = everything(project, *options, **variables)
    assert searched(project, secrets, outputs) == []


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_login_that_is_refused_leaves_no_trace(project, private, secrets, way) -> None:
    options, variables, _ = way(project, private, secrets.new("login"))
    private.admits = only("nobody", otherwise=403)
    outputs = [
        project.engine("lock", "alpha", "-o", "elsewhere.toml", *options, **variables),
        project.flow("--verbose", "run", *options, **variables),
        project.engine("doctor", *options, **variables),
    ]
    assert "refused access" in outputs[0].errors, outputs[0]
    assert outputs[1].status == 1
    assert searched(project, secrets, outputs) == []


@pytest.mark.parametrize(
    "url", ["ftp://ada:{}@h/", "https://ada:{}@h:notaport/", "http://ada:{}@127.0.0.1:9/"]
)
def test_an_index_that_cannot_be_used_leaves_no_trace(project, private, secrets, url) -> None:
    url = url.format(secrets.new("broken"))
    outputs = [
        project.engine("lock", "alpha", UV_INDEX_URL=url),
        project.engine("lock", "alpha", "--index", f"corp={url}"),
        project.engine("lock", "alpha", "--find-links", url),
        project.engine("lock", "alpha", PIP_PROXY=url, PIP_INDEX_URL=private.url),
        project.engine("doctor", PIP_EXTRA_INDEX_URL=url),
    ]
    assert all(done.status != 0 for done in outputs[:3]), outputs
    assert searched(project, secrets, outputs) == []


def test_a_proxys_login_leaves_no_trace(project, private, secrets) -> None:
    password = secrets.new("proxy")
    with Proxy("pat", password) as proxy:
        url = f"http://pat:{password}@{proxy.address}"
        outputs = everything(project, "--index-url", private.url, PIP_PROXY=url)
        assert proxy.requests
    assert searched(project, secrets, outputs) == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_no_program_is_started_with_a_secret(project, private, secrets) -> None:
    """Arguments of processes can be read by everybody on the machine."""
    secret = secrets.new("argument")
    options, variables, header = in_the_keyring(project, private, secret)
    private.admits = only(header)
    netrc_secret = secrets.new("netrc")
    project.home.mkdir(parents=True)
    (project.home / ".netrc").write_text(f"machine other.example login x password {netrc_secret}\n")
    trace = project.home.parent / "trace"
    strace = ["strace", "-f", "-e", "trace=execve", "-s", "100000", "-o", str(trace)]
    lock = project.command(
        [*strace, str(ENGINE), "lock", "alpha", "-o", "-", *options], **variables
    )
    assert lock.status == 0, lock
    seen = trace.read_bytes()
    assert b"keyring" in seen
    run = project.command([*strace, str(BUILD_PYTHON), "flow.py", "run", *options], **variables)
    assert run.status == 0, run
    seen += trace.read_bytes()
    assert str(sys.version_info.major).encode() in seen
    assert not secrets.found_in(seen)
