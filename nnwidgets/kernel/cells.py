"""How the cell around a training ended: only IPython knows, and it tells through a public event.

A loop that is left by an exception looks, from inside, like one left by ``break``. So a run whose loop ended early is
judged when its cell is over: interrupted (■), failed, or finished.
"""

from __future__ import annotations

from typing import Any

from IPython import get_ipython

from nnwidgets._open_runs import left_early, open_runs

_EVENT = "post_run_cell"


def judge_cells() -> None:
    """Listen to the ends of cells; harmless when repeated."""
    shell: Any = get_ipython()
    if shell is not None and _after_cell not in shell.events.callbacks[_EVENT]:
        shell.events.register(_EVENT, _after_cell)


def stop_judging() -> None:
    """Leave no trace in the shell."""
    shell: Any = get_ipython()
    if shell is not None and _after_cell in shell.events.callbacks[_EVENT]:
        shell.events.unregister(_EVENT, _after_cell)


def _after_cell(result: Any) -> None:
    """End or amend the runs of the cell that is over, and bring the others up to date."""
    error = result.error_in_exec
    for run in (*open_runs.values(), *left_early):
        run._left_cell(error)
