#!/usr/bin/env python3
"""Prints the URL of the package index that the installed pip uses by default.

Flowstone's sources name no public registry: the default index is pip's own constant, read when the
engine is configured. pip is taken from this interpreter, or else from the wheel that ensurepip
carries.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def pip_wheels() -> list[str]:
    """Wheels of pip that come with the interpreter or the distribution, newest last."""
    places = [Path("/usr/share/python-wheels")]
    try:
        ensurepip = importlib.import_module("ensurepip")
        places.append(Path(str(ensurepip.__file__)).parent / "_bundled")
    except ImportError:
        pass
    return [str(wheel) for place in places for wheel in sorted(place.glob("pip-*.whl"))]


def main() -> int:
    for extra in ["", *reversed(pip_wheels())]:
        if extra:
            sys.path.insert(0, extra)
        try:
            index = importlib.import_module("pip._internal.models.index")
        except ImportError:
            continue
        print(index.PyPI.simple_url)
        return 0
    print("default_index: no pip found: install python3-pip or python3-venv", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
