"""The notebook cell that a panel stands in."""

from __future__ import annotations

from collections.abc import Callable


class Cell:
    """One execution of a cell.

    Parameters
    ----------
    id
        What the front end calls the cell, or None where it names none.
    """

    def __init__(self, id: str | None) -> None:
        self.id = id
        #: Whether it is still being executed.
        self.busy = True
        self._watchers: list[Callable[[], object]] = []

    def watch(self, call: Callable[[], object]) -> None:
        """Have ``call`` called, on the kernel's main thread, when the cell has ended."""
        self._watchers.append(call)

    def end(self) -> None:
        """Note that it has ended."""
        self.busy = False
        watchers, self._watchers = self._watchers, []
        for call in watchers:
            call()
