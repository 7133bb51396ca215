"""What the guides do and print is done again, on an index of the packages that they speak of."""

from __future__ import annotations

import itertools
import subprocess
from typing import Iterable, Iterator

import pytest
from support.index_server import Index
from support.project import ROOT, Project
from support.sources import SourceProject
from support.transcripts import replay
from support.wheels import Wheel

GUIDES = ROOT / "docs" / "guides"


@pytest.fixture
def fresh(project: Project, index: Index) -> Project:
    index.max_age = 0
    project.environment["FLOWSTONE_INDEX_URL"] = index.url
    return project


@pytest.fixture
def other() -> Iterator[Index]:
    with Index() as running:
        yield running


@pytest.fixture
def ours() -> Iterator[Index]:
    with Index() as running:
        yield running


def publish(index: Index, *packages: str) -> None:
    """Each is "name version: requirement, requirement"."""
    for package in packages:
        head, _, requirements = package.partition(":")
        name, version = head.split()
        requires = [text.strip() for text in requirements.split(",") if text.strip()]
        index.add(Wheel(name, version, requires=[text.replace("&", ",") for text in requires]))


OF_THE_GUIDE_TO_LOCKS = (
    "certifi 2026.10.18",
    "charset-normalizer 3.5.2",
    "idna 3.20",
    "urllib3 1.25.3",
    "urllib3 2.8.0",
    "requests 2.32.3: certifi, charset-normalizer, idna, urllib3",
    "mdurl 0.1.2",
    "pygments 2.21.0",
    "markdown-it-py 4.2.0: mdurl",
    "rich 13.9.4: markdown-it-py, pygments",
    "rich 15.0.0: markdown-it-py, pygments",
    "boto3 1.30.0: botocore>=1.30.0",
    "boto3 1.34.0: botocore>=1.34.0",
    "boto3 1.35.0: botocore>=1.34.0",
    "botocore 1.30.0: urllib3>=1.20",
    "botocore 1.34.0: urllib3>=1.25.4&!=2.2.0&<3",
    "botocore 1.35.0: urllib3>=1.25.4&!=2.2.0&<3",
    "app 1.0: http>=2",
    "http 1.0",
    "http 2.0",
    "scikit-learn 1.5",
    "lib 1.0",
    "lib 2.0rc1",
    "alpha 1.0: beta",
    "beta 2.5",
    "beta 3.0",
    "tool 3.1: beta",
)

TRAIN = """
    from flowstone import FlowSpec, pypi, pypi_base, step

    @pypi_base(packages={"requests": "2.32.3"})
    class TrainFlow(FlowSpec):
        @step
        def start(self):
            self.next(self.train)

        @pypi(packages={"rich": "RICH"})
        @step
        def train(self):
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        TrainFlow()
    """

APP = """
    from flowstone import FlowSpec, pypi, pypi_base, step


    @pypi_base(packages={"http": "<2"})
    class AppFlow(FlowSpec):
        @step
        def start(self):
            self.next(self.end)

        @pypi(packages={"app": ">=1"})
        @step
        def end(self):
            pass

    if __name__ == "__main__":
        AppFlow()
    """


def train_with(project: Project, rich: str) -> None:
    project.write("train.py", TRAIN.replace("RICH", rich))


def run_and_update(project: Project) -> None:
    train_with(project, ">=13,<14")
    assert project.flow("run", file="train.py").status == 0
    train_with(project, ">=14")
    assert project.flow("environment", "lock", file="train.py").status == 0


def lock_alpha(project: Project) -> None:
    for lock in project.path.glob("pylock*.toml"):
        lock.unlink()
    project.write("requirements.txt", "tool\n")
    project.write("c.txt", "beta<3\n")
    done = project.engine("lock", "alpha", "-r", "requirements.txt", "-c", "c.txt")
    assert done.status == 0, done


def forget(project: Project) -> None:
    (project.path / "pylock.toml").unlink()
    project.environment["FLOWSTONE_HOME"] = str(project.home / "another")


def test_locks(fresh: Project, index: Index, other: Index, ours: Index) -> None:
    publish(index, *OF_THE_GUIDE_TO_LOCKS)
    publish(other, "lib 2.0")
    publish(ours, "lib 1.0")
    replay(
        fresh,
        GUIDES / "locks.md",
        {
            "python train.py --exclude-newer": lambda: train_with(fresh, ">=13,<14"),
            "python train.py run": lambda: train_with(fresh, ">=14"),
            "python train.py environment diff": lambda: run_and_update(fresh),
            "python flow.py run": lambda: fresh.write("flow.py", APP),
            "flowstone tree --invert": lambda: lock_alpha(fresh),
            "flowstone lock alpha": lambda: forget(fresh),
        },
        {
            "http://127.0.0.1:38769/simple/": other.url,
            "http://127.0.0.1:39603/simple/": ours.url,
        },
    )


LINUX, MACOS, WINDOWS = "manylinux_2_17_x86_64", "macosx_11_0_arm64", "win_amd64"


def publish_for(
    index: Index, name: str, version: str, pythons: Iterable[int], *requires: str
) -> None:
    """Wheels for each CPython 3.N and system, of a release that needs the first of them."""
    python = f">=3.{next(iter(pythons))}"
    for minor, system in itertools.product(pythons, (LINUX, MACOS, WINDOWS)):
        tag = f"cp3{minor}-cp3{minor}-{system}"
        index.add(Wheel(name, version, list(requires), requires_python=python, tag=tag))


def test_platforms(fresh: Project, index: Index) -> None:
    windows, unix = "sys_platform == 'win32'", "sys_platform != 'win32'"
    publish(index, "click 8.3", "h11 0.16", "colorama 0.4.6", "httptools 0.7", "anyio 4.11: idna")
    publish(index, "idna 3.20", "python-dotenv 1.2", "pyyaml 6.0.3", "watchfiles 1.1: anyio")
    publish(index, "websockets 15.0")
    index.add(Wheel("uvloop", "0.23.0", tag=f"cp311-cp311-{LINUX}"))
    needs = ["httptools", "python-dotenv", "pyyaml", "watchfiles", "websockets"]
    extra = [f'{name}; extra == "standard"' for name in needs]
    extra.append(f'colorama; {windows} and extra == "standard"')
    extra.append(f'uvloop; {unix} and extra == "standard"')
    index.add(Wheel("uvicorn", "0.40", requires=["click", "h11", *extra], extras=["standard"]))
    publish_for(index, "numpy", "1.26.4", range(9, 13))
    publish_for(index, "numpy", "2.2.6", range(10, 14))
    publish_for(index, "numpy", "2.4.6", range(11, 15))
    publish_for(index, "numpy", "2.5.4", range(12, 15))
    publish_for(index, "scipy", "1.17.0", range(11, 15), "numpy")
    publish_for(index, "scipy", "1.18.0", range(12, 15), "numpy")

    def project_with_conflicts() -> None:
        text = (GUIDES / "platforms.md").read_text()
        (fresh.path / "pylock.toml").unlink()  # its versions would be kept
        start = text.index('[project]\nname = "demo"')
        fresh.write("pyproject.toml", text[start : text.index("```", start)])

    replay(
        fresh,
        GUIDES / "platforms.md",
        {"flowstone lock --extra legacy --extra modern": project_with_conflicts},
        {},
    )


def test_project_settings(fresh: Project) -> None:
    publish_to = fresh.path / "dist"
    publish_to.mkdir()
    for version in ("1.0", "2.0"):
        wheel = Wheel("alpha", version)
        (publish_to / wheel.filename).write_bytes(wheel.bytes())
    settings = fresh.write(
        "pyproject.toml",
        """
        [project]
        name = "demo"
        version = "1"
        dependencies = ["alpha"]

        [tool.flowstone]
        resolution = "lowest"
        no-index = true
        find-links = "dist"
        """,
    )

    def mistype() -> None:
        settings.write_text(settings.read_text().replace("resolution", "resolutoin"))

    second = "flowstone lock  # with a slip of the pen"
    replay(fresh, GUIDES / "project-settings.md", {second: mistype}, {})


def test_inputs(fresh: Project, index: Index) -> None:
    publish(index, "alpha 1.0: beta", "beta 1.0", "requests 2.32.3")
    fresh.write("requirements.txt", "-r base.txt\n")
    fresh.write("base.txt", "alpha --index-url https://index.example/simple\n")
    fresh.write(
        "pyproject.toml", '[project]\nname = "demo"\nversion = "1"\ndependencies = ["alpha"]\n'
    )

    def add_uv() -> None:
        with (fresh.path / "pyproject.toml").open("a") as project:
            project.write('\n[tool.uv]\ntorch-backend = "cpu"\n')

    def write_uv_lock() -> None:
        fresh.write(
            "uv.lock",
            f"""
            version = 1
            requires-python = ">=3.8"
            [[package]]
            name = "demo"
            version = "1"
            source = {{ virtual = "." }}
            dependencies = [{{ name = "beta" }}]
            [[package]]
            name = "beta"
            version = "1.0"
            source = {{ registry = "{index.url}" }}
            wheels = [{{ url = "{index.origin}/files/beta-1.0-py3-none-any.whl", hash = "sha256:{
                index.sha256["beta-1.0-py3-none-any.whl"]
            }" }}]
            """,
        )

    replay(
        fresh,
        GUIDES / "inputs.md",
        {"flowstone lock requests": add_uv, "flowstone lock -r uv.lock": write_uv_lock},
        {},
    )


def test_indexes(fresh: Project, index: Index) -> None:
    fresh.environment.pop("FLOWSTONE_INDEX_URL")
    fresh.environment |= {
        "PIP_CONFIG_FILE": "/dev/null",
        "UV_DEFAULT_INDEX": "https://index.example/simple/",
        "FLOWSTONE_INDEX_CORP_TOKEN": "s3cret",
        "FLOWSTONE_HTTP_RETRIES": "2",
    }
    index.admits = lambda _path, _headers: 401
    replay(fresh, GUIDES / "indexes.md", {}, {"http://127.0.0.1:43339/simple/": index.url})


def test_source_builds(fresh: Project) -> None:
    old = SourceProject("old-lib", "1.4")
    (fresh.path / "dist").mkdir()
    (fresh.path / "dist" / old.filename).write_bytes(old.sdist())
    SourceProject("clock-lib", static=True).write(fresh.path / "clock")
    greeter = SourceProject("greeter", "0.3", static=True).write(fresh.path / "greeter")
    for arguments in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=me", "-c", "user.email=me@host.example", "commit", "-qm", "greet"],
        ["tag", "v0.3"],
    ):
        subprocess.run(["git", "-C", str(greeter), *arguments], check=True)
    replay(fresh, GUIDES / "source-builds.md", {}, {})
