"""Requirements files, read by pip's own parser and by ours (`project_oracle`).

Every file of the table is written into a directory of its own. What pip ignores and we refuse is in
STRICTER, with its reason; anything else must be the same: requirements with their lines, markers,
hashes and places, constraints, and what options say.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("pip", minversion="26.0")

from oracles import oracle_program
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from pip._internal.exceptions import InstallationError
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.link import Link
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

ROOT = Path(__file__).resolve().parents[2]
INDEX = "https://index.example/simple"
SHA = "a" * 64

# The name of a case, then its files; the first one is read.
CASES: dict[str, dict[str, str | bytes]] = {
    "plain": {"r.txt": "numpy\npandas[excel]>=2,<3\nScikit_Learn == 1.0 ; python_version > '3'\n"},
    "comments": {"r.txt": "# a\n  # b\na # c\nb#d==1\n#\nc==1 #\n" + "d\t# tab\n"},
    "hash sign in a word": {"r.txt": "a @ https://h.example/a.zip#egg=a\n"},
    "continuation": {"r.txt": "a \\\n==1\\\n.0\nb\n"},
    "continued comment": {"r.txt": "a \\\n# gone \\\nb\n"},
    "comment with a backslash": {"r.txt": "# x \\\na\n"},
    "backslash at the end": {"r.txt": "a==1 \\"},
    "two backslashes": {"r.txt": "a==1 \\\\\nb\n"},
    "blank continuation": {"r.txt": "a \\\n\nb\n"},
    "line ends": {"r.txt": b"a\r\nb\rc\x0cd\x1ee\xc2\x85f\xe2\x80\xa8g"},
    "byte order mark": {"r.txt": b"\xef\xbb\xbfa\n"},
    "utf-16": {"r.txt": "a\n# é\nb".encode("utf-16")},
    "latin-1": {"r.txt": b"# -*- coding: latin-1 -*-\na # \xe9\n"},
    "variables": {
        "r.txt": "a @ https://${USER_1}@h.example/${EMPTY}${GONE}${lower}$USER_1/a.zip\n"
    },
    "nested": {
        "r.txt": "-r sub/a.txt\nlast\n",
        "sub/a.txt": "--requirement b.txt\na\n-c ../c.txt\n",
        "sub/b.txt": "b\n",
        "c.txt": "a<2\n-r sub/b.txt\n",
    },
    "nested twice": {"r.txt": "-r a.txt\n-ra.txt\n", "a.txt": "a\n"},
    "commented nesting": {"r.txt": "# -r gone.txt\na\n"},
    "gone": {"r.txt": "-r gone.txt\n"},
    "editable": {"r.txt": "-e ./lib\n--editable=lib[dev]\n", "lib/setup.py": ""},
    "editable repository": {
        "r.txt": "-e git+https://h.example/r.git@v1#egg=tool&subdirectory=x\n"
        "git+https://h.example/r.git@v1#egg=other\n"
    },
    "paths": {
        "r.txt": "./lib\n./lib[dev] ; os_name == 'posix'\nlib/x-1.0.tar.gz\n"
        "w/Foo_Bar-1.0-py3-none-any.whl\n",
        "lib/setup.py": "",
        "lib/x-1.0.tar.gz": "",
        "w/Foo_Bar-1.0-py3-none-any.whl": "",
    },
    "file urls": {"r.txt": "file:lib\nb @ file:///opt/b\n", "lib/setup.py": ""},
    "urls": {
        "r.txt": "https://h.example/foo-1.0.zip#egg=foo\nhttps://h.example/a;b/c.zip#egg=c\n"
        "https://h.example/d.zip#egg=d ; os_name == 'nt'\n"
        "https://h.example/Foo_Bar-1.0-py3-none-any.whl\n"
    },
    "hashes": {
        "r.txt": f"a==1 --hash=sha256:{SHA} --hash sha512:{'b' * 128}\n"
        f"b==1 \\\n  --hash=sha256:{SHA} # why\n"
    },
    "require hashes": {"r.txt": "--require-hashes\na\n"},
    "wrong hash kind": {"r.txt": f"a==1 --hash=md5:{'a' * 32}\n"},
    "indexes": {
        "r.txt": "-i https://one.example/\n--extra-index-url https://two.example/\n"
        "--extra-index-url='https://three.example/'\n"
    },
    "indexes of nested files": {
        "r.txt": "-r a.txt\n-i https://last.example/\n",
        "a.txt": "--index-url=https://first.example/\n--extra-index-url https://x.example/\n",
    },
    "no index": {
        "r.txt": "--no-index\n-f wheels\n--find-links https://h.example/l\n",
        "wheels/x": "",
    },
    "find links beside the file": {"r.txt": "-r s/a.txt\n", "s/a.txt": "-f w\n-f v\n", "s/w/x": ""},
    "trusted": {"r.txt": "--trusted-host h.example\n--trusted-host=g.example:8080\n"},
    "binaries": {"r.txt": "--no-binary=:all:\n--only-binary A_b,c\n--no-binary c\n"},
    "binaries taken back": {"r.txt": "--only-binary :all:\n--only-binary :none:\n--no-binary x\n"},
    "pre": {"r.txt": "--pre\na\n"},
    "shortened": {"r.txt": "--ind https://x.example/\n--extra https://y.example/\n--no-in\n"},
    "config settings": {"r.txt": "a --config-settings k=v --config-settings k=w\n"},
    "unknown option": {"r.txt": "--frobnicate\n"},
    "ambiguous option": {"r.txt": "--no a\n"},
    "missing value": {"r.txt": "--index-url\n"},
    "open quote": {"r.txt": "-i 'x\n"},
    "wrong requirement": {"r.txt": "a=1\n"},
    "constraint with extras": {"r.txt": "-c c.txt\n", "c.txt": "a[x]<2\n"},
    "editable constraint": {"r.txt": "-c c.txt\n", "c.txt": "-e ./lib\n", "lib/setup.py": ""},
    "includes itself": {"r.txt": "a\n-r r.txt\n"},
    "option on the line of a requirement": {"r.txt": "a -i https://x.example/\n"},
    "hash alone": {"r.txt": f"--hash=sha256:{SHA}\n"},
    "word behind options": {"r.txt": "--pre word\n"},
    "marker with quotes": {"r.txt": "a ; python_version in '3.8, 3.9' and extra == \"x\"\n"},
    "arbitrary": {"r.txt": "a === 1.0-x\nb~=1.4\nc!=1.5.*,>=1\n"},
    "parentheses": {"r.txt": "a (>=1,<2) ; os_name=='nt'\n"},
    "tabs": {"r.txt": "a\t>=1\t;\tos_name == 'nt'\n"},
}

# What pip accepts, and ignores in part, and we refuse.
STRICTER = {
    "option on the line of a requirement": "pip ignores the option",
    "hash alone": "pip warns and ignores it",
    "word behind options": "pip drops the word",
    "includes itself": "pip before 25 recurses until Python gives up",
    "constraint with extras": "pip refuses it when it resolves, not when it reads",
    "editable constraint": "pip refuses it when it resolves, not when it reads",
    "wrong hash kind": "pip up to 23 takes MD5 for an unknown option value",
}


# A later --index-url makes pip forget the earlier --extra-index-url; we keep both.
FORGETTING = {"indexes of nested files"}


def place_of(url: str) -> str:
    """A URL without the egg and without empty fragment, a path decoded."""
    link = Link(url)
    base, _, fragment = url.partition("#")
    kept = "&".join(part for part in fragment.split("&") if part and not part.startswith("egg="))
    if link.scheme == "file":
        return "path " + str(Path(link.file_path).absolute()) + ("#" + kept if kept else "")
    return base + ("#" + kept if kept else "")


def describe_pip(parsed: Any, directory: Path) -> dict[str, Any]:
    install = install_req_from_parsed_requirement(parsed)
    path, line = parsed.comes_from.split(" ", 1)[1].rsplit(" (line ", 1)
    req: Requirement | None = install.req
    link = install.original_link or install.link
    extras = set(install.extras) | set(req.extras if req else ())
    options = parsed.options or {}
    markers = install.markers if install.markers is not None else (req and req.marker)
    # The version in the name of a wheel is no wish of the user.
    specifiers = req.specifier if req is not None and link is None else SpecifierSet()
    return {
        "line": os.path.relpath(path, directory) + ":" + line.rstrip(")"),
        "name": canonicalize_name(req.name) if req is not None else "",
        "extras": sorted(canonicalize_name(extra) for extra in extras),
        "specifiers": str(SpecifierSet(str(specifiers))),
        "url": place_of(link.url) if link is not None else "",
        "marker": str(Marker(str(markers))) if markers else "",
        "editable": parsed.is_editable,
        "hashes": sorted(
            f"{kind}:{digest}"
            for kind, digests in options.get("hashes", {}).items()
            for digest in digests
        ),
    }


def ask_pip(directory: Path) -> dict[str, Any]:
    session = PipSession()
    scope = SearchScope(find_links=[], index_urls=[INDEX], no_index=False)
    finder = PackageFinder.create(
        link_collector=LinkCollector(session=session, search_scope=scope),
        selection_prefs=SelectionPreferences(allow_yanked=False),
    )

    options: Any = SimpleNamespace(require_hashes=False, features_enabled=[])
    parsed = list(
        parse_requirements(
            str(directory / "r.txt"), session=session, finder=finder, options=options
        )
    )
    described = [(one.constraint, describe_pip(one, directory)) for one in parsed]
    control = finder.format_control
    releases = finder.release_control
    return {
        "requirements": [entry for constraint, entry in described if not constraint],
        "constraints": [entry for constraint, entry in described if constraint],
        "indexes": [] if finder.search_scope.no_index else finder.index_urls,
        "no_index": finder.search_scope.no_index,
        "find_links": finder.find_links,
        "trusted_hosts": sorted(host for host in finder.trusted_hosts),
        "require_hashes": options.require_hashes,
        "only_binary": sorted(control.only_binary),
        "no_binary": sorted(control.no_binary),
        "pre": releases is not None and ":all:" in releases.all_releases,
    }


def describe_ours(entry: dict[str, Any]) -> dict[str, Any]:
    url = entry["url"]
    return {
        "line": entry["line"],
        "name": entry["name"],
        "extras": sorted(entry["extras"]),
        "specifiers": str(SpecifierSet(entry["specifiers"])),
        "url": place_of(url) if url else "",
        "marker": str(Marker(entry["marker"])) if entry["marker"] else "",
        "editable": entry["editable"],
        "hashes": sorted(entry["hashes"]),
    }


def ask_flowstone(directory: Path) -> dict[str, Any] | None:
    done = subprocess.run(
        [str(oracle_program("project_oracle")), "files", "r.txt"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    if "error" in answer:
        return None
    indexes = [answer["index_url"] or INDEX, *answer["extra_index_urls"]]
    return {
        "requirements": [describe_ours(entry) for entry in answer["requirements"]],
        "constraints": [describe_ours(entry) for entry in answer["constraints"]],
        "indexes": [] if answer["no_index"] else indexes,
        "no_index": answer["no_index"],
        "find_links": answer["find_links"],
        "trusted_hosts": sorted(answer["trusted_hosts"]),
        "require_hashes": answer["require_hashes"],
        "only_binary": sorted(answer["only_binary"]),
        "no_binary": sorted(answer["no_binary"]),
        "pre": answer["pre"],
    }


@pytest.mark.parametrize("name", CASES)
def test_both_read_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("USER_1", "me")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setenv("lower", "x")
    monkeypatch.delenv("GONE", raising=False)
    for file, content in CASES[name].items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    ours = ask_flowstone(tmp_path)
    if name in STRICTER:
        assert ours is None
        return
    try:
        theirs: dict[str, Any] | None = ask_pip(tmp_path)
    except InstallationError:
        theirs = None
    if theirs is not None:
        # pip keeps the place of find-links as written where nothing lies beside the file.
        theirs["find_links"] = [
            link if "://" in link else str(Path(link).absolute()) for link in theirs["find_links"]
        ]
    if ours is not None and theirs is not None:
        # pip asks an sdist for its name by building it; we read it from the name of the file.
        for one, other in zip(ours["requirements"], theirs["requirements"], strict=False):
            if other["name"] == "" and one["url"].endswith(".tar.gz"):
                one["name"] = ""
        if name in FORGETTING:
            assert set(theirs.pop("indexes")) < set(ours.pop("indexes"))
    assert ours == theirs
