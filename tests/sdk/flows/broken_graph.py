"""A flow that cannot start: a step leads nowhere."""

from metaflow import FlowSpec, step


class BrokenGraphFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.nowhere)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    BrokenGraphFlow()
