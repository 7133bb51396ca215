"""Every kind of parameter: given, by default, and as files."""

from metaflow import FlowSpec, IncludeFile, JSONType, Parameter, step


def today(context):
    return f"{context.flow_name}-{context.parameter_name}"


class ParametersFlow(FlowSpec):
    whole = Parameter("whole", default=3)
    real = Parameter("real", type=float, default=1)
    flag = Parameter("flag", default=False)
    other_flag = Parameter("other-flag", type=bool, default=True)
    grid = Parameter("grid", type=JSONType, default='{"a": [1, 2.5, null]}')
    words = Parameter("words", default="x;y", separator=";")
    numbers = Parameter("numbers", default="1,2", separator=",", type=str)
    empty = Parameter("empty")
    absent = Parameter("absent", type=int)
    made = Parameter("made", default=today)
    needed = Parameter("needed", required=True, help="must be given")
    text = IncludeFile("text", default=__file__)
    raw = IncludeFile("raw", required=False, is_text=False)

    @step
    def start(self):
        self.kinds = [
            type(value).__name__
            for value in (self.whole, self.real, self.flag, self.grid, self.words, self.made)
        ]
        self.size = len(self.text)
        self.bytes = self.raw
        try:
            self.whole = 4
        except Exception as error:
            self.refused = [type(error).__name__, str(error)]
        self.next(self.end)

    @step
    def end(self):
        print(self.whole, self.real, self.flag, self.grid, self.words, self.needed)


if __name__ == "__main__":
    ParametersFlow()
