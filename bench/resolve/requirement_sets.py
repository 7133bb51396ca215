"""The sets of requirements that are resolved side by side.

Each has a cut-off, so that every run of every tool on one recording has the same answer. `pip` says
whether pip is asked too: it needs minutes for the sets that make it backtrack.
"""

from __future__ import annotations

from dataclasses import dataclass

# What apache-airflow[all] 2.9.3 leads to and has no wheel for CPython 3.12 on Linux. Some of it has
# no wheel at all, google-crc32c and others none for this Python.
SOURCE_ONLY = """
    apache-beam atlasclient cgroupspy curlify google-crc32c hdfs json-merge-patch kylinpy
    methodtools multi-key-dict mysqlclient oss2 pdpyras pure-sasl pydruid pykerberos pyspark
    python-ldap python-nvd3 pyyaml thrift unicodecsv
"""


@dataclass(frozen=True)
class RequirementSet:
    name: str
    requirements: tuple[str, ...]
    cutoff: str = "2026-11-01T00:00:00Z"
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    options: tuple[str, ...] = ()  # that uv and flowstone spell alike
    python: str = ""  # for this version on Linux with glibc 2.36, instead of for the interpreter
    solvable: bool = True
    pip: bool = False


SETS = {
    entry.name: entry
    for entry in (
        RequirementSet("jupyter", ("jupyter",), pip=True),
        RequirementSet("ml", ("pandas", "scikit-learn", "xgboost", "lightgbm"), pip=True),
        RequirementSet("torch", ("torch", "torchvision", "transformers", "datasets"), pip=True),
        # An old urllib3 that no recent botocore accepts: hundreds of releases are tried.
        RequirementSet("boto3", ("boto3", "botocore", "urllib3<1.25.4")),
        RequirementSet("unsat", ("boto3>=1.34", "urllib3<1.25.4"), solvable=False),
        # 507 packages, 2,200 choices. What has no wheel is left out, for uv would run its build.
        RequirementSet(
            "airflow",
            ("apache-airflow[all]==2.9.3",),
            cutoff="2024-08-08T00:00:00Z",
            overrides=tuple(f"{name}; python_version < '3'" for name in SOURCE_ONLY.split()),
            python="3.12",
        ),
    )
}
