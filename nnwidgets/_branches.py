"""The last time that a run went back to a snapshot: what it did before from there on, and what it does now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from nnwidgets._metrics import more_is_better, number
from nnwidgets._points import NO_POINTS, Points
from nnwidgets.comparison import best_of, capital, difference

if TYPE_CHECKING:
    from nnwidgets.run import Run


#: What an undone branch, or an undone way back, is called.
_UNDONE: Final = ("undone: branch from", "undone: back to")


class Branch(NamedTuple):
    """A stretch of a run that was left, from step ``origin`` to ``begin``, and what was changed then."""

    origin: int
    begin: int
    changed: str | None


def last_branch(run: Run) -> Branch | None:
    """Return where the run last went back to a snapshot, if it trained on since that was taken."""
    for outcome in reversed(run.interventions):
        if outcome.applied and outcome.control == "undo" and outcome.text.startswith(_UNDONE):
            return None
        if outcome.applied and outcome.control in ("branch", "restore"):
            origin = outcome.facts.get("from_step")
            if not isinstance(origin, int) or origin >= outcome.step:
                return None
            return Branch(origin, outcome.step, outcome.facts.get("changed"))
    return None


def verdict(run: Run, branch: Branch) -> str:
    """Say how the best validation since the branch compares with that of the untouched run."""
    metric = "loss" if "val/loss" in run.history else None
    if metric is None:
        names = [name for name in run.history if name.startswith("val/")]
        if not names:
            return "There is no validation to compare yet."
        metric = names[0].removeprefix("val/")
    untouched, since = parts_of(run, f"val/{metric}", branch)
    greatest = more_is_better(metric)
    before, after = best_of(untouched, greatest=greatest), best_of(since, greatest=greatest)
    name = f"With {branch.changed}" if branch.changed else "Since going back"
    if not after.count:
        return f"{name}: no validation yet. The untouched run had {number(before.value)} at its best."
    times = f"{after.count} validation{'' if after.count == 1 else 's'}"
    return (
        f"{name}: best validation {metric} {number(after.value)} in {times}; the untouched run had "
        f"{number(before.value)} at its best. {capital(difference(before, after, greatest=greatest))}"
    )


def parts_of(run: Run, series: str, branch: Branch) -> tuple[Points, Points]:
    """Return the points of the stretch that was left, and those since."""
    one = run.history.get(series)
    points = NO_POINTS if one is None else one.points()
    untouched = (points.step >= branch.origin) & (points.step <= branch.begin)
    return points.part(untouched), points.part(points.step > branch.begin)
