"""The curves of a lesson: windows on the history that keep every spike, as columns of numbers."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from nnwidgets._metrics import more_is_better
from nnwidgets._names import split_of
from nnwidgets.export._lesson_types import Column, LessonSeries

if TYPE_CHECKING:
    from nnwidgets.history import History, Series

#: Rows of a series at most and, where there are very many series, at least.
MOST_ROWS: Final = 2000
FEWEST_ROWS: Final = 40
#: Rows of all series of a lesson together, such that its curves stay below a megabyte.
ROOM: Final = 24_000
#: Steps of values that are not finite, of each series at most.
_GAPS: Final = 200
#: Boundaries of epochs at most.
_EPOCHS: Final = 2000
#: Whole and half numbers up to this are exact in single precision.
_EXACT: Final = 2**23


def rows_for(series: int) -> int:
    """Return how many rows each of so many series may have."""
    return max(FEWEST_ROWS, min(MOST_ROWS, ROOM // max(1, series)))


def series_of(history: History, rows: int) -> list[LessonSeries]:
    """Return all series of a history, in at most so many rows each."""
    return [_series(name, one, rows) for name, one in history.items()]


def _series(name: str, series: Series, rows: int) -> LessonSeries:
    window = series.window(rows)
    split, metric = split_of(name)
    merged = not window.exact
    return {
        "name": name,
        "metric": metric,
        "split": split or "",
        "points": series.count,
        "gaps": series.nonfinite,
        "exact": window.exact,
        "more_is_better": more_is_better(metric),
        "step": steps(window.step),
        "time": numbers(window.time),
        "mean": numbers(window.mean),
        "low": numbers(window.low) if merged else None,
        "high": numbers(window.high) if merged else None,
        "gap_steps": [int(step) for step in series.gaps(_GAPS)],
    }


def epochs_of(history: History) -> list[tuple[int, float]]:
    """Return where epochs begin, evenly thinned where there are very many."""
    known = history.epochs.boundaries
    return [known[i] for i in spread(len(known), _EPOCHS)]


def spread(count: int, most: int) -> list[int]:
    """Return at most so many of the numbers 0 to ``count`` - 1, evenly, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [int(i) for i in np.unique(np.linspace(0, count - 1, most).round().astype(int))]


def steps(values: NDArray[np.float64]) -> Column:
    """Return steps; those of merged rows may lie between two."""
    largest = float(np.abs(values).max()) if len(values) else 0.0
    if largest < 2**31 and bool((values == np.floor(values)).all()):
        return column(values.astype(np.int32), "i4")
    return numbers(values) if largest < _EXACT else column(values, "f8")


def numbers(values: NDArray[np.float64]) -> Column:
    """Return numbers in single precision, unless some of them would become infinite, or zero, by that."""
    with np.errstate(over="ignore", under="ignore"):
        short = values.astype(np.float32)
    same = (np.isfinite(short) == np.isfinite(values)) & ((short == 0) == (values == 0))
    return column(short, "f4") if bool(same.all()) else column(values, "f8")


def column(values: NDArray[Any] | Sequence[float], kind: Literal["f4", "f8", "i4"]) -> Column:
    """Return numbers as they stand in a lesson."""
    return {"type": kind, "data": base64.b64encode(np.asarray(values, f"<{kind}").tobytes()).decode()}
