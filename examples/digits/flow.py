"""Which classifier reads handwritten digits best?

Fits the models of `grid.json` in parallel, compares their accuracy, and prints the result with two
versions of pandas: the summary step has an environment of its own, with the previous major version.

    python flow.py --environment=pypi run --test_share 0.25
"""

from flowstone import FlowSpec, Parameter, current, package_suffixes, pypi, pypi_base, step


@package_suffixes(".json")
@pypi_base(python="3.11", packages={"scikit-learn": "1.5.2", "pandas": "2.2.3"})
class DigitsFlow(FlowSpec):
    test_share = Parameter("test_share", default=0.25, help="share of the images kept for testing")
    seed = Parameter("seed", default=7, help="seed of the split and of the models")

    @step
    def start(self):
        from digits.models import load_grid

        self.grid = load_grid()
        print(f"{len(self.grid)} models to try on {self.test_share:.0%} held-out images")
        self.next(self.fit, foreach="grid")

    @step
    def fit(self):
        from digits.models import accuracy

        self.model = self.input["name"]
        self.accuracy, self.seconds = accuracy(self.input, self.test_share, self.seed)
        print(f"{self.model}: {self.accuracy:.4f}")
        self.next(self.select)

    @step
    def select(self, inputs):
        from digits.report import describe_environment, ranking

        self.scores = [(task.model, task.accuracy, task.seconds) for task in inputs]
        self.best = max(inputs, key=lambda task: task.accuracy).model
        print(describe_environment())
        print(ranking(self.scores))
        self.next(self.summary)

    @pypi(packages={"pandas": "1.5.3", "numpy": "<2"})
    @step
    def summary(self):
        from digits.report import describe_environment, ranking

        print(describe_environment())
        self.table = ranking(self.scores)
        self.next(self.end)

    @step
    def end(self):
        print(self.table)
        print(f"best model of run {current.run_id}: {self.best}")


if __name__ == "__main__":
    DigitsFlow()
