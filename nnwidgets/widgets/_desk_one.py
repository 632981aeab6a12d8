"""The one desk of a kernel: made with the first panel, or when somebody asks for it. Everything here: any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from nnwidgets import _preferences
from nnwidgets._errors import OptionError
from nnwidgets._worker import worker
from nnwidgets.widgets.desk import Desk

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Seconds to wait for the worker thread at most.
_PATIENCE: Final = 10.0

_desk: Desk | None = None
#: Whether a page asked for the desk or sent settings: then there is something that can open the sidebar.
_heard = False


def begun(run: Run) -> None:
    """Tell the desk, if there is one, of a run that begins."""
    _soon(lambda desk: desk.begun(run))


def look(runs: Iterable[Run]) -> None:
    """Have the desk show what is new; make it if there is none, with the runs that were begun, the newest last."""
    _soon(lambda desk: desk.look(), runs)


def changed() -> None:
    """Have the desk, if there is one, show what is new."""
    _soon(lambda desk: desk.look())


def open_sidebar(runs: Iterable[Run], *, again: bool) -> bool:
    """Have the page open the sidebar; return whether a page was heard that can do so.

    Parameters
    ----------
    runs
        The runs that were begun, the newest last.
    again
        Whether it is opened also after it was opened once: the person may have closed it.
    """
    _soon(lambda desk: desk.open_sidebar(again=again), runs)
    return _heard


def facts() -> dict[str, Any] | None:
    """Return which desk there is and how it stands, or None. Neither waits nor sends."""
    global _heard  # noqa: PLW0603 — there is one kernel in a process
    _heard = True
    desk = _desk
    return None if desk is None else {"desk": desk.model_id, "state": desk.status}


def set_preferences(value: object) -> str | None:
    """Check the settings that a page sent and hand them on; return why not, or None. Neither waits nor sends."""
    global _heard  # noqa: PLW0603 — there is one kernel in a process
    _heard = True
    try:
        _preferences.put(_preferences.checked(value))
    except OptionError as error:
        return str(error)
    return None


def close() -> None:
    """Let the desk go, and wait for that; the next panel makes another one."""
    closed = threading.Event()

    def job() -> None:
        global _desk
        desk, _desk = _desk, None
        try:
            if desk is not None:
                desk.close()
        finally:
            closed.set()

    worker.call_soon(job)
    closed.wait(_PATIENCE)


def _soon(act: Callable[[Desk], object], runs: Iterable[Run] | None = None) -> None:
    def job() -> None:
        global _desk  # noqa: PLW0603 — there is one kernel in a process
        if _desk is None and runs is not None:
            _desk = Desk(runs)
        if _desk is not None:
            act(_desk)

    worker.call_soon(job)
