"""Two steps that do nothing."""

from FRAMEWORK import FlowSpec, step


class NoopFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    NoopFlow()
