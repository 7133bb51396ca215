"""The code beside the flow: it is packaged with every run."""
