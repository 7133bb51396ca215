"""The models that are tried, and how each is scored."""

import json
import time
from pathlib import Path


def load_grid():
    """The models of `grid.json`: a list of {"name", "class", "options"}."""
    path = Path(__file__).resolve().parent.parent / "grid.json"
    return json.loads(path.read_text(encoding="utf-8"))


def accuracy(candidate, test_share, seed):
    """(share of held-out digits that are read right, seconds of fitting)."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    images, labels = load_digits(return_X_y=True)
    split = train_test_split(
        images, labels, test_size=test_share, random_state=seed, stratify=labels
    )
    train_images, test_images, train_labels, test_labels = split
    model = make_pipeline(StandardScaler(), build(candidate, seed))
    began = time.perf_counter()
    model.fit(train_images, train_labels)
    return float(model.score(test_images, test_labels)), time.perf_counter() - began


def build(candidate, seed):
    """The estimator that a line of the grid names."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC

    classes = {
        "forest": RandomForestClassifier,
        "logistic": LogisticRegression,
        "neighbours": KNeighborsClassifier,
        "svc": SVC,
    }
    options = dict(candidate["options"])
    if candidate["class"] != "neighbours":
        options["random_state"] = seed
    return classes[candidate["class"]](**options)
