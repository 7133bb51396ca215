"""Whether this machine has what `--link-mode overlay` needs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from support.project import ENGINE, Project


def refusal(project: Project, runner: Sequence[str] = ()) -> str:
    """Why there are no private layers here, as `doctor` says it; empty when there are. `runner` is
    what runs a command as somebody else.
    """
    done = project.command([*runner, str(ENGINE), "doctor", "--json"])
    found = [each for each in json.loads(done.output) if each["subject"] == "link mode overlay"]
    assert len(found) == 1, done
    return "" if found[0]["health"] == "ok" else str(found[0]["finding"])
