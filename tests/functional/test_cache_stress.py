"""One cache, many makers of environments, and one who cleans it all the time: nothing fails, and
nothing is broken afterwards. FLOWSTONE_STRESS=whole makes 8 processes make 50 environments each.
"""

from __future__ import annotations

import os
from pathlib import Path

from support.cache_checker import check_cache, disk_usage
from support.cache_stress import Stress, stress_scale
from support.private_layers import refusal
from support.project import Project

SEED = int(os.environ.get("FLOWSTONE_TEST_SEED", "20261"))


def test_makers_and_a_cleaner_share_one_cache(project: Project) -> None:
    cache = Path(project.environment["FLOWSTONE_HOME"])
    makers, rounds = stress_scale()
    modes = ["", "", "hardlink", "copy", *([] if refusal(project) else ["overlay"])]
    stress = Stress(project, makers=makers, rounds=rounds, seed=SEED, modes=modes)
    outcome = stress.run()
    print(f"seed {SEED}: {outcome}")
    assert outcome.failures == []
    assert outcome.made == makers * rounds
    assert outcome.environments_removed > 0
    assert outcome.archives_removed > 0
    checked = check_cache(cache)
    assert checked.findings == []
    done = stress.clean()
    assert done.returncode == 0, done
    assert check_cache(cache).environments == 0
    assert disk_usage(cache) < 400_000, done  # the folders and the locks that stay
