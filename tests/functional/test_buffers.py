"""Artifacts with out-of-band buffers (PEP 574), through real runs."""

from __future__ import annotations

import pytest
from support.project import Project

# 4 MiB: travels as a descriptor, and is mapped by the step that reads it.
FLOW = """
    import pickle
    from metaflow import FlowSpec, step

    class Block:
        def __init__(self, data):
            self.data = data

        def __reduce_ex__(self, protocol):
            return Block, (pickle.PickleBuffer(self.data),)

    class BufferFlow(FlowSpec):
        @step
        def start(self):
            self.small = Block(bytearray(b"small"))
            self.large = Block(bytearray(4 << 20))
            self.next(self.change, self.look)

        @step
        def change(self):
            for block in (self.small, self.large):
                view = memoryview(block.data).cast("B")
                assert not view.readonly
                view[0] = 255
            self.next(self.join)

        @step
        def look(self):
            self.seen = [memoryview(block.data)[0] for block in (self.small, self.large)]
            self.next(self.join)

        @step
        def join(self, inputs):
            blocks = (inputs.change.small, inputs.change.large)
            self.changed = [memoryview(block.data)[0] for block in blocks]
            self.seen = inputs.look.seen
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        BufferFlow()
"""

LOOK = """
    import flow, sys
    sys.modules["__main__"].Block = flow.Block
    from flowstone import Flow
    run = Flow("BufferFlow").latest_successful_run
    data = run["start"].task.data
    blocks = (data.small, data.large)
    print([memoryview(block.data)[0] for block in blocks], run.data.changed, run.data.seen)
    for block in blocks:
        memoryview(block.data).cast("B")[0] = 7
    again = run["start"].task.data
    print([memoryview(block.data)[0] for block in (again.small, again.large)])
"""


@pytest.fixture
def ran(project: Project) -> Project:
    project.write("flow.py", FLOW)
    done = project.flow("run")
    assert done.status == 0, done
    return project


def test_change_in_place_leaves_the_stored_artifact(ran: Project) -> None:
    looked = ran.script(LOOK)
    assert looked.status == 0, looked
    assert looked.output.splitlines() == ["[115, 0] [255, 255] [115, 0]", "[115, 0]"]


def test_store_verifies_after_a_change_in_place(ran: Project) -> None:
    verified = ran.engine("store", "verify")
    assert verified.status == 0, verified
