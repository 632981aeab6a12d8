"""The optimizers of a Lightning module beyond the first one: what snapshots and files hold of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch

from nnwidgets._changes import Change
from nnwidgets._contents import Contents
from nnwidgets._errors import RefusedError, SnapshotError
from nnwidgets._framework import WayBack
from nnwidgets._i18n import t
from nnwidgets.frameworks._torch_contents import planned
from nnwidgets.frameworks.torch import TorchFramework

#: Changes of the network, after which every optimizer would have to find its parameters' moments again.
_OF_THE_NETWORK: Final = ("size", "deepen")
_OF_THE_OPTIMIZER: Final = ("learning_rate", "weight_decay")


class FurtherOptimizers:
    """All optimizers of a training but its first. Used on the training thread, between two steps.

    Parameters
    ----------
    optimizers
        They, without the first.
    """

    def __init__(self, optimizers: Sequence[torch.optim.Optimizer]) -> None:
        # Each is kept like the first one, around a module that holds nothing.
        self._each = [TorchFramework(torch.nn.Module(), optimizer) for optimizer in optimizers]

    def judge(self, control: str) -> None:
        """Refuse what can be changed correctly with one optimizer alone.

        Raises
        ------
        RefusedError
            With the reason.
        """
        if self._each and control in _OF_THE_NETWORK:
            raise RefusedError(
                t(
                    "This training has {own} optimizers. A network can be resized where there is one, "
                    "whose moments are resized along.",
                    own=len(self._each) + 1,
                )
            )

    def told(self, control: str, change: Change) -> Change:
        """Say of a change of the first optimizer that it is one of the first alone."""
        if not self._each or control not in _OF_THE_OPTIMIZER:
            return change
        note = t("Of the first of {own} optimizers; the others stay as they are.", own=len(self._each) + 1)
        return dataclasses.replace(change, kept=f"{change.kept} {note}" if change.kept else note)

    def with_them(self, first: WayBack, *, on_host: bool) -> WayBack:
        """Copy them as well; return a way back with all of them."""
        if not self._each:
            return first
        ways = [first, *(one.snapshot(on_host=on_host) for one in self._each)]

        def restore() -> None:
            for way in ways:  # the model's first: moments go to where their parameters lie
                way.restore()

        def rewind() -> None:
            for way in ways:
                way.rewind()

        def held() -> Contents:
            return _together([way.contents() for way in ways])

        def refresh() -> bool:
            set_anew = [way.refresh() for way in ways]
            return any(set_anew)

        return WayBack(restore, sum(way.nbytes for way in ways), held, rewind, refresh)

    def load(self, held: Contents, first: Callable[[Contents], None]) -> None:
        """Put back what a file held of the model and the first optimizer, then of these.

        Raises
        ------
        SnapshotError
            If it belongs to another model, or to another number of optimizers; nothing was changed.
        """
        facts = held.facts.get("further", [])
        if len(facts) != len(self._each):
            raise SnapshotError(
                t(
                    "The snapshot is of a training with {theirs} optimizers, and this one has "
                    "{own}. Nothing was changed.",
                    theirs=len(facts) + 1,
                    own=len(self._each) + 1,
                )
            )
        theirs = [
            (one, _apart(held, i, own)) for i, (one, own) in enumerate(zip(self._each, facts, strict=True), 1)
        ]
        for one, own in theirs:  # what does not fit must show before anything is written
            planned(one.model, one.optimizer, own)
        first(held)
        for one, own in theirs:
            one.load(own)


def _together(parts: list[Contents]) -> Contents:
    first, *others = parts
    arrays, types = dict(first.arrays), dict(first.types)
    for i, part in enumerate(others, 1):
        arrays |= {_head(i) + name: array for name, array in part.arrays.items()}
        types |= {_head(i) + name: kind for name, kind in part.types.items()}
    return Contents(arrays, {**first.facts, "further": [part.facts for part in others]}, types)


def _apart(held: Contents, i: int, facts: dict[str, Any]) -> Contents:
    def own(entries: dict[str, Any]) -> dict[str, Any]:
        return {
            name.removeprefix(_head(i)): entry for name, entry in entries.items() if name.startswith(_head(i))
        }

    return Contents(own(held.arrays), facts, own(held.types))


def _head(i: int) -> str:
    return f"further/{i}/"
