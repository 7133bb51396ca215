"""What a step can do wrong while it runs; MISTAKE says which."""

import os
import sys

from metaflow import FlowSpec, step

MISTAKE = os.environ.get("MISTAKE", "")


class MistakesFlow(FlowSpec):
    @step
    def start(self):
        self.kept = 1
        self.items = [1, 2]
        self.kind = "yes"
        if MISTAKE == "nothing to iterate":
            self.items = []
        elif MISTAKE == "not iterable":
            self.items = 5
        elif MISTAKE == "missing":
            del self.items
        self.next(self.each, foreach="items")

    @step
    def each(self):
        self.mine = self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        if MISTAKE == "include and exclude":
            self.merge_artifacts(inputs, include=["kept"], exclude=["mine"])
        elif MISTAKE == "unknown artifact":
            self.merge_artifacts(inputs, include=["never"])
        self.merge_artifacts(inputs, exclude=["mine"])
        self.next(self.choose)

    @step
    def choose(self):
        if MISTAKE == "unknown case":
            self.kind = "maybe"
        elif MISTAKE == "attribute":
            print(self.nowhere)
        elif MISTAKE == "exit":
            sys.exit(3)
        elif MISTAKE == "interrupt":
            raise KeyboardInterrupt
        elif MISTAKE == "no next":
            return
        elif MISTAKE == "merge without join":
            self.merge_artifacts([])
        self.next({"yes": self.end, "no": self.other}, condition="kind")

    @step
    def other(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    MistakesFlow()
