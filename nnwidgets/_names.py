"""From what people call a metric to the name of its series.

A series is called ``<split>/<metric>``: ``train/loss``, ``val/accuracy``. Only the learning rate stands alone, as
``lr``. People write ``val_loss`` (Keras), ``train_loss``, ``valid_loss`` (fastai) or, inside ``run.validate``, just
``loss``; all of them arrive here.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from nnwidgets._errors import MetricError
from nnwidgets._i18n import t
from nnwidgets.protocol import Split

MAX_LENGTH: Final = 200

_SPLITS: Final[dict[str, Split]] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
_LEARNING_RATE: Final = frozenset({"lr", "learning_rate"})


def series_name(name: str, split: Split) -> str:
    """Return the name of the series that ``name`` belongs to.

    Parameters
    ----------
    name
        The metric as the person wrote it.
    split
        The data in force where they wrote it; a split named in ``name`` itself wins.

    Raises
    ------
    MetricError
        If the name is not text, empty, longer than 200 characters or holds control characters.
    """
    check(name)
    if name in _LEARNING_RATE:
        return "lr"
    for separator in ("/", "_"):
        head, found, rest = name.partition(separator)
        if found and rest and head in _SPLITS:
            return f"{_SPLITS[head]}/{rest}"
    return f"{split}/{name}"


def check(name: str) -> None:
    """Raise `MetricError` for a name that no series may have."""
    if not isinstance(name, str):
        raise MetricError(
            t("A metric is named by text, not by {kind}: {name}.", kind=type(name).__name__, name=repr(name))
        )
    if not name.strip():
        raise MetricError(t("A metric needs a name that is not blank."))
    if len(name) > MAX_LENGTH:
        raise MetricError(
            t(
                "The metric name {name}… has {count} characters; shorten it to at most {most}.",
                name=repr(name[:40]),
                count=f"{len(name):,}",
                most=MAX_LENGTH,
            )
        )
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        raise MetricError(
            t("The metric name {name} holds control characters; leave them out.", name=repr(name))
        )


def split_of(series: str) -> tuple[str, str]:
    """Take a series name apart into split and metric; the split of ``lr`` is empty."""
    head, found, rest = series.partition("/")
    return (head, rest) if found and head in ("train", "val", "test") else ("", series)
