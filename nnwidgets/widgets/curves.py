"""The live chart, drawn by bqplot. Nothing else imports bqplot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import bqplot
from bqplot.interacts import BrushSelector, PanZoom

from nnwidgets import _domain
from nnwidgets._branches import last_branch
from nnwidgets._marked import words_of_change
from nnwidgets._metrics import pair_of
from nnwidgets._view import View, curve
from nnwidgets.widgets._axes import Axes, figure
from nnwidgets.widgets._change_marks import Changes
from nnwidgets.widgets._flag_marks import Onset
from nnwidgets.widgets._marks import Best, EpochLines, Gaps, Ghost, Training, Validation
from nnwidgets.widgets._untouched import Untouched

if TYPE_CHECKING:
    from nnwidgets.history import Series
    from nnwidgets.run import Run

Mode = Literal["none", "zoom", "pan"]

#: Rows of a training and of a validation curve at most, such that a frame stays below 16 KB.
TRAIN_ROWS, VALIDATION_ROWS = 400, 240

__all__ = ["Chart", "Mode", "live_figure"]


class Chart:
    """One metric of a run: training and validation, drawn live. Used on the worker thread after it is made.

    Parameters
    ----------
    run
        What to draw.
    metric
        Without its split: ``"loss"``, ``"accuracy"``, ``"lr"``.
    view
        How to look at it.
    on_zoom
        Called when the person zoomed or panned with the mouse, on whatever thread that arrives.
    worded
        Whether lines where the training was changed have words beside them; a small chart has no room for them.
    """

    def __init__(
        self,
        run: Run,
        metric: str,
        view: View,
        on_zoom: Callable[[Chart], None] | None = None,
        *,
        worded: bool = True,
    ) -> None:
        self._run = run
        self.metric = metric
        self.view = view
        self._axes = Axes(log=view.log)
        self._unit = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self._training = Training(self._axes.scales)
        self._validation = Validation(self._axes.scales)
        self._best = Best(self._axes.scales)
        self._epochs = EpochLines({"x": self._axes.x, "y": self._unit})
        self._changes = Changes({"x": self._axes.x, "y": self._unit}, worded=worded)
        self._onset = Onset(self._axes.scales, {"x": self._axes.x, "y": self._unit})
        self._untouched = Untouched(self._axes.scales)
        self._gaps = Gaps({"x": self._axes.x, "y": self._unit})
        self._ghosts: dict[str, Ghost] = {}
        self._drawn: dict[str, Any] = {}
        self._on_zoom = on_zoom
        self._mode: Mode = "none"
        #: How far x reaches when nobody zooms.
        self.whole = 0.0, 1.0
        #: The chart whose horizontal axis this one shares.
        self.lead: Chart | None = None
        self.figure = figure(self._marks(), self._axes, left=48)
        self._axes.on_moved(self._moved)

    def update(self) -> None:
        """Draw what is new."""
        history, view = self._run.history, self.view
        train, val = self.series()
        train_curve = self._draw(self._training, train, TRAIN_ROWS)
        val_curve = self._draw(self._validation, val, VALIDATION_ROWS)
        self._untouched.draw(history, train, val, view, last_branch(self._run))
        self._frame([c for c in (train_curve, val_curve, *(g.curves for g in self._ghosts.values())) if c])
        reference = train or val
        if reference is not None:
            span = self._axes.steps_in_view(history, reference, view)
            self._epochs.draw(history, reference, view, span)
            changes = [
                (outcome.step, words_of_change(outcome))
                for outcome in self._run.interventions
                if outcome.changes
            ]
            self._changes.draw(history, reference, view, changes, self._axes.x_range)
            self._gaps.draw(history, [s for s in (train, val) if s is not None], view)
        flags = self._run._keeper.flags
        watched = val is not None and val.name == flags.series
        crowded = any(outcome.changes for outcome in self._run.interventions)
        self._onset.draw(
            history, val, view, flags.shown if watched else None, self._axes.x_range, crowded=crowded
        )
        self._best.draw(history, val, view, self._axes.x_range, self._axes.y_range, metric=self.metric)

    def look(self, view: View) -> None:
        """Look at the curves in another way."""
        before, self.view = self.view, view
        self._drawn.clear()
        for ghost in self._ghosts.values():
            self._draw_ghost(ghost)
        if view.log and not before.log:
            self.update()  # what has no logarithm leaves the picture before the scale changes
        if view.log != before.log:
            self._rescale()
        self.update()

    def _rescale(self) -> None:
        self._axes.change_scale(log=self.view.log)
        own = (self._training, self._validation, self._best, self._onset, self._untouched)
        for mark in (*own, *self._ghosts.values()):
            mark.rescale(self._axes.scales)
        self.interact(self._mode)

    def show_metric(self, metric: str) -> None:
        """Draw another metric."""
        self.metric = metric
        self.look(self.view)

    def interact(self, mode: Mode) -> None:
        """Let the mouse zoom into a region it drags, or move and wheel the picture, or do nothing."""
        self._mode = mode
        if mode == "pan":
            self.figure.interaction = PanZoom(scales={"x": [self._axes.x], "y": [self._axes.y]})
        elif mode == "zoom":
            brush = BrushSelector(
                x_scale=self._axes.x, y_scale=self._axes.y, color="var(--nnw-accent,#1976d2)"
            )
            brush.observe(self._brushed, "brushing")
            self.figure.interaction = brush
        else:
            self.figure.interaction = None

    def overlay(self, key: str, run: Run, place: int) -> None:
        """Draw an earlier run as a faint curve."""
        ghost = Ghost(self._axes.scales, run, place)
        self._ghosts[key] = ghost
        self.figure.marks = self._marks()
        self._draw_ghost(ghost)
        self._drawn.clear()
        self.update()

    def remove_overlay(self, key: str) -> None:
        """Take an earlier run away."""
        ghost = self._ghosts.pop(key, None)
        if ghost is not None:
            self.figure.marks = self._marks()
            ghost.close()
            self._drawn.clear()
            self.update()

    def touched(self) -> list[Any]:
        """Return the widgets that a mouse in the page writes to."""
        brush = self.figure.interaction
        return [self._axes.x, *self._axes.ys, self.figure, *([brush] if brush is not None else [])]

    def series(self) -> tuple[Series | None, Series | None]:
        """Return the training and the validation series of this metric."""
        return pair_of(self._run.history, self.metric)

    def _marks(self) -> list[Any]:
        ghosts = [mark for ghost in self._ghosts.values() for mark in ghost.marks]
        return [
            *self._onset.marks[:1], *self._epochs.marks, *self._changes.marks, *self._untouched.marks, *ghosts,
            *self._training.marks, *self._validation.marks, *self._best.marks, *self._onset.marks[1:],
            *self._gaps.marks,
        ]  # fmt: skip

    def _draw(self, mark: Training | Validation, series: Series | None, rows: int) -> Any:
        """Draw a series if it changed; return what is drawn of it."""
        key = type(mark).__name__
        history = self._run.history
        version = None if series is None else (series.name, series.count, history.epochs.version, self.view)
        known, drawn = self._drawn.get(key, (None, None))
        if version is None or version == known:
            if version is None and drawn is not None:
                mark.clear()
                self._drawn.pop(key)
                return None
            return drawn
        assert series is not None
        drawn = curve(history, series, self.view, rows)
        mark.draw(drawn)
        self._drawn[key] = (version, drawn)
        return drawn

    def _draw_ghost(self, ghost: Ghost) -> None:
        train, val = pair_of(ghost.run.history, self.metric)
        ghost.draw(
            None if train is None else curve(ghost.run.history, train, self.view, TRAIN_ROWS),
            None if val is None else curve(ghost.run.history, val, self.view, VALIDATION_ROWS),
        )

    def _frame(self, drawn: list[Any]) -> None:
        curves = [c for group in drawn for c in (group if isinstance(group, list) else [group])]
        reached = max((float(c.x[-1]) for c in curves if len(c.x)), default=0.0)
        reached = max(reached, self._untouched.reach)
        over = self._run.status not in ("running", "paused")
        lead = self.lead._axes.x_range if self.lead is not None else None
        self.whole = _domain.along(self.view.x, reached, self._run.progress, over=over)
        x = self.view.x_range or lead or self.whole
        shown = [part for c in curves for part in _inside(c, self.view)]
        shown += [] if self.view.x_range is not None else self._untouched.values
        y = self.view.y_range or _domain.across(shown, log=self.view.log)
        self._axes.reach(x, y, self.view.x)

    def _moved(self) -> None:
        if self._on_zoom is not None:
            self._on_zoom(self)

    def ranges(self) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
        """Return the ranges that the axes show now."""
        return self._axes.x_range, self._axes.y_range

    def _brushed(self, change: Any) -> None:
        brush = change["owner"]
        x, y = brush.selected_x, brush.selected_y
        if change["new"] or x is None or y is None or len(x) < 2 or len(y) < 2:
            return
        self._axes.show((float(min(x)), float(max(x))), (float(min(y)), float(max(y))))
        self._moved()
        self._run.call_soon(lambda: self.interact("zoom"))  # a fresh brush, without the old region


def live_figure(run: Run) -> bqplot.Figure:
    """Return the live chart of a run's losses, for anyone's own layout."""
    chart = Chart(run, "loss", View(x="epoch" if run.history.epochs.known else "step"))
    run.call_soon(chart.update)
    run.observe(lambda _: chart.update())
    return chart.figure


def _inside(c: Any, view: View) -> list[Any]:
    """Return the values that set the y axis: all that is drawn, or what lies in the part zoomed into."""
    if view.x_range is None:
        return [c.low, c.high] if c.merged else [c.mean]
    inside = (c.x >= view.x_range[0]) & (c.x <= view.x_range[1])
    return [c.low[inside], c.high[inside]]
