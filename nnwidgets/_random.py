"""The random states that a training draws from, taken and put back."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from nnwidgets._contents import Contents, plain_array
from nnwidgets._errors import SnapshotError
from nnwidgets._i18n import t


class RandomState:
    """The global random states of Python, numpy and torch, where they are loaded.

    Taken when this is made, on the training thread.
    """

    def __init__(self) -> None:
        self._python = random.getstate()
        self._numpy: Any = np.random.get_state()  # noqa: NPY002 — it is the global one that is meant
        self._ways_back: list[Callable[[], object]] = [
            lambda: random.setstate(self._python),
            lambda: np.random.set_state(self._numpy),  # noqa: NPY002
        ]
        self._torch: Any = None
        torch: Any = sys.modules.get("torch")
        if torch is not None:
            self._take_torch(torch)

    def restore(self) -> None:
        """Put all of them back. May be called more than once."""
        for way_back in self._ways_back:
            way_back()

    def same_as(self, other: RandomState) -> bool:
        """Tell whether Python, numpy and torch stood at the same place."""
        torch_too = (self._torch is None) == (other._torch is None)
        if torch_too and self._torch is not None:
            torch_too = bool((self._torch == other._torch).all())
        numpy_too = self._numpy[2:] == other._numpy[2:] and bool((self._numpy[1] == other._numpy[1]).all())
        return self._python == other._python and numpy_too and torch_too

    def contents(self) -> Contents:
        """Return what a file can hold: the states of Python, numpy and torch on the host."""
        version, state, gauss = self._python
        kind, keys, position, has_gauss, cached = self._numpy
        arrays = {
            "random/python": np.array(state, dtype=np.int64),
            "random/numpy": plain_array(keys),
        }
        if self._torch is not None:
            arrays["random/torch"] = plain_array(self._torch.numpy())
        numpy_facts = [str(kind), int(position), int(has_gauss), float(cached)]
        return Contents(arrays, {"random": {"python": [version, gauss], "numpy": numpy_facts}})

    def _take_torch(self, torch: Any) -> None:
        self._torch = host = torch.get_rng_state()
        self._ways_back.append(lambda: torch.set_rng_state(host))
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            devices = torch.cuda.get_rng_state_all()
            self._ways_back.append(lambda: torch.cuda.set_rng_state_all(devices))
        mps = getattr(torch, "mps", None)
        if mps is not None and torch.backends.mps.is_available():
            apple = mps.get_rng_state()
            self._ways_back.append(lambda: mps.set_rng_state(apple))


def random_state() -> Callable[[], None]:
    """Copy the global random states; return what puts them back."""
    return RandomState().restore


def way_to(contents: Contents) -> Callable[[], None]:
    """Judge the random states that a file held; return what puts them back.

    Raises
    ------
    SnapshotError
        If they are damaged; nothing was changed.
    """
    facts, arrays = contents.facts.get("random"), contents.arrays
    if facts is None:
        return _nothing
    torch: Any = sys.modules.get("torch")
    try:
        version, gauss = facts["python"]
        python = version, tuple(int(word) for word in arrays["random/python"]), gauss
        kind, position, has_gauss, cached = facts["numpy"]
        numpy_state = kind, arrays["random/numpy"], position, has_gauss, cached
        host = None
        if torch is not None and "random/torch" in arrays:
            host = torch.from_numpy(arrays["random/torch"].copy())
            torch.Generator().set_state(host)
        # Generators that nobody draws from take them first.
        random.Random().setstate(python)  # noqa: S311 — nothing secret
        np.random.RandomState().set_state(numpy_state)
    except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
        raise SnapshotError(
            t("The snapshot's random states are damaged ({error}). Nothing was changed.", error=error)
        ) from error

    def go() -> None:
        random.setstate(python)
        np.random.set_state(numpy_state)  # noqa: NPY002 — it is the global one that is meant
        if host is not None:
            torch.set_rng_state(host)

    return go


def _nothing() -> None:
    pass
