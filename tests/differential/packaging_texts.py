"""Random texts of the grammars of Python packaging.

A generator depends on the seed (FLOWSTONE_SEED, or a fixed one) and the kind of text alone, so that
a case can be made again. Texts are near enough to each other that comparing them is interesting.
"""

from __future__ import annotations

import contextlib
import os
import random
from typing import Any

from packaging.version import InvalidVersion, Version

SEED = int(os.environ.get("FLOWSTONE_SEED", "20261122"))


class Generator:
    """Random texts of each grammar, near enough to each other that comparisons are interesting."""

    def __init__(self, kind: str) -> None:
        self.random = random.Random(f"{SEED}/{kind}")

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, values: Any) -> Any:
        return self.random.choice(values)

    def number(self) -> str:
        if self.chance(0.03):
            return self.pick(
                ["191", "192", "255", "256", "65535", "65536", "20231201123456", "4294967296"]
            )
        if self.chance(0.01):
            return self.pick(
                [
                    "18446744073709551615",
                    "18446744073709551616",
                    "99999999999999999999999",
                    "1" + "0" * 40,
                ]
            )
        zeros = "0" if self.chance(0.03) else ""
        return zeros + self.pick(["0", "0", "1", "1", "2", "3", "9", "10", "12"])

    def release(self, least: int = 1) -> str:
        count = max(least, self.pick([1, 2, 2, 2, 3, 3, 4, 5]))
        return ".".join(self.number() for _ in range(count))

    def separator(self) -> str:
        return self.pick(["", "", ".", "-", "_"])

    def case(self, text: str) -> str:
        return text.upper() if self.chance(0.05) else text.title() if self.chance(0.05) else text

    def version(self, local: float = 0.15, plain: float = 0.35) -> str:
        text = self.pick(["", "", "", "", "", "", "", "v", "V"]) if self.chance(0.3) else ""
        if self.chance(0.08):
            text += self.pick(["0", "1", "2", "01"]) + "!"
        text += self.release()
        if not self.chance(plain):
            spell = (lambda: "") if self.chance(0.6) else self.separator
            if self.chance(0.45):
                words = ["a", "b", "rc", "alpha", "beta", "c", "pre", "preview"]
                text += (
                    spell()
                    + self.case(self.pick(words[:3] if self.chance(0.6) else words))
                    + spell()
                )
                text += self.number() if self.chance(0.9) else ""
            if self.chance(0.35):
                if self.chance(0.15):
                    text += "-" + self.number()
                else:
                    dot = "." if self.chance(0.6) else self.separator()
                    text += dot + self.case(self.pick(["post", "post", "rev", "r"])) + spell()
                    text += self.number() if self.chance(0.9) else ""
            if self.chance(0.35):
                text += ("." if self.chance(0.6) else self.separator()) + self.case("dev") + spell()
                text += self.number() if self.chance(0.9) else ""
        if self.chance(local):
            parts = [
                self.pick(["abc", "ABC", "1", "01", "5", "ubuntu", "1a", "a1", "cu118", "z", "0"])
                for _ in range(self.pick([1, 1, 2, 3]))
            ]
            text += "+" + self.pick(".-_").join(parts)
        return f" {text}\t" if self.chance(0.01) else text

    def mutated(self, text: str) -> str:
        """With one to three characters changed."""
        alphabet = "0123456789.-_+!*=<>~, abcdeoprtv;()[]'\"@&"
        characters = list(text)
        for _ in range(self.pick([1, 1, 2, 3])):
            at = self.random.randrange(len(characters) + 1)
            change = self.pick("ids")
            if change == "i" or at == len(characters):
                characters.insert(at, self.pick(alphabet))
            elif change == "d":
                del characters[at]
            else:
                characters[at] = self.pick(alphabet)
        return "".join(characters)

    def specifier(self) -> str:
        operator = self.pick(["==", "!=", "<=", ">=", "<", ">", "~=", ">=", "<", "==", "!=", "==="])
        space = " " if self.chance(0.1) else ""
        if operator in ("==", "!="):
            if self.chance(0.3):
                epoch = "1!" if self.chance(0.05) else ""
                return operator + space + epoch + self.release() + ".*"
            return operator + space + self.version().strip()
        if operator == "===":
            return (
                operator
                + space
                + (
                    self.version().strip()
                    if self.chance(0.9)
                    else self.pick(["foobar", "1.0.*", "abc"])
                )
            )
        if operator == "~=":
            tail = self.pick(["", "", "", "a1", ".post2", ".dev3", "rc1.dev1"])
            return operator + space + self.release(least=2) + tail
        return operator + space + self.version(local=0).strip()

    def specifiers(self, most: int = 3) -> str:
        texts = [
            self.specifier()
            for _ in range(self.random.randrange(0 if self.chance(0.1) else 1, most + 1))
        ]
        text = self.pick([",", ",", ", ", " , "]).join(texts)
        return text + "," if self.chance(0.02) else text

    def versions_near(self, specifiers: str, count: int) -> list[str]:
        """Half of them made from the operands of the specifiers, where the boundaries are."""
        operands = [
            piece.strip().lstrip("=!<>~ ").removesuffix(".*") for piece in specifiers.split(",")
        ]
        tails = [
            "",
            "",
            ".0",
            "+abc",
            "+1",
            ".post0",
            ".post1",
            ".dev0",
            ".dev1",
            "a1",
            "rc1",
            ".1",
            ".post1+z",
            ".post0.dev0",
            "a1.post1",
            "a2.dev0",
        ]
        versions: list[str] = []
        while len(versions) < count:
            text = self.version()
            if self.chance(0.6):
                text = self.pick(operands) + self.pick(tails)
            with contextlib.suppress(InvalidVersion):
                Version(text)
                versions.append(text)
        return versions

    def name(self) -> str:
        words = ["foo", "Bar", "baz2", "a", "x1", "Zope", "test", "9p"]
        count = self.pick([1, 1, 2, 3])
        return self.pick(["-", "_", ".", "--", "-_", "._"]).join(
            self.pick(words) for _ in range(count)
        )

    def quoted(self, value: str) -> str:
        quote = self.pick(["'", '"'])
        return f"{quote}{value}{quote}"

    def comparison(self) -> tuple[str, bool]:
        """A comparison of a marker, and whether it compares two variables."""
        variable = self.pick(list(MARKER_VALUES))
        value = self.pick(MARKER_VALUES[variable])
        operators = [
            "==",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "in",
            "not in",
            "==",
            "!=",
            ">=",
            "<",
            "~=",
            "===",
        ]
        operator = self.pick(operators)
        if variable == "extra" and self.chance(0.8):
            operator = self.pick(["==", "!="])
        space = self.pick([" ", " ", "  ", ""])
        if operator in ("in", "not in"):
            space = " "
        spelled = self.pick(SPELLINGS.get(variable, [variable]))
        if self.chance(0.02):
            return f"{spelled}{space}{operator}{space}{self.pick(list(MARKER_VALUES))}", True
        sides = [spelled, self.quoted(value)]
        if self.chance(0.2):
            sides.reverse()
        return f"{space}{operator}{space}".join(sides), False

    def marker(self, depth: int = 0) -> tuple[str, bool]:
        count = self.pick([1, 1, 2, 3])
        texts = []
        two_variables = False
        for _ in range(count):
            if depth < 2 and self.chance(0.2):
                text, both = self.marker(depth + 1)
                text = f"({text})" if self.chance(0.8) else f"( {text} )"
            else:
                text, both = self.comparison()
            texts.append(text)
            two_variables = two_variables or both
        text = texts[0]
        for other in texts[1:]:
            text += self.pick([" and ", " or "]) + other
        return text, two_variables

    def requirement(self) -> tuple[str, bool]:
        blank = lambda: self.pick(["", "", " "])  # noqa: E731
        text = blank() + self.name() + blank()
        if self.chance(0.3):
            extras = [self.name() for _ in range(self.random.randrange(0, 4))]
            text += (
                "[" + blank() + self.pick([",", ", ", " ,"]).join(extras) + blank() + "]" + blank()
            )
        if self.chance(0.15):
            text += (
                "@"
                + blank()
                + self.pick(
                    [
                        "https://index.example/foo-1.0.zip",
                        "file:///tmp/foo",
                        "git+https://git.example/x@main#egg=x",
                    ]
                )
                + " "
            )
        elif self.chance(0.3):
            text += "(" + blank() + self.specifiers() + blank() + ")"
        else:
            text += self.specifiers()
        two_variables = False
        if self.chance(0.5):
            marker, two_variables = self.marker()
            text += blank() + ";" + blank() + marker
        return text + blank(), two_variables


MARKER_VALUES = {
    "os_name": ["posix", "nt", "java", "Posix", ""],
    "sys_platform": ["linux", "darwin", "win32", "linux2", "lin"],
    "platform_machine": ["x86_64", "aarch64", "arm64", "x86_64 aarch64"],
    "platform_python_implementation": ["CPython", "PyPy", "cpython"],
    "platform_release": ["5", "6.1", "6.1.0-13-amd64", "23.1.0", "6.1.*", "x"],
    "platform_system": ["Linux", "Darwin", "Windows", "Linux Darwin"],
    "platform_version": ["#1 SMP", "1.0", "#1 SMP Debian 6.1", "6"],
    "python_version": [
        "3",
        "3.8",
        "3.9",
        "3.10",
        "3.12",
        "2.7",
        "3.*",
        "3.1.*",
        "2.7 3.8",
        "3.8, 3.12",
        "=3.8",
        "abc",
        "3.12.0a1",
    ],
    "python_full_version": [
        "3.8.0",
        "3.12.1",
        "3.13.0a1",
        "3.13.0+",
        "3.13.0+local",
        "3.12",
        "3.8.*",
        "3.13.0rc1",
    ],
    "implementation_name": ["cpython", "pypy", "CPython"],
    "implementation_version": ["3.12.1", "7.3.13", "3.13.0a1", "3.8"],
    "extra": ["test", "Test", "dev_x", "dev-x", "a.b", "", "unknown thing"],
}
SPELLINGS = {
    "os_name": ["os_name", "os_name", "os.name"],
    "sys_platform": ["sys_platform", "sys_platform", "sys.platform"],
    "platform_machine": ["platform_machine", "platform.machine"],
    "platform_version": ["platform_version", "platform.version"],
    "platform_python_implementation": [
        "platform_python_implementation",
        "platform.python_implementation",
        "python_implementation",
    ],
}
ENVIRONMENTS = [
    dict(
        os_name=os_name,
        sys_platform=platform,
        platform_machine=machine,
        platform_python_implementation=implementation,
        platform_release=release,
        platform_system=system,
        platform_version=version,
        python_version=python,
        python_full_version=full,
        implementation_name=implementation.lower(),
        implementation_version=own,
    )
    for os_name, platform, machine, implementation, release, system, version, python, full, own in [
        (
            "posix",
            "linux",
            "x86_64",
            "CPython",
            "6.1.0-13-amd64",
            "Linux",
            "#1 SMP Debian 6.1",
            "3.12",
            "3.12.1",
            "3.12.1",
        ),
        (
            "posix",
            "linux",
            "aarch64",
            "CPython",
            "6.1",
            "Linux",
            "#1 SMP",
            "3.13",
            "3.13.0a1",
            "3.13.0a1",
        ),
        (
            "posix",
            "darwin",
            "arm64",
            "CPython",
            "23.1.0",
            "Darwin",
            "Darwin Kernel",
            "3.8",
            "3.8.0",
            "3.8.0",
        ),
        (
            "nt",
            "win32",
            "AMD64",
            "CPython",
            "10",
            "Windows",
            "10.0.19041",
            "3.10",
            "3.10.11",
            "3.10.11",
        ),
        ("posix", "linux", "x86_64", "PyPy", "5.15", "Linux", "6", "3.9", "3.9.18", "7.3.13"),
        ("posix", "linux", "x86_64", "CPython", "", "Linux", "", "3.13", "3.13.0+", "3.13.0"),
    ]
]
EXTRAS = ["", "test", "dev-x"]
