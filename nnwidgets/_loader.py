"""What can be known of a loader of batches: its random generators, and whether a pass can be repeated."""

from __future__ import annotations

import functools
import random
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np

#: Where a loader, or what wraps one, keeps the parts that draw its order.
_PARTS: Final = ("sampler", "batch_sampler", "iterable", "loader", "dl", "base_sampler")
#: How deep parts are looked for: a progress bar around a loader around two samplers.
_DEPTH: Final = 4
#: Batches of a list that are not looked at one by one.
_LONG: Final = 100_000
#: Samplers of PyTorch whose order follows from the random states and their own settings.
_SAMPLERS: Final = (
    "SequentialSampler",
    "RandomSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
    "BatchSampler",
    "DistributedSampler",
)


class LoaderState:
    """What a loader is, and where its random generators and those of its samplers stand; taken when this is made.

    Attributes
    ----------
    kind
        The same for two loaders of the same data in the same batches.
    order
        The same as long as a list holds the same batches in the same order.
    repeats
        Whether a pass can be begun again: what is an iterator, or goes through one, can only go on.
    is_known
        Whether the order of a pass follows from the random states: PyTorch's loaders, and sequences.
    """

    def __init__(self, loader: object) -> None:
        parts = _parts(loader)
        inner = next((part for part in parts if _is_torch_loader(part)), None)
        self.kind: tuple[object, ...] = (type(loader), id(loader)) if inner is None else _kind(inner)
        self.order = hash(tuple(map(id, loader))) if isinstance(loader, list) and len(loader) < _LONG else 0
        self.repeats = not any(hasattr(type(part), "__next__") for part in parts)
        self.is_known = isinstance(loader, (tuple, range, list)) if inner is None else _draws_known(inner)
        self._ways_back: list[Callable[[], object]] = []
        for part in parts:
            epoch = _own(part).get("epoch")
            if type(epoch) is int:
                self._ways_back.append(functools.partial(setattr, part, "epoch", epoch))
            for value in _own(part).values():
                way_back = _way_back(value)
                if way_back is not None:
                    self._ways_back.append(way_back)

    def restore(self) -> None:
        """Put the generators back. May be called more than once."""
        for way_back in self._ways_back:
            way_back()


def _is_torch_loader(part: object) -> bool:
    torch: Any = sys.modules.get("torch")
    return torch is not None and isinstance(part, torch.utils.data.DataLoader)


def _kind(loader: Any) -> tuple[object, ...]:
    sampler = loader.sampler
    size = len(sampler) if hasattr(type(sampler), "__len__") else None
    return type(loader), id(loader.dataset), loader.batch_size, type(sampler), size


def _draws_known(loader: Any) -> bool:
    samplers = [s for s in (loader.sampler, loader.batch_sampler) if s is not None]
    return all(
        type(sampler).__name__ in _SAMPLERS and type(sampler).__module__.startswith("torch.utils.data")
        for sampler in samplers
    )


def _parts(loader: object) -> list[object]:
    """Return a loader and what it is made of, each once."""
    seen: list[object] = []
    layer = [loader]
    for _ in range(_DEPTH):
        seen += layer
        found = [_own(part).get(name) for part in layer for name in _PARTS]
        layer = [one for one in found if one is not None and not any(one is known for known in seen)]
    return seen


def _own(part: object) -> dict[str, Any]:
    """Return a part's own attributes, without running any code of it."""
    try:
        attributes = object.__getattribute__(part, "__dict__")
    except AttributeError:
        return {}
    return attributes if isinstance(attributes, dict) else {}


def _way_back(value: object) -> Callable[[], object] | None:
    """Return what puts a random generator back where it stands, or None where it is none."""
    if isinstance(value, random.Random):
        return functools.partial(value.setstate, value.getstate())
    if isinstance(value, np.random.RandomState):
        return functools.partial(value.set_state, value.get_state())
    if isinstance(value, np.random.Generator):
        return functools.partial(setattr, value.bit_generator, "state", value.bit_generator.state)
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Generator):
        return functools.partial(value.set_state, value.get_state())
    return None
