"""The runs of this process that are not over, and how they end with it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Runs that are open in this process, by the id of their keeper.
open_runs: dict[int, Run] = {}
#: Runs whose epochs were left early, until the end of their cell or script tells why. Not weakly: a callback that the
#: garbage collector runs while ■ is pressed would swallow the KeyboardInterrupt. Bounded, for a script with many runs.
left_early: deque[Run] = deque(maxlen=64)


class Judge:
    """Whether somebody tells at the end of each cell how it ended."""

    there = False


judge = Judge()


def unjudged(run: Run) -> bool:
    """Whether the end of a run is provisional: its loop was left, and the end of its cell will tell why."""
    return judge.there and run in left_early and run.status == "finished"


def end_all(error: BaseException | None) -> None:
    """End every open run as ``error`` says, and amend those that had ended without knowing it.

    A run in the middle of a loop when the interpreter ends, without any error, was interrupted: a kernel is restarted.
    """
    for run in (*open_runs.values(), *left_early):
        if error is None and run._intake.busy:
            run.finish("interrupted")
        run._end_with(error)
