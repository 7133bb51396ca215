"""What a flow can do, in syntax that every supported interpreter reads."""

import threading

from metaflow import FlowSpec, IncludeFile, JSONType, Parameter, catch, current, retry, step


class EveryFlow(FlowSpec):
    """Runs the same under every Python."""

    alpha = Parameter("alpha", default=0.5)
    grid = Parameter("grid", type=JSONType, default='{"a": [1]}')
    text = IncludeFile("text", default=__file__)
    limit = 3

    @step
    def start(self):
        self.items = ["p", "q"]
        self.note = "héllo"
        print(self.note)
        self.next(self.body, foreach="items")

    @retry(times=1)
    @catch(var="error")
    @step
    def body(self):
        self.seen = (self.input, self.index, self.foreach_stack(), current.retry_count)
        if self.index == 1:
            raise ValueError("bad")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [branch.seen for branch in inputs]
        self.failed = [branch.error is not None for branch in inputs]
        self.merge_artifacts(inputs, exclude=["error"])
        self.next(self.split)

    @step
    def split(self):
        self.next(self.left, self.right)

    @step
    def left(self):
        self.x = 1
        self.next(self.meet)

    @step
    def right(self):
        self.x = 2
        self.next(self.meet)

    @step
    def meet(self, inputs):
        self.total = sum(branch.x for branch in inputs) + inputs.left.x
        self.merge_artifacts(inputs, exclude=["x"])
        self.next(self.choose)

    @step
    def choose(self):
        self.kind = "stop"
        self.next({"go": self.other, "stop": self.end}, condition="kind")

    @step
    def other(self):
        self.next(self.end)

    @step
    def end(self):
        threading.Thread(target=print, args=["from a thread"]).start()
        self.final = [self.alpha, self.grid, self.limit, len(self.text) > 0, self.note]


if __name__ == "__main__":
    EveryFlow()
