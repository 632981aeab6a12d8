"""The state that a stopped training ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnwidgets.run import Run


class Ending:
    """Goes back to a snapshot at the end of a stopped training. The training thread.

    A validation is never cut short, and some loops make one more step before they end: so it may go back later than it
    was asked to, or once more.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._which: str | int | None = None
        self._back_at: int | None = None

    def ask(self, which: str | int) -> str:
        """Say where to end; return what that is called.

        Raises
        ------
        RefusedError
            If there is no such snapshot.
        """
        label = self._run._archive.find(which).label
        self._which, self._back_at = which, None
        return label

    def go_back(self) -> None:
        """Go there, unless no step was made since the last time.

        Raises
        ------
        SnapshotError
            If it cannot be read; nothing was changed.
        """
        run = self._run
        if self._which is None or (self._back_at == run.steps and not run._intake.fitting):
            return
        archive = run._archive
        archive.way_to(archive.find(self._which))()
        self._back_at = run.steps

    def forget(self) -> None:
        """Say that nothing is to be gone back to any more."""
        self._which = None
