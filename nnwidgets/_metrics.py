"""What the names of metrics tell, and how their values are written."""

from __future__ import annotations

import math

from nnwidgets._names import split_of
from nnwidgets.history import History, Series

_GROWING = ("acc", "auc", "f1", "precision", "recall", "iou", "dice", "r2", "bleu", "score")


def pair_of(history: History, metric: str) -> tuple[Series | None, Series | None]:
    """Return the training and the validation series of a metric; a learning rate has only the first."""
    if metric == "lr":
        return history.get("lr"), None
    return history.get(f"train/{metric}"), history.get(f"val/{metric}")


def metrics_of(history: History) -> list[str]:
    """Return the metrics of a history without their splits, the loss first, the learning rate last."""
    names = dict.fromkeys(split_of(name)[1] for name in history)
    return sorted(names, key=lambda name: (name != "loss", name == "lr"))


def main_metric(history: History) -> str:
    """Return the metric that a run is about: the loss, or the first one where there is none."""
    return next((metric for metric in metrics_of(history) if metric != "lr"), "loss")


def more_is_better(metric: str) -> bool:
    """Whether a greater value is the better one, as far as its name tells."""
    low = metric.lower()
    return any(word in low for word in _GROWING)


def number(value: float | None) -> str:
    """Write a value for people: four digits, a proper minus, words for what is not finite."""
    if value is None:
        return "\N{EN DASH}"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "\N{MINUS SIGN}∞"
    if value != 0 and not 1e-3 <= abs(value) < 1e6:
        mantissa, _, power = f"{value:.2e}".partition("e")
        text = f"{mantissa}e{int(power)}"
    elif abs(value) >= 1e4:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.4g}" if abs(value) >= 10 else f"{value:.3f}"
    return text.replace("-", "\N{MINUS SIGN}")
