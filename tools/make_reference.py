#!/usr/bin/env python3
"""Writes docs/reference/cli.md and variables.md: make_reference.py ENGINE [--check].

The pages are what the engine itself prints for `--help`, command by command, and its option table.
With --check nothing is written and the exit status is 1 when a page is out of date.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
FLOW = """
from flowstone import FlowSpec, Parameter, step

class MyFlow(FlowSpec):
    alpha = Parameter("alpha", default=0.5, help="an example of a parameter")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == "__main__":
    MyFlow()
"""
COMMANDS = re.compile(r"^commands:\n((?:  .*\n)+)", re.MULTILINE)
OPTION = re.compile(
    r'OptionSpec\{\s*"(?P<key>[^"]*)",\s*"(?P<flags>[^"]*)",\s*"(?P<metavar>[^"]*)",\s*'
    r'(?P<variables>(?:"[^"]*"\s*)+),\s*(?P<help>(?:"(?:[^"\\]|\\.)*"\s*)+)'
    r"(?:,\s*VariableReader::\w+)?\}"
)
# Variables that no option stands for.
OTHER_VARIABLES = {
    "FLOWSTONE_HOME": "the directory of the cache: packages, environments, index pages. An "
    "absolute path; by default `flowstone` in the user's cache directory",
    "FLOWSTONE_DATASTORE": "the directory of the datastore; by default the nearest `.flowstone/` "
    "at or above the working directory",
    "FLOWSTONE_ENGINE": "the engine that `python flow.py` becomes; by default the installed one",
    "FLOWSTONE_TRUSTED_HOST": "hosts whose certificate is not checked; also `UV_INSECURE_HOST`, "
    "`PIP_TRUSTED_HOST`",
    "FLOWSTONE_CERT": "a file of certificates to trust instead of the system's; also `PIP_CERT`",
    "FLOWSTONE_CLIENT_CERT": "a client certificate with its key; also `PIP_CLIENT_CERT`",
    "FLOWSTONE_PACKAGE_SUFFIXES": "comma-separated suffixes of further files to package; also "
    "`METAFLOW_PACKAGE_SUFFIXES`, `METAFLOW_DEFAULT_PACKAGE_SUFFIXES`",
    "METAFLOW_RUN_<PARAMETER>": "the value of a parameter of the flow that is not on the command "
    "line, in capitals",
    "METAFLOW_USER": "the user that runs are recorded for; otherwise `USER` or `USERNAME`",
    "NO_COLOR": "no colours, whatever it is set to",
    "CLICOLOR_FORCE": "colours even when the output is no terminal",
}


class Option(NamedTuple):
    flags: str
    variables: list[str]
    help: str


class Program:
    """A command line whose help is asked for: `flowstone`, or a flow's."""

    def __init__(self, title: str, command: list[str], environment: dict[str, str]) -> None:
        self.title = title
        self.command = command
        self.environment = environment

    def help(self, path: list[str]) -> str:
        done = subprocess.run(
            [*self.command, *path, "--help"],
            env=self.environment,
            cwd=self.environment["HOME"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def pages(self, path: list[str]) -> Iterator[tuple[list[str], str]]:
        """The help of the command at `path` and of all below it, groups before their members."""
        text = self.help(path)
        yield path, text
        for name in command_names(text):
            yield from self.pages([*path, name])


def command_names(text: str) -> list[str]:
    found = COMMANDS.search(text)
    rows = found.group(1).splitlines() if found else []
    return [row.split()[0] for row in rows if re.match(r"  \S", row)]


def programs(engine: Path, folder: Path) -> list[Program]:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT / "python"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "FLOWSTONE_ENGINE": str(engine),
        "LANG": "C.UTF-8",
    }
    flow = folder / "flow.py"
    flow.write_text(FLOW, encoding="utf-8")
    return [
        Program("python flow.py", [sys.executable, flow.name], environment),
        Program("flowstone", [str(engine)], environment),
    ]


def command_line_page(engine: Path) -> str:
    text = (
        "# Command line\n\n"
        "Made by `tools/make_reference.py` from what `--help` prints; edit the option table, not "
        "this page.\n\n"
        "Data goes to standard output, progress and messages to standard error. The exit status "
        "is 0 when it is\ndone, 1 when the work failed, 2 for a wrong command line or a flow that "
        "cannot run, and 130 after Ctrl-C.\nWhat follows `--` is never an option.\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        for program in programs(engine, Path(folder)):
            for path, help_text in program.pages([]):
                marks = "##" if not path else "###"
                title = " ".join([program.title, *path])
                text += f"\n{marks} {title}\n\n```text\n{help_text.rstrip()}\n```\n"
    return text


def option_table() -> list[Option]:
    source = (ROOT / "src/flowstone/cli/option_table.cc").read_text(encoding="utf-8")
    options = []
    for found in OPTION.finditer(source):
        parts = re.findall(r'"((?:[^"\\]|\\.)*)"', found["help"])
        names = "".join(re.findall(r'"([^"]*)"', found["variables"]))
        variables = [name for name in names.split(",") if name]
        flags = found["flags"].split(",")[-1]
        options.append(Option(flags, variables, "".join(parts).replace('\\"', '"')))
    if len(options) != source.count("OptionSpec{"):
        raise SystemExit("make_reference: an entry of the option table cannot be read")
    return options


def variables_page() -> str:
    text = (
        "# Environment variables\n\n"
        "Made by `tools/make_reference.py`; edit the option table, not this page.\n\n"
        "An option on the command line wins over its variable, and the first variable that is set "
        "wins over the\nothers. A switch is on unless its variable is empty, `0` or `false`.\n\n"
        "| variables, first one first | option | what it does |\n|---|---|---|\n"
    )
    for option in option_table():
        if option.variables:
            names = ", ".join(f"`{name}`" for name in option.variables)
            text += f"| {names} | `{option.flags}` | {option.help} |\n"
    text += "\n## Without an option\n\n| variable | what it does |\n|---|---|\n"
    for name, meaning in OTHER_VARIABLES.items():
        text += f"| `{name}` | {meaning} |\n"
    return text + (
        "\npip's configuration files and variables, `.netrc` and the proxy variables of curl are "
        "read as pip and curl\nread them.\n"
    )


def main() -> int:
    engine = Path(sys.argv[1]).resolve()
    check = "--check" in sys.argv[2:]
    stale = []
    for name, text in {
        "cli.md": command_line_page(engine),
        "variables.md": variables_page(),
    }.items():
        page = REFERENCE / name
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        stale.append(page.relative_to(ROOT))
        if not check:
            page.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{path}: {'out of date: run tools/make_reference.py' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
