"""The state of a training at one moment, in memory."""

from __future__ import annotations

from nnwidgets._contents import Contents
from nnwidgets._framework import WayBack
from nnwidgets._position import LoopPoint


class State:
    """A copied state, and where the training stood in its data.

    Parameters
    ----------
    way_back
        The copy of model and optimizer.
    point
        The place in the data, with the random states.
    """

    def __init__(self, way_back: WayBack, point: LoopPoint) -> None:
        self.way_back, self.point = way_back, point
        #: Whether what follows no longer belongs to it: the training went on, or was changed.
        self.settled = False

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return self.way_back.nbytes

    def undo(self) -> None:
        """Put it back; the loop goes on where it is."""
        self.way_back.restore()
        self.point.restore()

    def contents(self) -> Contents:
        """Return what a file holds."""
        return self.way_back.contents().joined(self.point.now.contents())
