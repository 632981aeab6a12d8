"""One of two runs that are compared, and what a table says of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from nnwidgets._best import Best, best_of
from nnwidgets._branches import last_branch, own_past, parts_of
from nnwidgets._i18n import t, tn
from nnwidgets._metrics import more_is_better, number
from nnwidgets._points import NO_POINTS, Points
from nnwidgets.controls import Intervention
from nnwidgets.divergence import Raised
from nnwidgets.history import History
from nnwidgets.protocol import OPEN_STATUSES

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Letters of a name that are shown; names that begin alike are told apart by more than the name.
_WIDEST: Final = 48
_ALIKE: Final = 24


@dataclass(frozen=True)
class Side:
    """One of two runs that are compared.

    Attributes
    ----------
    name, mark
        The run's name, and what tells it from another of that name: when it began, its id, or nothing.
    best
        The best validation of what led to the run as it is now, and how noisy the validations are.
    epoch
        The epoch coordinate of the best, or None where epochs are not known or there is no best.
    last
        The last validation, or None.
    lost
        How many validations were not finite.
    branch
        The best validation since the run last went back to a snapshot, or None where it never did.
    flag
        What became of its flag, in a few words.
    over
        Whether the run has ended.
    interventions
        What was changed, with its outcome.
    curves
        Training and validation points of the metric.
    """

    name: str
    mark: str
    best: Best
    epoch: float | None
    last: float | None
    lost: int
    branch: Best | None
    flag: str
    over: bool
    interventions: list[Intervention]
    curves: dict[str, Points]

    @property
    def label(self) -> str:
        """The name with what tells it from another."""
        return f"{_clip(self.name)} ({self.mark})" if self.mark else _clip(self.name)


def told_apart(run_a: Run, run_b: Run) -> tuple[str, str]:
    """Return what tells two runs apart where their names begin alike."""
    if run_a.id == run_b.id or run_a.name[:_ALIKE] != run_b.name[:_ALIKE]:
        return "", ""
    begun = [run.started.astimezone() for run in (run_a, run_b)]
    for form in ("%H:%M", "%H:%M:%S"):
        one, other = (moment.strftime(form) for moment in begun)
        if one != other and begun[0].date() == begun[1].date():
            return one, other
    if begun[0].date() != begun[1].date():
        return f"{begun[0]:%Y-%m-%d}", f"{begun[1]:%Y-%m-%d}"
    return tuple(run.id.rpartition("-")[2] for run in (run_a, run_b))  # type: ignore[return-value]  # of two


def side_of(run: Run, mark: str, metric: str) -> Side:
    history = run.history
    series = {split: history.get(f"{split}/{metric}") for split in ("train", "val")}
    curves = {split: NO_POINTS if one is None else one.points() for split, one in series.items()}
    past, greatest = own_past(run, curves["val"]), more_is_better(metric)
    best, branch = best_of(past, greatest=greatest), last_branch(run)
    since = None if branch is None else parts_of(run, f"val/{metric}", branch)[1]
    return Side(
        run.name,
        mark,
        best,
        float(history.epochs.at(best.step)) if history.epochs.known and best.count else None,
        float(past.value[-1]) if len(past.value) else None,
        int((~np.isfinite(past.value)).sum()),
        None if since is None else best_of(since, greatest=greatest),
        _flag(run),
        run.status not in OPEN_STATUSES,
        [outcome for outcome in run.interventions if outcome.changes],
        curves,
    )


def _flag(run: Run) -> str:
    entries = run._keeper.flags.entries
    if not entries:
        return t("none")
    last = entries[-1]
    where = _where(run.history, last.step)
    if not isinstance(last, Raised):
        return t("taken back at {where}", where=where)
    if last.kind == "instability":
        return t("raised at {where}, instability", where=where)
    return t("raised at {where}", where=where)


def _where(history: History, step: float) -> str:
    known = history.epochs.known
    return (
        t("epoch {epoch}", epoch=f"{float(history.epochs.at(step)):,.4g}")
        if known
        else t("step {step}", step=f"{step:,.0f}")
    )


def none_of(side: Side, metric: str) -> str:
    if side.lost:
        return tn(
            side.lost,
            "{name} has no finite validation {metric}: its only one is NaN or infinite.",
            "{name} has no finite validation {metric}: all {n} are NaN or infinite.",
            name=repr(side.label),
            metric=metric,
        )
    if side.over:
        return t("{name} has no validation.", name=repr(side.label))
    return t("{name} has no validation yet.", name=repr(side.label))


def at(side: Side) -> str:
    if not side.best.count:
        return "–"
    return (
        t("step {step}", step=f"{side.best.step:,}")
        if side.epoch is None
        else t("epoch {epoch}", epoch=f"{side.epoch:,.4g}")
    )


def value(best: Best | None) -> str:
    return number(best.value) if best is not None and best.count else "–"


def count(side: Side) -> str:
    total = f"{side.best.count + side.lost:,}"
    if not side.lost:
        return total
    return (
        t("{total}, {lost} not finite", total=total, lost=f"{side.lost:,}")
        if side.best.count
        else t("{total}, none finite", total=total)
    )


def noise(side: Side) -> str:
    return "–" if math.isnan(side.best.noise) else f"±{number(side.best.noise)}"


def change(side: Side, i: int) -> str:
    changes = side.interventions
    if not changes:
        return t("none") if i == 0 else ""
    return (
        t("step {step}: {change}", step=f"{changes[i].step:,}", change=changes[i].text)
        if i < len(changes)
        else ""
    )


def _clip(name: str) -> str:
    """Keep a name on one line of a terminal, and what it holds from steering that terminal."""
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return name if len(name) <= _WIDEST else name[: _WIDEST - 1] + "…"
