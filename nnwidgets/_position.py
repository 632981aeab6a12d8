"""Where a training stands in its data, so that it can be begun there again."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from nnwidgets._loader import LoaderState
from nnwidgets._random import RandomState

#: What comes after going back: the batches of the first time; a pass begun anew in an order that nobody knows; or
#: whatever the loader gives next.
Next = Literal["same", "anew", "onwards"]


@dataclass(frozen=True)
class LoopPoint:
    """A place in the training: between two passes through a loader, or within one.

    Attributes
    ----------
    now
        The random states here.
    data
        The loader, with its own generators; None where there was none yet.
    began
        Both of them where the pass began; None between two passes.
    batches
        Batches that were taken from it.
    """

    now: RandomState
    data: LoaderState | None = None
    began: tuple[RandomState, LoaderState] | None = None
    batches: int = 0

    def restore(self) -> None:
        """Put the random states back."""
        self.now.restore()
        if self.data is not None:
            self.data.restore()


class Loop:
    """The pass through a loader that goes on. The training thread."""

    def __init__(self) -> None:
        self._loader: Iterable[Any] | None = None
        self._began: tuple[RandomState, LoaderState] | None = None
        #: The point at which the pass must begin again, if it must.
        self.pending: LoopPoint | None = None
        #: Whether a pass goes on.
        self.going = False
        self.batches = 0
        #: What the loader of the last pass was, between two passes.
        self._last: LoaderState | None = None

    @property
    def rewound(self) -> bool:
        """Whether the pass must begin at another place."""
        return self.pending is not None

    def comes(self, loader: Iterable[Any]) -> None:
        """Say which loader is next."""
        self._loader = loader

    def begin(self, loader: Iterable[Any]) -> None:
        """Say that a pass begins now."""
        self.going, self.batches, self.pending, self._began = True, 0, None, None
        self._loader = loader
        self._began = RandomState(), LoaderState(loader)

    def end(self) -> None:
        """Say that it is over."""
        if self._began is not None:
            self._last = self._began[1]
        self.going, self.pending, self._loader, self._began = False, None, None, None

    def here(self) -> LoopPoint:
        """Return where the training stands."""
        if self.pending is not None:  # it went back, and no step was made since
            return self.pending
        data = None if self._loader is None else LoaderState(self._loader)
        if not self.going:
            return LoopPoint(RandomState(), data)
        return LoopPoint(RandomState(), data, self._began, self.batches)

    def go_to(self, point: LoopPoint) -> Next:
        """Put the random states of a point back, and have the pass begin again there if it can."""
        point.restore()
        if not self.going:  # the next pass begins with these states
            known = self._last is not None and self._last.is_known and self._last.repeats
            return "same" if known and point.began is None else "onwards"
        assert self._loader is not None
        data = LoaderState(self._loader)
        if not data.repeats or (point.data is not None and point.data.kind != data.kind):
            return "onwards"
        self.pending = point
        same = data.is_known and (point.data is None or point.data.order == data.order)
        return "same" if same else "anew"

    def again(self) -> Iterator[Any]:
        """Begin the pass again at the point to which was gone back."""
        point, self.pending = self.pending, None
        assert point is not None
        assert self._loader is not None
        self.batches = point.batches
        if point.began is None:
            point.restore()
            self._began = point.now, point.data or LoaderState(self._loader)
            return iter(self._loader)
        self._began = point.began
        for state in point.began:
            state.restore()
        batches = iter(self._loader)
        for _ in itertools.islice(batches, point.batches):
            pass
        point.restore()
        return batches
