"""What a chart is made of. Each part is one or two of bqplot's marks, which send only what changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from nnwidgets._i18n import language, t
from nnwidgets._metrics import more_is_better, number
from nnwidgets._view import Curve, View, positions
from nnwidgets.widgets import _palette

if TYPE_CHECKING:
    from nnwidgets.history import History, Series
    from nnwidgets.run import Run

#: Validations up to which each one has a point of its own.
_POINTS = 80
#: Spots on a curve that is told apart by their shape, at most, and the area of one in px².
_SPOTS, _SPOT = 12, 40
#: Lines between epochs, and marks of values that are not finite, at most.
_EPOCH_LINES, _GAP_MARKS = 20, 60

NOTHING: NDArray[np.float32] = np.zeros(0, np.float32)


class Part:
    """Some marks that are drawn together."""

    marks: list[Any]

    def rescale(self, scales: dict[str, Any]) -> None:
        """Draw on other scales."""
        for mark in self.marks:
            mark.scales = scales

    def clear(self) -> None:
        """Draw nothing."""
        for mark in self.marks:
            put(mark, x=NOTHING, y=NOTHING)

    def close(self) -> None:
        """Let the front end forget the marks."""
        for mark in self.marks:
            mark.close()


class Training(Part):
    """The training curve: the raw line faintly, the smooth line on top.

    Where a row stands for several points the raw line lies in a band from the least to the greatest of them. Line and
    band are one mark, because each mark that changes is a message, and messages are what a frame costs.
    """

    def __init__(self, scales: dict[str, Any]) -> None:
        color = [_palette.TRAIN]
        self._raw = bqplot.Lines(
            scales=scales, colors=color * 3, opacities=[0.3], stroke_width=1.0, fill="between", fill_colors=color * 3,
            fill_opacities=[0.0],
        )  # fmt: skip
        self._line = bqplot.Lines(scales=scales, colors=color, stroke_width=2.0)
        self.marks = [self._raw, self._line]
        self._banded = False

    def draw(self, curve: Curve) -> None:
        """Draw a curve."""
        smoothed = len(curve.x) > 2 and not np.array_equal(curve.smooth, curve.mean, equal_nan=True)
        put(self._line, x=curve.x, y=curve.smooth)
        if curve.merged:
            self._band(True)
            put(self._raw, x=curve.x, y=np.stack([curve.low, curve.mean, curve.high]))
        else:
            self._band(False)
            put(self._raw, x=curve.x if smoothed else NOTHING, y=curve.mean if smoothed else NOTHING)

    def _band(self, wanted: bool) -> None:
        if wanted != self._banded:
            self._banded = wanted
            with self._raw.hold_sync():
                self._raw.opacities = [0.0, 0.3, 0.0] if wanted else [0.3]
                self._raw.fill_opacities = [0.13, 0.13, 0.0] if wanted else [0.0]


class Validation(Part):
    """The validation curve: dashed, with a point for each validation while there are few."""

    def __init__(self, scales: dict[str, Any]) -> None:
        self._line = bqplot.Lines(
            scales=scales, colors=[_palette.VALIDATION], line_style="dashed", stroke_width=2.0, marker="circle",
            marker_size=18,
        )  # fmt: skip
        self.marks = [self._line]

    def draw(self, curve: Curve) -> None:
        """Draw a curve."""
        self._line.marker = "circle" if len(curve.x) <= _POINTS else None
        put(self._line, x=curve.x, y=curve.mean)


class Best(Part):
    """The best validation: a diamond and its value."""

    def __init__(self, scales: dict[str, Any]) -> None:
        self._diamond = bqplot.Scatter(
            scales=scales, colors=[_palette.PAPER], stroke=_palette.VALIDATION, stroke_width=2.0, marker="diamond",
            default_size=90, x=NOTHING, y=NOTHING,
        )  # fmt: skip
        self._label = bqplot.Label(
            scales=scales, colors=[_palette.VALIDATION], default_size=12.0, font_weight="bold", x=NOTHING, y=NOTHING,
            text=np.array([], dtype=str),
        )  # fmt: skip
        self.marks = [self._diamond, self._label]
        self._known: object = None

    def draw(
        self,
        history: History,
        series: Series | None,
        view: View,
        x_range: tuple[float, float] | None,
        y_range: tuple[float, float] | None,
        *,
        metric: str,
    ) -> None:
        """Mark the least value, or the greatest of a metric of which more is better."""
        best = None
        if series is not None and series.count > 1:
            best = series.highest if more_is_better(metric) else series.lowest
        if best is not None and view.log and best.value <= 0:
            best = None
        deep = best is not None and y_range is not None and _height(best.value, y_range, log=view.log) < 0.2
        known = (best, view, history.epochs.version, x_range, deep, language())
        if known == self._known:
            return
        self._known = known
        if best is None or series is None:
            self.clear()
            return
        x = positions(history, view, series, np.array([float(best.step)]))
        if view.x == "time":
            x = np.array([best.time], np.float32)
        y = np.array([best.value], np.float32)
        put(self._diamond, x=x, y=y)
        lo, hi = x_range or (0.0, 1.0)
        left = float(x[0]) - lo < 0.4 * (hi - lo)  # on a narrow panel the words are a third of the picture
        with self._label.hold_sync():
            self._label.align = "start" if left else "end"
            self._label.x_offset, self._label.y_offset = (6 if left else -8), (-18 if deep else 20)
            self._label.text = np.array([t("best {value}", value=number(best.value))])
            self._label.x, self._label.y = x, y


def _height(value: float, reach: tuple[float, float], *, log: bool) -> float:
    """Return where a value stands between the ends of an axis, 0 to 1."""
    turn = math.log if log and reach[0] > 0 else float  # the axis may be about to become logarithmic
    lo, hi = turn(reach[0]), turn(reach[1])
    return (turn(value) - lo) / (hi - lo)


class EpochLines(Part):
    """Thin lines where epochs begin."""

    def __init__(self, scales: dict[str, Any]) -> None:
        self._lines = bqplot.Lines(
            scales=scales,
            colors=[_palette.LINES],
            opacities=[0.5],
            stroke_width=1.0,
            x=NOTHING,
            y=NOTHING,
        )
        self.marks = [self._lines]
        self._known: object = None

    def draw(self, history: History, series: Series, view: View, span: tuple[float, float]) -> None:
        """Draw the epochs between two steps, not more than there is room for."""
        starts = history.epochs.starts(*span, _EPOCH_LINES)
        key = (starts, view.x)
        if key == self._known:
            return
        self._known = key
        at = positions(history, view, series, np.array([float(step) for step, _ in starts]))
        x = np.repeat(at, 3)
        # Each line begins with the gap that ends the one before: bqplot places a label at the last point.
        y = np.tile(np.array([np.nan, 0.0, 1.0], np.float32), len(at))
        put(self._lines, x=x, y=y)


class Gaps(Part):
    """Small marks on the axis where values were not finite."""

    def __init__(self, scales: dict[str, Any]) -> None:
        self._marks = bqplot.Scatter(
            scales=scales, colors=[_palette.FLAG], marker="cross", default_size=18, x=NOTHING, y=NOTHING
        )
        self.marks = [self._marks]
        self._known: object = None

    def draw(self, history: History, series: list[Series], view: View) -> None:
        """Mark the gaps of some series."""
        key = ([one.nonfinite for one in series], view, history.epochs.version)
        if key == self._known:
            return
        self._known = key
        at = [positions(history, view, one, one.gaps(_GAP_MARKS)) for one in series if one.nonfinite]
        x = np.concatenate(at) if at else NOTHING
        put(self._marks, x=x, y=np.full(len(x), 0.02, np.float32))


class Ghost(Part):
    """An earlier run, faintly: its training line dotted, its validation dashed, with spots of a shape of its own."""

    def __init__(self, scales: dict[str, Any], run: Run, place: int) -> None:
        self.run = run
        self.curves: list[Curve] = []
        color = [_palette.GHOSTS[place % len(_palette.GHOSTS)]]
        self._train = bqplot.Lines(scales=scales, colors=color, stroke_width=1.4, line_style="dotted")
        self._val = bqplot.Lines(scales=scales, colors=color, stroke_width=1.6, line_style="dashed")
        self._spots = spots(scales, place)
        self.marks = [self._train, self._val, self._spots]

    def draw(self, train: Curve | None, val: Curve | None) -> None:
        """Draw its curves."""
        for mark, curve in ((self._train, train), (self._val, val)):
            if curve is None:
                put(mark, x=NOTHING, y=NOTHING)
            else:
                put(mark, x=curve.x, y=curve.smooth if mark is self._train else curve.mean)
        self.curves = [curve for curve in (train, val) if curve is not None]
        put_spots(self._spots, [(self._train.x, self._train.y), (self._val.x, self._val.y)])


def spots(scales: dict[str, Any], place: int) -> Any:
    """Return a mark for some points of a curve in the colour and shape of a place, 0 to 3."""
    i = place % len(_palette.GHOSTS)
    return bqplot.Scatter(
        scales=scales, colors=[_palette.GHOSTS[i]], stroke=_palette.PAPER, stroke_width=1.0, x=NOTHING, y=NOTHING,
        marker=_palette.SHAPES[i], default_size=_SPOT,
    )  # fmt: skip


def put_spots(mark: Any, curves: list[tuple[NDArray[Any], NDArray[Any]]]) -> None:
    """Put spots on some curves, so few that each can be seen, and where they were when a curve has grown a little."""
    chosen = [_spotted(x, y) for x, y in curves]
    put(mark, x=np.concatenate([x for x, _ in chosen]), y=np.concatenate([y for _, y in chosen]))


def _spotted(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    seen = np.isfinite(x) & np.isfinite(y)
    x, y = x[seen], y[seen]
    every = 1
    while len(x) > every * _SPOTS:
        every *= 2
    some = slice(every // 2, None, every)
    return x[some], y[some]


def put(mark: Any, **arrays: NDArray[Any]) -> None:
    """Set the arrays of a mark that changed, in one message."""
    changed = {name: new for name, new in arrays.items() if not _same(getattr(mark, name), new)}
    if changed:
        with mark.hold_sync():
            for name, new in changed.items():
                setattr(mark, name, new)


def _same(old: Any, new: NDArray[Any]) -> bool:
    return old is not None and old.shape == new.shape and np.array_equal(old, new, equal_nan=True)
