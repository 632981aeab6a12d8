"""Two runs, or two parts of one, beside each other: which is better, and whether that is more than noise."""

from __future__ import annotations

import dataclasses
import html
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnwidgets._metrics import more_is_better, number
from nnwidgets._names import split_of
from nnwidgets._points import NO_POINTS, Floats, Points
from nnwidgets._services import services
from nnwidgets.controls import Intervention
from nnwidgets.history import History

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Differences up to so many standard deviations count as noise.
_SIGMAS: Final = 2.0
#: Validations that a noise is measured on, at least.
_LEAST: Final = 4
#: Differences that a noise is measured from, by their order: the deviation of those of noise of deviation 1, which is
#: the root of the sum of the squares of the binomial coefficients.
_ORDERS: Final[dict[int, float]] = {2: math.sqrt(6.0), 3: math.sqrt(20.0), 4: math.sqrt(70.0)}
#: The median of |z|, and the least noise as a share of the values: they are not known better.
_MEDIAN: Final = 0.67449
_LEAST_NOISE: Final = 1e-3


@dataclass(frozen=True)
class Best:
    """The best of some validations.

    Attributes
    ----------
    value, step
        The value, NaN where there is none, and its step.
    count
        How many validations it is the best of.
    noise
        Their standard deviation from one to the next, without the trend; NaN where there are too few.
    """

    value: float
    step: int
    count: int
    noise: float

    def of(self, value: float | None) -> Best:
        """Return the same with another value."""
        return dataclasses.replace(self, value=math.nan if value is None else value)


def best_of(points: Points, *, greatest: bool = False) -> Best:
    """Return the best of some validations."""
    finite = points.part(np.isfinite(points.value))
    if not len(finite.value):
        return Best(math.nan, 0, 0, math.nan)
    at = int(np.argmax(finite.value) if greatest else np.argmin(finite.value))
    return Best(float(finite.value[at]), int(finite.step[at]), len(finite.value), scatter_of(finite.value))


def scatter_of(values: Floats) -> float:
    """Return the standard deviation of values from one to the next, without their trend; NaN for fewer than four.

    From the medians of their second to fourth differences, of which the least counts: neither the bend of a steep fall
    nor a single jump is noise. Higher ones are taken where there are four or more of them.
    """
    if len(values) < _LEAST:
        return math.nan
    bends = [
        statistics.median(np.abs(np.diff(values, order)).tolist()) / (deviation * _MEDIAN)
        for order, deviation in _ORDERS.items()
        if order == 2 or len(values) - order >= 4
    ]
    return float(max(min(bends), _LEAST_NOISE * abs(float(np.median(values)))))


def better(value: float, than: float | None, *, greatest: bool = False) -> bool:
    """Tell whether a value is better than another, or than none."""
    if than is None or math.isnan(than):
        return not math.isnan(value)
    return value > than if greatest else value < than


def difference(before: Best, after: Best, *, greatest: bool = False) -> str:
    """Say how the best of one compares with the best of another, and whether that is more than noise."""
    gap = after.value - before.value
    noise = math.hypot(before.noise, after.noise)
    if not math.isfinite(gap):
        return "There is no validation to compare yet."
    words = f"{number(abs(gap))} {'higher' if gap > 0 else 'lower'}"
    if before.value > 0 and gap:
        words += f" ({100 * abs(gap) / before.value:.2g} %)"
    better = "better" if (gap > 0) == greatest else "worse"
    if not gap:
        return "The same."
    if math.isnan(noise):
        return f"{words}; too few validations yet to tell it from noise."
    if abs(gap) <= _SIGMAS * noise:
        return f"{words}: within the noise of the validation (±{number(_SIGMAS * noise)}), so no difference."
    return f"{words}, {better} by more than the noise (±{number(_SIGMAS * noise)})."


@dataclass(frozen=True)
class Side:
    """One of two runs that are compared.

    Attributes
    ----------
    name
        The run's name.
    best
        The best validation, and how noisy the validations are.
    epoch
        The epoch coordinate of the best, or None where epochs are not known.
    last
        The last validation, or None.
    interventions
        What was changed, with its outcome.
    curves
        Training and validation points of the metric.
    """

    name: str
    best: Best
    epoch: float | None
    last: float | None
    interventions: list[Intervention]
    curves: dict[str, Points]


class Comparison:
    """Two runs side by side; a notebook shows it as curves and a table.

    Attributes
    ----------
    a, b
        The two sides.
    metric
        What is compared: ``"loss"``, or the first metric that both have validated.
    text
        The difference of the best values in a sentence.
    """

    def __init__(self, run_a: Run, run_b: Run) -> None:
        for run in (run_a, run_b):
            run.flush()
        self._runs = run_a, run_b
        self.metric = _common(run_a.history, run_b.history)
        self.greatest = more_is_better(self.metric)
        self.a, self.b = (_side(run, self.metric) for run in self._runs)
        self.text = (
            f"Best validation {self.metric} of {self.b.name!r}: {number(self.b.best.value)}, of {self.a.name!r}: "
            f"{number(self.a.best.value)}. {capital(difference(self.a.best, self.b.best, greatest=self.greatest))}"
        )

    @property
    def within_noise(self) -> bool | None:
        """Whether the difference is no larger than the noise; None where that cannot be told."""
        noise = math.hypot(self.a.best.noise, self.b.best.noise)
        gap = abs(self.b.best.value - self.a.best.value)
        return None if math.isnan(noise + gap) else bool(gap <= _SIGMAS * noise)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the table: what, of the one, of the other."""
        a, b = self.a, self.b
        rows = [
            ("", a.name, b.name),
            (f"best validation {self.metric}", number(a.best.value), number(b.best.value)),
            ("at", _at(a), _at(b)),
            (f"last validation {self.metric}", number(a.last), number(b.last)),
            ("validations", f"{a.best.count:,}", f"{b.best.count:,}"),
            ("noise", _noise(a), _noise(b)),
        ]
        longest = max(len(a.interventions), len(b.interventions), 1)
        named = ["interventions"] + [""] * (longest - 1)
        return rows + [(name, _change(a, i), _change(b, i)) for i, name in enumerate(named)]

    def __repr__(self) -> str:
        rows = self.rows()
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        ]
        return "\n".join([*(line.rstrip() for line in lines), self.text])

    def _repr_html_(self) -> str:
        head, *rest = self.rows()
        cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
        body = "".join(
            f"<tr><th>{html.escape(what)}</th><td>{html.escape(one)}</td><td>{html.escape(other)}</td></tr>"
            for what, one, other in rest
        )
        return (
            f"{services.pair_svg(*self._runs, self.metric)}<table><tr>{cells}</tr>{body}</table>"
            f"<p>{html.escape(self.text)}</p>"
        )


def compare(run_a: Run, run_b: Run) -> Comparison:
    """Compare two runs, live or loaded: curves, best values and interventions side by side.

    Parameters
    ----------
    run_a, run_b
        The second is compared with the first.

    Returns
    -------
    Comparison
        With ``text`` for the verdict. The noise is the scatter of the validations from one to the next, without the
        trend; a difference of up to twice the noise of both is called none.

    Raises
    ------
    ValueError
        If they have no validation metric in common.
    """
    return Comparison(run_a, run_b)


def _common(one: History, other: History) -> str:
    metrics = [split_of(name)[1] for name in one if split_of(name)[0] == "val"]
    common = [metric for metric in metrics if f"val/{metric}" in other]
    if not common:
        raise ValueError("The two runs have no validation metric in common; log one as val_loss in both.")
    return "loss" if "loss" in common else common[0]


def _side(run: Run, metric: str) -> Side:
    history = run.history
    series = {split: history.get(f"{split}/{metric}") for split in ("train", "val")}
    curves = {split: NO_POINTS if one is None else one.points() for split, one in series.items()}
    best = best_of(curves["val"], greatest=more_is_better(metric))
    last: Floats = curves["val"].value
    return Side(
        run.name,
        best,
        float(history.epochs.at(best.step)) if history.epochs.known else None,
        float(last[-1]) if len(last) else None,
        [outcome for outcome in run.interventions if outcome.changes],
        curves,
    )


def _at(side: Side) -> str:
    return f"step {side.best.step:,}" if side.epoch is None else f"epoch {side.epoch:,.4g}"


def _noise(side: Side) -> str:
    return "–" if math.isnan(side.best.noise) else f"±{number(side.best.noise)}"


def _change(side: Side, i: int) -> str:
    changes: Sequence[Any] = side.interventions
    if not changes:
        return "none" if i == 0 else ""
    return f"step {changes[i].step:,}: {changes[i].text}" if i < len(changes) else ""


def capital(words: str) -> str:
    """Begin a sentence."""
    return words[:1].upper() + words[1:]
