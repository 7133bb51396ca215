"""What the flow prints."""

import sys


def describe_environment():
    """One line that proves which libraries this step sees, and from where."""
    import pandas
    import sklearn

    return f"pandas {pandas.__version__}, scikit-learn {sklearn.__version__}, from {sys.prefix}"


def ranking(scores):
    """The scores as a text table, best first."""
    import pandas

    table = pandas.DataFrame(scores, columns=["model", "accuracy", "seconds"])
    table = table.sort_values("accuracy", ascending=False)
    return table.to_string(index=False, float_format=lambda number: f"{number:.4f}")
