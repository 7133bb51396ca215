"""The sets of requirements that are resolved side by side.

Each has a cut-off, so that every run of every tool on one recording has the same answer. `pip` says
whether pip is asked too: it needs minutes for the sets that make it backtrack.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RequirementSet:
    name: str
    requirements: tuple[str, ...]
    cutoff: str = "2026-11-01T00:00:00Z"
    solvable: bool = True
    pip: bool = False


SETS = {
    entry.name: entry
    for entry in (
        RequirementSet("jupyter", ("jupyter",), pip=True),
        RequirementSet("ml", ("pandas", "scikit-learn", "xgboost", "lightgbm"), pip=True),
        RequirementSet("torch", ("torch", "torchvision", "transformers", "datasets")),
        # An old urllib3 that no recent botocore accepts: hundreds of releases are tried.
        RequirementSet("boto3", ("boto3", "botocore", "urllib3<1.25.4")),
        RequirementSet("unsat", ("boto3>=1.34", "urllib3<1.25.4"), solvable=False),
        RequirementSet("airflow", ("apache-airflow[all]==2.9.3",), cutoff="2024-08-08T00:00:00Z"),
    )
}
