"""The runs that were begun or opened in this process, as long as someone holds them."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnwidgets.run import Run


class Recent:
    """Knows runs without keeping them alive. `begun` may be called from any thread."""

    def __init__(self) -> None:
        self._begun: weakref.WeakValueDictionary[str, Run] = weakref.WeakValueDictionary()
        self._opened: weakref.WeakSet[Run] = weakref.WeakSet()
        #: The id of the run that was begun last, also when nobody holds it any more.
        self.last_id: str | None = None

    def note_begun(self, run: Run) -> None:
        """Note a run that begins, or that goes on after its end."""
        self.last_id = run.id
        self._begun[run.id] = run

    def note_opened(self, run: Run) -> None:
        """Note a run that was opened from a file; there may be several of one id, and one that is still written."""
        self._opened.add(run)

    def begun(self) -> list[Run]:
        """Return the runs that were begun here."""
        return [run for ref in self._begun.valuerefs() if (run := ref()) is not None]

    def all(self) -> list[Run]:
        """Return the runs that were begun or opened here."""
        return [*self.begun(), *self._opened]


recent = Recent()
