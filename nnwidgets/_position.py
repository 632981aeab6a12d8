"""Where a training stands in its data, so that it can be begun there again."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nnwidgets._random import RandomState


@dataclass(frozen=True)
class LoopPoint:
    """A place in the training: between two passes through a loader, or within one.

    Attributes
    ----------
    now
        The random states here, with those of the loader's own generators.
    began
        Those in which the pass began; None between two passes.
    batches
        Batches that were taken from it.
    """

    now: RandomState
    began: RandomState | None = None
    batches: int = 0


class Loop:
    """The pass through a loader that goes on. The training thread."""

    def __init__(self) -> None:
        self._loader: Iterable[Any] | None = None
        self._began: RandomState | None = None
        self._again: LoopPoint | None = None
        #: Whether a pass goes on.
        self.going = False
        self.batches = 0

    @property
    def rewound(self) -> bool:
        """Whether the pass must begin at another place."""
        return self._again is not None

    def begin(self, loader: Iterable[Any]) -> None:
        """Say that a pass begins now."""
        self._loader, self._began, self._again = loader, RandomState(loader), None
        self.going, self.batches = True, 0

    def end(self) -> None:
        """Say that it is over."""
        self.going, self._again = False, None

    def here(self) -> LoopPoint:
        """Return where the training stands."""
        now = RandomState(self._loader)
        return LoopPoint(now, self._began, self.batches) if self.going else LoopPoint(now)

    def go_to(self, point: LoopPoint) -> bool:
        """Put the random states of a point back; return whether the batches that follow are those of the first time."""
        point.now.restore()
        if self.going:
            self._again = point
        return self.going or point.began is None

    def stay(self) -> None:
        """Go on where the pass is, after all."""
        self._again = None

    def again(self) -> Iterator[Any]:
        """Begin the pass again at the point to which was gone back, in the order of the first time."""
        point, self._again = self._again, None
        assert point is not None
        assert self._loader is not None
        self.batches = point.batches
        self._began = point.began or point.now
        self._began.restore()
        batches = iter(self._loader)
        if point.began is not None:
            for _ in itertools.islice(batches, point.batches):
                pass
            point.now.restore()
        return batches
