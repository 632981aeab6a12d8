"""The points of a chart as a table, for whoever reads them instead of looking."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from nnwidgets._i18n import t
from nnwidgets._metrics import number, pair_of
from nnwidgets.protocol import WIRE, PointsTable

if TYPE_CHECKING:
    from nnwidgets._layer_series import LayerSeries
    from nnwidgets.history import Series
    from nnwidgets.run import Run

#: Rows of a table at most: who wants more takes the CSV file.
ROWS: Final = 60
#: Rows of the training curve among which the one before a validation is looked for.
_FINE: Final = 2000

Floats = NDArray[np.float64]


def of_metric(run: Run, metric: str) -> str:
    """Return the points of a chart of a run: one row for each validation, or else for each training value.

    Parameters
    ----------
    run
        Any.
    metric
        Without its split. Where there are more than 60 points, the rows are evenly spread and a value may be the mean
        of several; beside a validation stands the last training value before it.
    """
    train, val = pair_of(run.history, metric)
    base = val if val is not None and val.count else train
    if base is None:
        return _table([], [], 0)
    window = base.window(ROWS)
    columns: list[tuple[str, Floats]] = []
    if train is not None and metric == "lr":
        columns.append((t("learning rate"), window.mean))
    elif base is train:
        columns.append((t("training"), window.mean))
    else:
        if train is not None:
            columns.append((t("training"), _before(train, window.step)))
        columns.append((t("validation"), window.mean))
    heads = [t("step")]
    cells = [[f"{step:,.0f}" for step in window.step]]
    if run.history.epochs.known:
        heads.append(t("epoch"))
        cells.append(
            [f"{epoch:,.2f}".rstrip("0").rstrip(".") for epoch in run.history.epochs.at(window.step)]
        )
    heads += [head for head, _ in columns]
    cells += [[number(float(value)) for value in values] for _, values in columns]
    return _table(heads, [list(row) for row in zip(*cells, strict=True)], base.count)


def of_layers(lines: list[LayerSeries]) -> str:
    """Return the points of the chart under the graph: a row for each step at which something was measured."""
    steps = np.unique(np.concatenate([line.steps for line in lines] or [np.zeros(0, np.int64)]))
    some = steps[np.unique(np.linspace(0, len(steps) - 1, min(len(steps), ROWS)).round().astype(int))]
    values = [dict(zip(line.steps.tolist(), line.values.tolist(), strict=True)) for line in lines]
    rows = [[f"{step:,}", *(number(known.get(step)) for known in values)] for step in some.tolist()]
    return _table([t("step"), *(line.name for line in lines)], rows, len(steps))


def _before(series: Series, steps: Floats) -> Floats:
    window = series.window(_FINE)
    if not len(window.step):
        return np.full(len(steps), np.nan)
    at = np.searchsorted(window.step, steps, side="right") - 1
    return np.where(at >= 0, window.mean[np.maximum(at, 0)], np.nan)


def _table(columns: list[str], rows: list[list[str]], count: int) -> str:
    table: PointsTable = {"wire": WIRE, "columns": columns, "rows": rows, "count": count}
    return json.dumps(table, ensure_ascii=False)
