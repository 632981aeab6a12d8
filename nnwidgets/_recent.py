"""The runs that were begun or opened in this process, as long as someone holds them."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnwidgets.run import Run


class Recent:
    """Runs by id, without keeping them alive. May be used from any thread."""

    def __init__(self) -> None:
        self._runs: weakref.WeakValueDictionary[str, Run] = weakref.WeakValueDictionary()
        #: The id of the run that was begun last, also when nobody holds it any more.
        self.last_id: str | None = None

    def begun(self, run: Run) -> None:
        """Note a run that was begun, or that goes on after its end."""
        self.last_id = run.id
        self.held(run)

    def held(self, run: Run) -> None:
        """Note a run that was opened from a file."""
        self._runs[run.id] = run

    def get(self, run_id: str) -> Run | None:
        """Return the run with this id, if it is still there."""
        return self._runs.get(run_id)

    def all(self) -> list[Run]:
        """Return the runs that are still there."""
        return [run for ref in self._runs.valuerefs() if (run := ref()) is not None]


recent = Recent()
