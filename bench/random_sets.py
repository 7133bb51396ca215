#!/usr/bin/env python3
"""Resolves random sets of well-known packages with flowstone and uv, and compares the answers.

    build/tools/bin/python bench/random_sets.py --sets 100 [--seed 1] [--python PATH]...

A set is three to eight packages, some with a random range of versions that exist, an interpreter of
those given, and sometimes a policy: lowest, lowest-direct, pre-releases. Both tools use the index
that pip is configured with (or --index), with the same cut-off and wheels only. Sets are numbered:
the same seed, number and list of interpreters are the same set, also on another day. Each
difference is printed with what repeats it; the exit status is 1 when there is one that EXPLAINED
does not have. This asks the network for thousands of
pages: it is no test, and nothing runs it by itself.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[1:1] = [str(ROOT / "bench" / name) for name in ("resolve", "index")]

from index import configured_index  # noqa: E402
from packaging.utils import InvalidWheelFilename, parse_wheel_filename  # noqa: E402
from packaging.version import Version  # noqa: E402
from real_index import Answer, ask  # noqa: E402
from requirement_sets import RequirementSet  # noqa: E402
from resolvers import ENGINE, PYTHON, UV, Flowstone, Job, Uv  # noqa: E402

NAMES = """
    aiohttp altair anyio asyncpg attrs azure-identity azure-storage-blob bandit beautifulsoup4
    black bokeh boto3 botocore build cachetools celery certifi cffi click cloudpickle
    cookiecutter coverage cryptography dash dask databricks-sdk datasets dbt-core dbt-postgres
    distributed django django-filter djangorestframework docker duckdb elasticsearch fabric
    fastapi fastparquet filelock flake8 flask flask-cors flask-login flask-sqlalchemy fsspec
    gensim geopandas google-api-core google-auth google-cloud-bigquery google-cloud-storage
    gradio great-expectations grpcio grpcio-tools gunicorn h5py httpx huggingface-hub hypothesis
    importlib-metadata ipython ipywidgets isort jinja2 jsonschema jupyterlab kafka-python keras
    kubernetes langchain lightgbm lxml mako markdown marshmallow matplotlib mkdocs
    mkdocs-material mlflow moto mypy nbconvert networkx nltk notebook numba numpy openai
    opencv-python openpyxl opentelemetry-api opentelemetry-sdk optuna orjson packaging pandas
    papermill paramiko pendulum pillow pipenv plotly poetry polars pre-commit prefect protobuf
    psutil psycopg2-binary pyarrow pycryptodome pydantic pydantic-settings pyjwt pylint pymongo
    pymysql pyopenssl pytest pytest-asyncio pytest-cov python-dateutil pytorch-lightning pyyaml
    ray redis requests rich ruff s3fs s3transfer safetensors scikit-image scikit-learn scipy
    scrapy seaborn sentence-transformers sentry-sdk setuptools shap shapely
    snowflake-connector-python snowflake-sqlalchemy spacy sphinx sqlalchemy sqlmodel starlette
    statsmodels streamlit sympy tensorboard tensorflow thinc tokenizers torch torchvision tox
    tqdm transformers typer typing-extensions urllib3 uvicorn virtualenv wandb websockets
    werkzeug xarray xgboost zarr
"""
EXTRAS = {
    "celery": ("redis", "sqs"),
    "dask": ("complete", "dataframe"),
    "fastapi": ("all", "standard"),
    "httpx": ("http2",),
    "moto": ("s3",),
    "pandas": ("parquet", "excel"),
    "ray": ("default", "tune"),
    "requests": ("socks",),
    "sqlalchemy": ("asyncio",),
    "transformers": ("torch",),
    "uvicorn": ("standard",),
}
POLICIES = (
    *[()] * 6,
    ("--resolution", "lowest-direct"),
    ("--resolution", "lowest"),
    ("--prerelease", "allow"),
)
LIMIT_SECONDS = 600

# Differences that were followed to their cause, by set and interpreter. Both answers fulfil the
# requirements in each of them.
EXTRA = "uv decides {} apart from its package, and goes back further"
MARKER = "uv decides {} under a marker apart from the package itself, and goes back further"
OLD_PYTHONS = "uv takes what is for python_version in '2.6, 2.7, 3.2' on Python 3"
EXPLAINED = {
    ("2/27", "python3.9"): EXTRA.format("dask[complete]"),
    ("2/83", "python3"): OLD_PYTHONS,
    ("2/83", "python3.9"): OLD_PYTHONS,
    ("3/73", "python3.13"): MARKER.format("typing-extensions"),
}


class Versions:
    """The final releases with wheels that the index has of a project, oldest first."""

    def __init__(self, index: str, cutoff: str) -> None:
        self._index = index
        self._cutoff = cutoff
        self._known: dict[str, list[Version]] = {}

    def of(self, name: str) -> list[Version]:
        if name not in self._known:
            accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
            request = urllib.request.Request(f"{self._index}{name}/", headers=accept)
            with urllib.request.urlopen(request) as response:
                files = json.load(response)["files"]
            found = set()
            for file in files:
                if file["upload-time"] < self._cutoff and not file.get("yanked"):
                    try:
                        found.add(parse_wheel_filename(file["filename"])[1])
                    except InvalidWheelFilename:
                        continue
            self._known[name] = sorted(v for v in found if not v.is_prerelease)
        return self._known[name]


def random_requirement(source: random.Random, name: str, versions: list[Version]) -> str:
    extras = EXTRAS.get(name, ())
    subject = f"{name}[{source.choice(extras)}]" if extras and source.random() < 0.4 else name
    if not versions or source.random() < 0.4:
        return subject
    # Mostly recent ones: old releases are mostly for Pythons of their time.
    place = int(len(versions) * source.betavariate(4, 1.5))
    version = versions[min(place, len(versions) - 1)]
    kind = source.choice(("==", ">=", "<", "<=", "~=", "!=", ">=,<"))
    if kind == "~=" and len(version.release) < 2:
        kind = ">="
    if kind == ">=,<":
        return f"{subject}>={version},<{version.major + 1}"
    return f"{subject}{kind}{version}"


def random_set(
    seed: int, number: int, versions: Versions, cutoff: str, pythons: list[Path]
) -> tuple[RequirementSet, Path]:
    source = random.Random(f"{seed}/{number}")
    names = source.sample(NAMES.split(), source.randint(3, 8))
    requirements = [random_requirement(source, name, versions.of(name)) for name in names]
    policy = source.choice(POLICIES)
    wanted = RequirementSet(f"{seed}/{number}", tuple(requirements), cutoff, options=policy)
    return wanted, source.choice(pythons)


def differences(ours: Answer, theirs: Answer) -> list[str]:
    if ours.status != theirs.status:
        lines = [f"flowstone exits {ours.status}, uv {theirs.status}"]
        for answer in (ours, theirs):
            if answer.status:
                lines += answer.errors.strip().splitlines()[:30]
        return lines
    mine, other = ours.versions(), theirs.versions()
    return [
        f"{name}: flowstone {mine.get(name)}, uv {other.get(name)}"
        for name in sorted(mine.keys() | other.keys())
        if mine.get(name) != other.get(name)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the number of the first set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cut-off", default="2026-11-01T00:00:00Z")
    parser.add_argument("--python", type=Path, action="append", help="an interpreter; may repeat")
    parser.add_argument("--engine", type=Path, default=ENGINE)
    parser.add_argument("--uv", type=Path, default=UV)
    parser.add_argument("--index", help="instead of the one that pip is configured with")
    parser.add_argument("--cache", type=Path, help="kept for another run; else a temporary one")
    given = parser.parse_args()
    index = (given.index or configured_index()).rstrip("/") + "/"
    versions = Versions(index, given.cut_off)
    tools = (Flowstone(given.engine.absolute()), Uv(given.uv.absolute()))
    scratch = Path(tempfile.mkdtemp())
    cache = (given.cache or scratch / "caches").absolute()
    solved = unsolvable = explained = different = 0
    try:
        for number in range(given.first, given.first + given.sets):
            wanted, python = random_set(
                given.seed, number, versions, given.cut_off, given.python or [PYTHON]
            )
            answers = []
            for tool in tools:
                job = Job(wanted, index, scratch / tool.name, python)
                answers.append(ask(tool, job, LIMIT_SECONDS, cache))
            ours, theirs = answers
            lines = differences(ours, theirs)
            solved += ours.status == 0 and not lines
            unsolvable += ours.status != 0 and not lines
            reason = EXPLAINED.get((wanted.name, python.name)) if lines else None
            explained += reason is not None
            different += bool(lines) and reason is None
            counts = "conflict" if ours.status else f"{len(ours.versions())} packages"
            print(
                f"{number:>4} {ours.seconds:6.1f} s {theirs.seconds:6.1f} s  {counts:<14}"
                f"{len(lines) or 'same':<5} {' '.join(wanted.options)} {python.name} "
                f"{' '.join(wanted.requirements)}"
            )
            for line in [reason] if reason else lines:
                print(f"       {line}")
            sys.stdout.flush()
    finally:
        shutil.rmtree(scratch)
    print(
        f"{solved} same answers, {unsolvable} conflicts for both, "
        f"{explained} differences that are explained, {different} others"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
