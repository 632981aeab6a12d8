"""How the cell around a training ended: only IPython knows, and it tells through a public event.

A loop that is left by an exception looks, from inside, like one left by ``break``. So a run whose loop ended early is
judged when its cell is over: interrupted (■), failed, or finished.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from IPython import get_ipython

from nnwidgets._cell import Cell
from nnwidgets._open_runs import judge, left_early, open_runs

_EVENT = "post_run_cell"
#: IPython's function that runs a cell, and is over when that event comes.
_RUNNING = "run_cell_async"
#: The execution that was asked for last, by the id of its request.
_last: tuple[str, Cell] | None = None


def running_cell() -> Cell | None:
    """Return the execution of a cell that goes on, or None between cells.

    JupyterLab and Notebook say with each request which cell it is.
    """
    global _last  # noqa: PLW0603 — there is one kernel in a process
    shell: Any = get_ipython()
    ask = getattr(getattr(shell, "kernel", None), "get_parent", None)
    if ask is None or threading.current_thread() is not threading.main_thread():
        return None
    try:
        parent = ask("shell")
    except TypeError:  # JupyterLite's kernel knows of no channels
        return None
    header = parent.get("header", {}) if isinstance(parent, dict) else {}
    if header.get("msg_type") != "execute_request":
        return None
    judge_cells()
    if _last is None or _last[0] != header["msg_id"]:
        name = parent.get("metadata", {}).get("cellId")
        _last = (header["msg_id"], Cell(name if isinstance(name, str) else None))
    return _last[1]


def judge_cells() -> None:
    """Listen to the ends of cells; harmless when repeated."""
    shell: Any = get_ipython()
    if shell is not None and _after_cell not in shell.events.callbacks[_EVENT]:
        shell.events.register(_EVENT, _after_cell)
        judge.there = True


def stop_judging() -> None:
    """Leave no trace in the shell."""
    judge.there = False
    shell: Any = get_ipython()
    if shell is not None and _after_cell in shell.events.callbacks[_EVENT]:
        shell.events.unregister(_EVENT, _after_cell)
    if _last is not None:  # its end would not be heard
        _last[1].end()


def _after_cell(result: Any) -> None:
    """End or amend the runs of the cell that is over, and bring the others up to date."""
    error = result.error_in_exec
    for run in (*open_runs.values(), *left_early):
        run._left_cell(error)
    if _last is not None and not _in_another():
        _last[1].end()


def _in_another() -> bool:
    """Whether what is over was run by a cell that goes on: by ``%%capture``, or ``get_ipython().run_cell(…)``."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_name == _RUNNING:
            return True
    return False
