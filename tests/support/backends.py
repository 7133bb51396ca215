"""Projects as people publish them, for real build backends, whose wheels `make test` fetched."""

from __future__ import annotations

import gzip
import io
import tarfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

from support.index_server import Index
from support.project import ROOT

WHEELS = ROOT / "build" / "backends"


def add_backends(index: Index) -> bool:
    """Puts the wheels of the backends, and of what they need, on the index, if they are there."""
    wheels = sorted(WHEELS.glob("*.whl"))
    for wheel in wheels:
        name = wheel.name.split("-")[0].lower().replace("_", "-")
        index.add_file(name, wheel.name, wheel.read_bytes())
    return (WHEELS / "complete").exists() and bool(wheels)


@dataclass
class RealProject:
    """A project `demo` that needs `dependency`, with a module, data and a command `demo-hello`."""

    kind: str
    files: dict[str, str]

    def write(self, directory: Path) -> Path:
        for path, text in self.files.items():
            file = directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return directory

    def sdist(self) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, text in self.files.items():
                data = textwrap.dedent(text).lstrip("\n").encode()
                info = tarfile.TarInfo(f"demo-1.5/{path}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return gzip.compress(buffer.getvalue(), mtime=0)


MODULE = {
    "demo/__init__.py": '''
        """A demonstration."""

        from pathlib import Path

        __version__ = "1.5"


        def hello():
            print("hello", (Path(__file__).parent / "data.txt").read_text().strip())
    ''',
    "demo/data.txt": "world\n",
    "README.md": "# demo\n",
}

SETUP_ARGUMENTS = """
    name="demo",
    version="1.5",
    packages=["demo"],
    package_data={"demo": ["data.txt"]},
    install_requires=["dependency>=1"],
    entry_points={"console_scripts": ["demo-hello = demo:hello"]},
"""

SETUP_CFG = """
    [metadata]
    name = demo
    version = attr: demo.__version__
    [options]
    packages = demo
    install_requires = dependency>=1
    [options.package_data]
    demo = data.txt
    [options.entry_points]
    console_scripts = demo-hello = demo:hello
"""


def pyproject(system: str, project: str, more: str = "") -> str:
    return (
        f"[build-system]\n{system}\n[project]\nname = 'demo'\n{project}\n"
        "dependencies = ['dependency>=1']\n[project.scripts]\ndemo-hello = 'demo:hello'\n" + more
    )


REAL_PROJECTS = [
    RealProject(
        "setuptools",
        {
            "pyproject.toml": pyproject(
                "requires = ['setuptools>=70']\nbuild-backend = 'setuptools.build_meta'",
                "dynamic = ['version']",
                "[tool.setuptools]\npackages = ['demo']\n"
                "[tool.setuptools.package-data]\ndemo = ['data.txt']\n"
                "[tool.setuptools.dynamic]\nversion = {attr = 'demo.__version__'}\n",
            )
        },
    ),
    RealProject(
        "setup.py", {"setup.py": f"from setuptools import setup\n\nsetup({SETUP_ARGUMENTS})"}
    ),
    RealProject("setup.cfg", {"setup.cfg": SETUP_CFG}),
    RealProject(
        "hatchling",
        {
            "pyproject.toml": pyproject(
                "requires = ['hatchling']\nbuild-backend = 'hatchling.build'",
                "dynamic = ['version']",
                "[tool.hatch.version]\npath = 'demo/__init__.py'\n",
            )
        },
    ),
    RealProject(
        "flit",
        {
            "pyproject.toml": pyproject(
                "requires = ['flit_core>=3.2']\nbuild-backend = 'flit_core.buildapi'",
                "dynamic = ['version', 'description']",
            )
        },
    ),
    RealProject(
        "poetry",
        {
            "pyproject.toml": """
                [build-system]
                requires = ["poetry-core>=1"]
                build-backend = "poetry.core.masonry.api"
                [tool.poetry]
                name = "demo"
                version = "1.5"
                description = "A demonstration."
                authors = ["Somebody <somebody@example.com>"]
                [tool.poetry.dependencies]
                python = ">=3.8"
                dependency = ">=1"
                [tool.poetry.scripts]
                demo-hello = "demo:hello"
            """
        },
    ),
]
for _project in REAL_PROJECTS:
    _project.files = {**MODULE, **_project.files}
