"""The platforms that locks of the tests are for, with the Python that runs them."""

from __future__ import annotations

from packaging.tags import Tag, compatible_tags, cpython_tags

from support.lock_checker import Target
from support.project import BUILD_PYTHON

OWN = Target.of(BUILD_PYTHON).environment
MAJOR, MINOR = map(int, OWN["python_version"].split("."))
TAG = f"cp{MAJOR}{MINOR}"
NEXT = f"{MAJOR}.{MINOR + 1}"


def target(sys_platform: str, machine: str, platforms: list[str]) -> Target:
    systems = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
    tags: list[Tag] = [
        *cpython_tags((MAJOR, MINOR), [TAG], platforms),
        *compatible_tags((MAJOR, MINOR), TAG, platforms),
    ]
    environment = {
        "implementation_name": "cpython",
        "implementation_version": OWN["python_full_version"],
        "os_name": "nt" if sys_platform == "win32" else "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": systems[sys_platform],
        "platform_version": "",
        "python_full_version": OWN["python_full_version"],
        "python_version": OWN["python_version"],
        "sys_platform": sys_platform,
    }
    return Target(environment, tuple(tags))


LINUX = target("linux", "x86_64", ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64"])
ARM = target("linux", "aarch64", ["manylinux_2_28_aarch64", "manylinux_2_17_aarch64"])
MAC = target("darwin", "arm64", ["macosx_13_0_arm64", "macosx_11_0_arm64"])
WINDOWS = target("win32", "AMD64", ["win_amd64"])
