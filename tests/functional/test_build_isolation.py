"""What builds may see, use and leave, with the namespaces of the kernel and without them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from support.index_server import Index
from support.project import BUILD_PYTHON, ENGINE, Done, Project
from support.sources import SourceProject

PATIENCE = 60
# A user namespace in which no further one may be made: what containers and hardened kernels do.
WITHOUT_NAMESPACES = [
    "unshare", "--user", "--map-root-user",
    "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh",
]  # fmt: skip


@pytest.fixture
def stocked(index: Index, project: Project) -> Index:
    index.max_age = 0
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return index


def publish(index: Index, source: SourceProject) -> None:
    index.add_file(source.name, source.filename, source.sdist())


def kernel_gives_namespaces() -> bool:
    return subprocess.run(["unshare", "--user", "--net", "true"], check=False).returncode == 0


@pytest.fixture(params=["isolated", "not-isolated"])
def isolation(request: pytest.FixtureRequest) -> str:
    if request.param == "isolated" and not kernel_gives_namespaces():
        pytest.skip("the kernel gives no namespaces")
    return request.param


def engine(project: Project, isolation: str, *arguments: str, **variables: str) -> Done:
    if isolation == "isolated" or not kernel_gives_namespaces():
        return project.engine(*arguments, **variables)
    return project.command([*WITHOUT_NAMESPACES, str(ENGINE), *arguments], **variables)


def test_without_namespaces_builds_work_and_it_is_said_aloud(
    project: Project, stocked: Index
) -> None:
    publish(stocked, SourceProject("plain"))
    done = engine(project, "not-isolated", "lock", "plain", "--allow-build")
    assert done.status == 0, done
    assert done.errors.count("without isolation") == 1, done
    assert "read your files and use the network" in done.errors
    ran = engine(
        project, "not-isolated", "exec", "--allow-build", "pylock.toml",
        "python", "-c", "import plain; print(plain.VERSION)",
    )  # fmt: skip
    assert (ran.status, ran.output) == (0, "1.0\n"), ran


def test_without_namespaces_a_failure_says_so_too(project: Project, stocked: Index) -> None:
    publish(stocked, SourceProject("broken", code={"prepare_metadata": "1/0"}))
    done = engine(project, "not-isolated", "lock", "broken", "--allow-build")
    assert done.status == 1, done
    assert "without isolation" in done.errors


def test_no_variable_of_the_user_is_seen(project: Project, stocked: Index, isolation: str) -> None:
    code = """
import os
secret = [name for name, value in os.environ.items() if "s3cret" in value]
assert not secret, secret
assert not os.path.exists(os.path.expanduser("~/.netrc"))
assert os.listdir(os.environ["HOME"]) == []
assert os.environ["CFLAGS"] == "-O1"
"""
    project.home.mkdir(parents=True, exist_ok=True)
    (project.home / ".netrc").write_text("machine index.example login me password s3cret\n")
    publish(stocked, SourceProject("curious", code={"prepare_metadata": code}))
    done = engine(
        project, isolation, "lock", "curious", "--allow-build",
        SSH_AUTH_SOCK="/run/s3cret/agent", GITHUB_TOKEN="s3cret", AWS_SECRET_ACCESS_KEY="s3cret",
        PIP_INDEX_URL="http://me:s3cret@127.0.0.1:9/simple", CFLAGS="-O1",
    )  # fmt: skip
    assert done.status == 0, done


def test_the_agent_of_ssh_cannot_be_reached(
    project: Project, stocked: Index, tmp_path: Path
) -> None:
    if not kernel_gives_namespaces():
        pytest.skip("the kernel gives no namespaces")
    agent = tmp_path / "agent"
    agent.write_text("s3cret")
    code = f"import os; assert not os.path.exists({str(agent)!r})"
    publish(stocked, SourceProject("curious", code={"prepare_metadata": code}))
    done = project.engine("lock", "curious", "--allow-build", SSH_AUTH_SOCK=str(agent))
    assert done.status == 0, done


def test_the_limits_of_time_and_memory(project: Project, stocked: Index, isolation: str) -> None:
    publish(
        stocked,
        SourceProject(
            "slow", code={"prepare_metadata": "print('waiting'); import time; time.sleep(600)"}
        ),
    )
    publish(stocked, SourceProject("greedy", code={"prepare_metadata": "bytearray(1 << 30)"}))
    slow = engine(project, isolation, "lock", "slow", "--allow-build", "--build-timeout", "1")
    assert slow.status == 1, slow
    assert "building slow 1.0 took longer than 1 s" in slow.errors
    assert "waiting" in slow.errors, "what it printed until then"
    assert "--build-timeout" in slow.errors
    greedy = engine(project, isolation, "lock", "greedy", "--allow-build", "--build-memory", "256")
    assert greedy.status == 1, greedy
    assert "MemoryError" in greedy.errors
    assert "--build-memory" in greedy.errors


DOWNLOAD = """
import urllib.request
try:
    urllib.request.urlopen({url!r}, timeout=5).read()
except OSError as error:
    raise SystemExit("cannot download: %s" % error)
"""


def test_the_network_is_refused_with_a_reason_and_can_be_allowed(
    project: Project, stocked: Index
) -> None:
    if not kernel_gives_namespaces():
        pytest.skip("the kernel gives no namespaces")
    publish(stocked, SourceProject("loader", code={"build": DOWNLOAD.format(url=stocked.url)}))
    assert project.engine("lock", "loader", "--allow-build").status == 0
    done = project.engine("sync", "pylock.toml", "--allow-build")
    assert done.status == 2, done
    assert "cannot download" in done.errors
    assert "a build has no network" in done.errors
    assert "--build-network" in done.errors
    stocked.wheels["loader-data"] = {}
    publish(
        stocked,
        SourceProject("loader", code={"build": DOWNLOAD.format(url=stocked.url + "loader-data")}),
    )
    assert project.engine("lock", "loader", "--allow-build").status == 0
    done = project.engine("sync", "pylock.toml", "--allow-build", "--build-network")
    assert done.status == 0, done


def hang(marker: str) -> str:
    """Code of a build that starts a daemon and hangs; its processes carry the marker."""
    return f"""
import os, subprocess, time
subprocess.Popen(["sh", "-c", "setsid sleep 600 & sleep 600"], env={{"MARK": {marker!r}}})
os.environ["MARK"] = {marker!r}
os.execvpe("sleep", ["sleep", "600"], os.environ)
"""


def marked(marker: str) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and marker.encode() in (entry / "environ").read_bytes():
                found.add(int(entry.name))
    return found


def wait_until(condition: object) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


FLOW = """
from flowstone import FlowSpec, pypi, step

class HangingFlow(FlowSpec):
    @pypi(packages={"endless": "1.0"})
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == "__main__":
    HangingFlow()
"""


@pytest.mark.parametrize("command", ["lock", "run"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill-9"])
def test_a_build_ends_with_the_engine(
    project: Project, stocked: Index, isolation: str, how: signal.Signals, command: str
) -> None:
    marker = f"flowstone-hang-{os.getpid()}-{project.path.parent.name}"
    publish(stocked, SourceProject("endless", code={"prepare_metadata": hang(marker)}))
    project.write("flow.py", FLOW)
    arguments = {
        "lock": [str(ENGINE), "lock", "endless", "--allow-build"],
        "run": [str(BUILD_PYTHON), "flow.py", "--allow-build", "run"],
    }[command]
    prefix = WITHOUT_NAMESPACES if isolation == "not-isolated" else []
    if not kernel_gives_namespaces():
        prefix = []
    process = subprocess.Popen(
        [*prefix, *arguments],
        cwd=project.path,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert wait_until(lambda: len(marked(marker)) >= 3 or process.poll() is not None)
        assert process.poll() is None, process.stdout.read()
        process.send_signal(how)
        assert process.wait(PATIENCE) != 0
        assert wait_until(lambda: not marked(marker)), marked(marker)
    finally:
        process.kill()
        process.stdout.close()
    # What the build left is removed by the next one, and the cache is whole.
    publish(stocked, SourceProject("endless"))
    stocked.sha256["other"] = ""
    assert project.engine("lock", "endless", "--allow-build").status == 0
    done = project.engine("sync", "pylock.toml", "--allow-build")
    assert done.status == 0, done
    assert list((project.home / "cache" / "v1" / "tmp").iterdir()) == []
    doctor = project.engine("doctor")
    assert doctor.status == 0, doctor


def test_two_builds_at_once_build_once(project: Project, stocked: Index) -> None:
    unique = "import uuid; open('twice.py', 'w').write('VERSION = %r' % str(uuid.uuid4()))"
    publish(stocked, SourceProject("twice", code={"build": unique}))
    assert project.engine("lock", "twice", "--allow-build").status == 0
    command = [
        str(ENGINE), "exec", "--allow-build", "pylock.toml",
        "python", "-c", "import twice; print(twice.VERSION)",
    ]  # fmt: skip
    both = [
        subprocess.Popen(
            command, cwd=project.path, env=project.environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=PATIENCE)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert outputs[0] == outputs[1] != ""


def test_the_whole_log_of_a_failed_build_is_kept(project: Project, stocked: Index) -> None:
    code = """
import subprocess, sys
for line in range(1000):
    print("line", line)
subprocess.run(["sh", "-c", "echo of a child; echo its error >&2"])
sys.exit("the end")
"""
    publish(stocked, SourceProject("wordy", code={"prepare_metadata": code}))
    done = project.engine("lock", "wordy", "--allow-build")
    assert done.status == 1, done
    assert "line 999\n" in done.errors
    assert "line 900\n" not in done.errors
    match = re.search(r"everything it printed is in (\S+)", done.errors)
    assert match is not None, done
    log = Path(match.group(1)).read_text()
    assert "== prepare_metadata_for_build_wheel\n" in log
    assert "line 0\n" in log
    # In the order in which it was printed.
    assert (
        log.index("line 999")
        < log.index("of a child")
        < log.index("its error")
        < log.index("the end")
    )
