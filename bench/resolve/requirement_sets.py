"""The sets of requirements that are resolved side by side.

Each has a cut-off, so that every run of every tool on one recording has the same answer. `pip` says
whether pip is asked too: it needs minutes for the sets that make it backtrack.
"""

from __future__ import annotations

from dataclasses import dataclass

# What apache-airflow[all] 2.9.3 wants and has no wheel for CPython 3.11 on Linux.
SOURCE_ONLY = """
    apache-beam atlasclient cgroupspy curlify hdfs kylinpy methodtools multi-key-dict mysqlclient
    oss2 pdpyras pure-sasl pydruid pykerberos pyspark python-ldap python-nvd3 pyyaml thrift
    unicodecsv
"""


@dataclass(frozen=True)
class RequirementSet:
    name: str
    requirements: tuple[str, ...]
    cutoff: str = "2026-11-01T00:00:00Z"
    overrides: tuple[str, ...] = ()
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
        # 507 packages. What has no wheel is left out, for uv would run its build.
        RequirementSet(
            "airflow",
            ("apache-airflow[all]==2.9.3",),
            cutoff="2024-08-08T00:00:00Z",
            overrides=tuple(f"{name}; python_version < '3'" for name in SOURCE_ONLY.split()),
        ),
    )
}
