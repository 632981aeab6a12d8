"""The ways back: a copy of the training's state before each of the last interventions."""

from __future__ import annotations

from collections import deque
from typing import Final

from nnwidgets._errors import RefusedError
from nnwidgets._framework import WayBack
from nnwidgets._i18n import t

#: Interventions that can be undone one after another, at most, and the memory that their copies may take together.
_DEPTH: Final = 20
_BYTES: Final = 2 * 2**30


class UndoStack:
    """The newest on top; the oldest go when there are too many or they take too much memory. One always stays."""

    def __init__(self) -> None:
        self._entries: deque[tuple[str, str, WayBack]] = deque()

    @property
    def top(self) -> str | None:
        """What would be undone, in words, or None."""
        try:
            return self._entries[-1][0]
        except IndexError:
            return None

    def push(self, text: str, control: str, way_back: WayBack) -> None:
        """Keep the way back from an intervention."""
        self._entries.append((text, control, way_back))
        while len(self._entries) > 1 and (
            len(self._entries) > _DEPTH or sum(back.nbytes for *_, back in self._entries) > _BYTES
        ):
            self._entries.popleft()

    def pop(self) -> tuple[str, str, WayBack]:
        """Take the newest: in words, what it was about, the way back.

        Raises
        ------
        RefusedError
            If there is none.
        """
        if not self._entries:
            raise RefusedError(t("There is nothing to undo."))
        return self._entries.pop()

    def clear(self) -> None:
        """Let all copies go."""
        self._entries.clear()
