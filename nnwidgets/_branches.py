"""Where a run went back to a snapshot: what it did from there the first time, what it does now, and its own past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from nnwidgets._best import best_of, better, capital, difference
from nnwidgets._i18n import t, tn
from nnwidgets._metrics import more_is_better, number
from nnwidgets._points import NO_POINTS, Points
from nnwidgets.controls import Intervention

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: What an undone branch, or an undone way back, is called in files of versions that kept no fact of it.
_UNDONE: Final = ("undone: branch from", "undone: back to")
#: What puts the state of a snapshot back.
_BACK: Final = ("branch", "restore")


class Branch(NamedTuple):
    """The last time that a run went back: to step ``origin``, after step ``begin``.

    From ``origin`` to ``end`` lies what it did from there the first time; after ``end`` it had gone back already.
    ``value`` is the validation at the snapshot, and ``changed`` what was changed then.
    """

    origin: int
    end: int
    begin: int
    value: float | None
    changed: str | None


def last_branch(run: Run) -> Branch | None:
    """Return where the run last went back to a snapshot, if it had trained on since that was taken."""
    jumps = list(_jumps(run))
    if not jumps or jumps[-1].control == "undo":
        return None
    last = jumps[-1]
    origin = last.facts["from_step"]
    end = min(jump.step for jump in jumps if jump.step >= origin)
    if end == origin:
        return None
    return Branch(origin, end, last.step, last.facts.get("from_value"), last.facts.get("changed"))


def is_way_back(outcome: Intervention) -> bool:
    """Whether a training went back to a snapshot there, or was asked to, or undid that."""
    if outcome.control != "undo":
        return outcome.control in _BACK
    undone = outcome.facts.get("undone")
    return undone in _BACK if undone is not None else outcome.text.startswith(_UNDONE)


def own_past(run: Run, points: Points) -> Points:
    """Return the points that led to what the run is now, without the stretches that it went back from."""
    # A past is a list of stretches (after this step, up to that one); each jump begins a new one.
    pasts: list[tuple[int, list[tuple[int, float]]]] = [(-1, [(-1, np.inf)])]
    undoable: list[int] = []
    for jump in _jumps(run):
        if jump.control == "undo" and undoable:  # back to where the undone jump had left
            undone = undoable.pop()
            until, at = pasts[undone][0], undone - 1
        elif jump.control == "undo":
            continue
        else:
            undoable.append(len(pasts))
            until = jump.facts["from_step"]
            at = max(i for i, (begin, _) in enumerate(pasts) if begin < until or i == 0)
        kept = [(lo, min(hi, until)) for lo, hi in pasts[at][1] if lo < until]
        pasts.append((jump.step, [*kept, (jump.step, np.inf)]))
    mask = np.zeros(len(points.step), dtype=bool)
    for lo, hi in pasts[-1][1]:
        mask |= (points.step > lo) & (points.step <= hi)
    return points.part(mask)


def verdict(run: Run, branch: Branch) -> str:
    """Say how the best validation since the branch compares with that of the untouched run."""
    metric = "loss" if "val/loss" in run.history else None
    if metric is None:
        names = [name for name in run.history if name.startswith("val/")]
        if not names:
            return t("There is no validation to compare yet.")
        metric = names[0].removeprefix("val/")
    greatest = more_is_better(metric)
    before, after = (best_of(part, greatest=greatest) for part in parts_of(run, f"val/{metric}", branch))
    # What both began with counts for both, or for neither.
    at_best = before if better(before.value, branch.value, greatest=greatest) else before.of(branch.value)
    untouched = t("the untouched run had {value} at its best", value=number(at_best.value))
    name = t("With {change}", change=branch.changed) if branch.changed else t("Since going back")
    if not after.count:
        return t("{name}: no validation yet; {untouched}.", name=name, untouched=untouched)
    times = tn(after.count, "{n} validation", "{n} validations")
    if better(after.value, branch.value, greatest=greatest):
        said = t(
            "{name}: best validation {metric} {value} in {times}; {untouched}.",
            name=name,
            metric=metric,
            value=number(after.value),
            times=times,
            untouched=untouched,
        )
        return f"{said} {capital(difference(at_best, after, greatest=greatest))}"
    said = t(
        "{name}: {value} at best in {times}; {untouched}. "
        "It began with {first}, and has not come to a better one yet.",
        name=name,
        value=number(after.value),
        times=times,
        untouched=untouched,
        first=number(branch.value),
    )
    if at_best is before:
        return f"{said} {capital(difference(before, after, greatest=greatest))}"
    return said


def parts_of(run: Run, series: str, branch: Branch) -> tuple[Points, Points]:
    """Return what the run did after the snapshot the first time, and what it did since it went back."""
    one = run.history.get(series)
    points = NO_POINTS if one is None else one.points()
    untouched = (points.step > branch.origin) & (points.step <= branch.end)
    return points.part(untouched), points.part(points.step > branch.begin)


def _jumps(run: Run) -> Iterator[Intervention]:
    """Return the times that a training went back, or took that back; not what was done after its end."""
    for outcome in run.interventions:
        if not outcome.applied or (run._ended_at is not None and outcome.moment >= run._ended_at):
            continue
        if is_way_back(outcome) and (
            outcome.control == "undo" or isinstance(outcome.facts.get("from_step"), int)
        ):
            yield outcome
