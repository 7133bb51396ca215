"""A flow with one of everything that a description can say."""

import functools

from flowstone import (
    FlowSpec,
    IncludeFile,
    JSONType,
    Parameter,
    catch,
    environment,
    package_suffixes,
    pypi,
    pypi_base,
    resources,
    retry,
    step,
    timeout,
)

VERSIONS = {"pandas": "2.2.3", "numpy": ""}


def announced(function):
    @functools.wraps(function)
    def wrapper(self):
        function(self)

    return wrapper


@package_suffixes(".sql", ".json")
@pypi_base(python="3.12", packages={"requests": ">=2"})
class DescribedFlow(FlowSpec):
    """What it is for.

    And more.
    """

    alpha = Parameter("alpha", default=0.1, help="learning rate")
    names = Parameter("the-names", separator=",", required=True)
    grid = Parameter("grid", type=JSONType, default={"n": [1, 2]})
    when = Parameter("when", default=lambda context: "now", type=str)
    count = Parameter("count", type=int)
    verbose = Parameter("verbose", default=False)
    notes = IncludeFile("notes", default="notes.txt", is_text=False, encoding="latin-1")
    limit = 7

    @retry(times=2)
    @pypi(packages=dict(VERSIONS))
    @step
    def start(self):
        """Begins."""
        self.items = [1]
        self.next(self.work, foreach="items")

    @timeout(minutes=5)
    @environment(vars={"N": 1})
    @step
    def work(self):
        self.next(self.join)

    @catch(var="error")
    @resources(memory=2048)
    @step
    def join(self, inputs):
        self.next(self.split)

    @step
    def split(self):
        self.next(self.left, self.right)

    @announced
    @step
    def left(self):
        self.next(self.meet)

    @step
    def right(self):
        if True:
            self.next(self.meet)

    @step
    def meet(self, inputs):
        self.kind = "a"
        self.next(self.choose)

    @step
    def choose(self):
        self.next({"a": self.end, 2: self.choose}, condition="kind")

    @step
    def end(self):
        pass


if __name__ == "__main__":
    DescribedFlow()
