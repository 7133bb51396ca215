"""Fixtures of the functional tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

# Nothing goes on behind a test that does not ask for it.
os.environ["FLOWSTONE_BYTECODE"] = "none"

from support.index_server import Index
from support.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project", tmp_path / "home")


@pytest.fixture
def index() -> Iterator[Index]:
    with Index() as running:
        yield running
