"""The random states that a training draws from, taken and put back."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any


def random_state() -> Callable[[], None]:
    """Copy the global random states of Python, numpy and torch, where they are loaded; return what puts them back."""
    ways_back: list[Callable[[], None]] = []
    python = random.getstate()
    ways_back.append(lambda: random.setstate(python))
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        legacy = numpy.random.get_state()
        ways_back.append(lambda: numpy.random.set_state(legacy))
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        host = torch.get_rng_state()
        ways_back.append(lambda: torch.set_rng_state(host))
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            devices = torch.cuda.get_rng_state_all()
            ways_back.append(lambda: torch.cuda.set_rng_state_all(devices))
        mps = getattr(torch, "mps", None)
        if mps is not None and torch.backends.mps.is_available():
            apple = mps.get_rng_state()
            ways_back.append(lambda: mps.set_rng_state(apple))

    def restore() -> None:
        for way_back in ways_back:
            way_back()

    return restore
