"""Artifacts at their limits: very large ones, and ones that cannot be kept."""

from __future__ import annotations

import os

import pytest
from support.project import Project

GIB = 1 << 30
MEMORY_NEEDED = 6 * GIB

LARGE_FLOW = """
    import hashlib
    from flowstone import FlowSpec, step

    class LargeFlow(FlowSpec):
        @step
        def start(self):
            self.large = b"0123456789abcdef" * (1 << 26)
            self.digest = hashlib.sha1(self.large).hexdigest()
            self.next(self.end)

        @step
        def end(self):
            print("size", len(self.large))
            print("equal", hashlib.sha1(self.large).hexdigest() == self.digest)

    if __name__ == "__main__":
        LargeFlow()
"""


def memory_available() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(memory_available() < MEMORY_NEEDED, reason="less than 6 GiB of memory are free")
def test_one_gibibyte(project: Project) -> None:
    project.write("flow.py", LARGE_FLOW)
    done = project.flow("run")
    assert done.status == 0, done
    assert f"size {GIB}" in done.output, done
    assert "equal True" in done.output, done


def test_an_artifact_that_cannot_be_pickled_is_named(project: Project) -> None:
    project.write(
        "flow.py",
        """
        import threading
        from flowstone import FlowSpec, step

        class LockFlow(FlowSpec):
            @step
            def start(self):
                self.fine = 1
                self.my_lock = threading.Lock()
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            LockFlow()
        """,
    )
    done = project.flow("run")
    assert done.status == 1, done
    said = done.output + done.errors
    assert "my_lock" in said, done
    assert "lock" in said and "pickle" in said, done
    assert "fine" not in said, done
