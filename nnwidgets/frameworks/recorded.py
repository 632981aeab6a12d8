"""Histories made elsewhere: what ``model.fit`` returned, or a dict of lists that a course's own loop collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnwidgets._errors import MetricError, reject_unknown
from nnwidgets._i18n import t
from nnwidgets._names import series_name
from nnwidgets._naming import new_id, unique_name
from nnwidgets._points import Points
from nnwidgets._recording import Recording
from nnwidgets._scalars import host_number
from nnwidgets.history import History
from nnwidgets.protocol import Progress
from nnwidgets.run import Run


def from_history(history: Any, *, name: str | None = None, **unknown: object) -> Run:
    """Open a recorded training that was not made by nnwidgets.

    Parameters
    ----------
    history
        Keras's ``History`` object or its ``.history``, or any dict of lists with one number an epoch, such as
        ``{"train_loss": […], "val_loss": […], "train_acc": […]}``. Lists may differ in length.
    name
        What to call it. Default: ``"history"``.

    Returns
    -------
    Run
        Finished, with one step an epoch; it has a panel and exports like any other and takes no new values.

    Raises
    ------
    MetricError
        If ``history`` is not such a dict, is empty, or holds something that is not a number.

    Examples
    --------
    >>> run = from_history({"loss": [0.9, 0.5], "val_loss": [1.0, 0.7]})
    >>> run.history["val/loss"].lowest.value
    0.7
    """
    reject_unknown("nnw.from_history", unknown, ("name",))
    columns = _columns(history)
    epochs = max(len(values) for values in columns.values())
    recorded = History()
    for epoch in range(epochs + 1):
        recorded.epochs.begin(epoch, float(epoch))
    recorded.extend(
        {
            series: Points.of(
                np.arange(1, len(values) + 1), np.arange(1, len(values) + 1, dtype=float), values
            )
            for series, values in columns.items()
        }
    )
    progress = Progress(step=epochs, epoch=epochs, epochs=epochs, elapsed=float(epochs), fraction=1.0)
    return Run._of(Recording(new_id(), unique_name(name, "history"), recorded, progress))


def _not_a_history(kind: str, *, empty: bool) -> str:
    if empty:
        return t(
            "nnw.from_history() takes a dict of lists, one number an epoch, for example "
            "{'train_loss': [0.9, 0.5], 'val_loss': [1.0, 0.7]}, or what model.fit returned; this is an empty {kind}.",
            kind=kind,
        )
    return t(
        "nnw.from_history() takes a dict of lists, one number an epoch, for example "
        "{'train_loss': [0.9, 0.5], 'val_loss': [1.0, 0.7]}, or what model.fit returned; this is a {kind}.",
        kind=kind,
    )


def _columns(history: Any) -> dict[str, list[float]]:
    mapping = getattr(history, "history", history)
    if not isinstance(mapping, Mapping) or not mapping:
        raise MetricError(_not_a_history(type(history).__name__, empty=isinstance(mapping, Mapping)))
    columns: dict[str, list[float]] = {}
    for name, values in mapping.items():
        series = series_name(name, "train")
        if series in columns:
            raise MetricError(
                t(
                    "{name} and another key both mean {series}; keep one of them.",
                    name=repr(name),
                    series=repr(series),
                )
            )
        columns[series] = _numbers(name, values)
    return columns


def _numbers(name: str, values: Any) -> list[float]:
    if isinstance(values, (str, bytes)) or not isinstance(values, (Sequence, np.ndarray)):
        raise MetricError(
            t(
                "{name} is {kind}, not a list with one number an epoch.",
                name=repr(name),
                kind=type(values).__name__,
            )
        )
    numbers = []
    for value in values:
        number = host_number(name, value)
        numbers.append(float(value.item()) if number is None else number)
    return numbers
