#!/usr/bin/env python3
"""Records what uv answers to universal scenarios, as golden data for resolve/universal_test.cc.

    python tools/record_universal.py UV DIRECTORY... > /dev/null

Every scenario (the shape of tests/scenarios/README.md) below the directories whose resolver_options
say `universal` is published as wheels and sdists in a directory of its own, `UV lock` resolves it,
and `UV export` tells name, version and marker of each package. The answers go to
tests/golden/universal/NAME.toml: facts, by which the tests compare ours up to the meaning of
markers.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10 and older
    import tomli as tomllib  # type: ignore[no-redef]

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "universal"
DEFAULT_PYTHON = ">=3.12"


def metadata_text(name: str, version: str, release: dict) -> str:
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    if "requires_python" in release:
        lines.append(f"Requires-Python: {release['requires_python']}")
    lines += [f"Requires-Dist: {requirement}" for requirement in release.get("requires", [])]
    for extra, requirements in release.get("extras", {}).items():
        lines.append(f"Provides-Extra: {extra}")
        for requirement in requirements:
            head, _, marker = requirement.partition(";")
            condition = f"extra == '{extra}'" + (f" and ({marker.strip()})" if marker else "")
            lines.append(f"Requires-Dist: {head.strip()}; {condition}")
    return "\n".join(lines) + "\n"


def write_wheel(directory: Path, name: str, version: str, tag: str, metadata: str) -> None:
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(directory / f"{stem}-{tag}.whl", "w") as wheel:
        info = f"{stem}.dist-info"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", "")


def write_sdist(directory: Path, name: str, version: str, metadata: str) -> None:
    stem = f"{name.replace('-', '_')}-{version}"
    with tarfile.open(directory / f"{stem}.tar.gz", "w:gz") as sdist:
        for path, content in {"PKG-INFO": metadata, "pyproject.toml": ""}.items():
            member = tarfile.TarInfo(f"{stem}/{path}")
            member.size = len(content.encode())
            sdist.addfile(member, io.BytesIO(content.encode()))


def publish(scenario: dict, directory: Path) -> None:
    for name, project in scenario.get("packages", {}).items():
        for version, release in project.get("versions", {}).items():
            metadata = metadata_text(name, version, release)
            tags = release.get("wheel_tags", ["py3-none-any"]) if release.get("wheel", True) else []
            for tag in tags:
                write_wheel(directory, name, version, tag, metadata)
            if release.get("sdist", True):
                write_sdist(directory, name, version, metadata)


def quoted(text: str) -> str:
    return "'" + text + "'" if '"' in text else '"' + text + '"'


def project_text(scenario: dict, requires_python: str) -> str:
    options = scenario.get("resolver_options", {})
    lines = ["[project]", 'name = "project"', 'version = "0.1.0"']
    lines.append(f"requires-python = {quoted(requires_python)}")
    lines.append("dependencies = [")
    lines += [f'    """{requirement}""",' for requirement in scenario["root"]["requires"]]
    lines += ["]", "[tool.uv]"]
    for key in ("required_environments", "environments"):
        if key in options:
            values = ", ".join(quoted(value) for value in options[key])
            lines.append(f"{key.replace('_', '-')} = [{values}]")
    if options.get("fork_strategy"):
        lines.append(f"fork-strategy = {quoted(options['fork_strategy'])}")
    return "\n".join(lines) + "\n"


def ask_uv(uv: str, scenario: dict, requires_python: str) -> dict | None:
    """The exported pylock.toml, or nothing when there is no solution."""
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        files, project = directory / "files", directory / "project"
        files.mkdir()
        project.mkdir()
        publish(scenario, files)
        (project / "pyproject.toml").write_text(project_text(scenario, requires_python))
        common = ["--project", str(project), "--no-index", "--find-links", str(files)]
        options = scenario.get("resolver_options", {})
        common += ["--cache-dir", str(directory / "cache"), "--no-progress", "--offline"]
        if "prereleases" in options:
            common += ["--prerelease", "allow" if options["prereleases"] else "disallow"]
        run = subprocess.run([uv, "lock", *common], capture_output=True, text=True)
        if run.returncode == 1:
            return None
        if run.returncode != 0:
            raise SystemExit(run.stderr)
        export = [uv, "export", "--format", "pylock.toml", "--no-emit-project", "--frozen"]
        text = subprocess.run([*export, *common], capture_output=True, text=True, check=True).stdout
        return tomllib.loads(text)


def golden_text(answer: dict | None, requires_python: str) -> str:
    lines = [f"requires_python = {quoted(requires_python)}"]
    lines.append(f"satisfiable = {'false' if answer is None else 'true'}")
    for package in (answer or {}).get("packages", []):
        lines += ["", "[[packages]]", f"name = {quoted(package['name'])}"]
        lines.append(f"version = {quoted(package['version'])}")
        if "marker" in package:
            lines.append(f"marker = {quoted(package['marker'])}")
        wheels = sorted(
            Path(wheel.get("name") or wheel.get("path") or wheel["url"]).name
            for wheel in package.get("wheels", [])
        )
        lines.append("wheels = [" + ", ".join(quoted(wheel) for wheel in wheels) + "]")
    return "\n".join(lines) + "\n"


def main() -> None:
    uv, *directories = sys.argv[1:]
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for path in sorted(path for d in directories for path in Path(d).rglob("*.toml")):
        scenario = tomllib.loads(path.read_text())
        if not scenario.get("resolver_options", {}).get("universal"):
            continue
        requires_python = scenario["root"].get("requires_python", DEFAULT_PYTHON)
        answer = ask_uv(uv, scenario, requires_python)
        (GOLDEN / path.name).write_text(golden_text(answer, requires_python))
        print(path.stem, "no solution" if answer is None else len(answer.get("packages", [])))


if __name__ == "__main__":
    main()
