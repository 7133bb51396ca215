"""A hundred environments that share nine tenths of their packages cost little more than one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from support.cache_checker import check_cache, disk_usage, everything_below
from support.cache_stress import COMMON, MODULES, OWN, stress_wheels
from support.project import BUILD_PYTHON, Project
from support.wheel_locks import keep_wheels, lock_of
from support.wheels import Wheel

ENVIRONMENTS = 100
IMPORTS = """
import importlib, sys
for name in sys.argv[2:]:
    for number in range(int(sys.argv[1])):
        assert importlib.import_module(f"{name}.m{number}").VALUE == f"{name} {number}"
"""


@dataclass(frozen=True)
class Cost:
    inodes: int
    kilobytes: int

    @staticmethod
    def of(cache: Path) -> Cost:
        inodes = {path.lstat().st_ino for path in everything_below(cache)}
        return Cost(len(inodes), disk_usage(cache) // 1024)


# Of one more environment of twenty packages, when all of them are unpacked: what is left behind,
# with its record and what counts its use. 52 inodes, 40 of them links, and 192 kB: an ext4 gives
# each link a block, as their targets are longer than the 59 bytes that fit into an inode.
BUDGET = Cost(inodes=56, kilobytes=208)


def sets_of_packages() -> list[list[Wheel]]:
    """Eighteen that all have and two more, other ones each time; all are in the first dozen."""
    wheels = stress_wheels()
    common, pool = wheels[:COMMON], wheels[COMMON:]
    disjoint = [tuple(pool[at : at + OWN]) for at in range(0, len(pool), OWN)]
    others = [pair for pair in itertools.combinations(pool, OWN) if pair not in disjoint]
    return [[*common, *own] for own in [*disjoint, *others][:ENVIRONMENTS]]


def make_and_import(project: Project, packages: list[Wheel]) -> None:
    project.write("pylock.toml", lock_of(project.path / "wheels", packages))
    names = [wheel.name for wheel in packages]
    done = project.engine(
        *("exec", "--python", str(BUILD_PYTHON), "pylock.toml", "--"),
        *("python", "-B", "-c", IMPORTS, str(MODULES), *names),
    )
    assert done.status == 0, done


def test_a_hundred_environments_that_share_nine_tenths(project: Project) -> None:
    sets = sets_of_packages()
    keep_wheels(project.path / "wheels", stress_wheels())
    cache = Path(project.environment["FLOWSTONE_HOME"])
    few = len(stress_wheels()[COMMON:]) // OWN
    for packages in sets[:few]:
        make_and_import(project, packages)
    before = Cost.of(cache)
    for packages in sets[few:]:
        make_and_import(project, packages)
    after = Cost.of(cache)
    more = ENVIRONMENTS - few
    each = Cost(
        (after.inodes - before.inodes) // more, (after.kilobytes - before.kilobytes) // more
    )
    print(f"{each} for one more environment")
    assert each.inodes <= BUDGET.inodes
    assert each.kilobytes <= BUDGET.kilobytes
    checked = check_cache(cache)
    assert checked.findings == []
    assert checked.environments == ENVIRONMENTS
    assert checked.archives == len(stress_wheels())
