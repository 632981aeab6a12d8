"""Keras's global random generator: what draws random numbers without a seed of its own draws from it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from nnwidgets._contents import Array
from nnwidgets.frameworks._keras_variables import number_of, set_value

try:
    # Keras has no public door to it, and its own function makes one, which draws from Python's random state.
    from keras.src.backend.common import global_state
    from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
except ImportError:
    global_state, GLOBAL_SEED_GENERATOR = None, None

#: What its state is called in files.
NAME: Final = "random/keras"


class GlobalSeed:
    """Where the generator stands; None where nothing has drawn from it yet. Taken when this is made."""

    def __init__(self) -> None:
        self._generator = _current()
        self.value: Array | None = None if self._generator is None else number_of(self._generator.state)

    def restore(self) -> bool:
        """Put it back; return whether it is another one now, which traced functions do not know."""
        other = _current() is not self._generator
        if other:
            global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, self._generator)
        if self._generator is not None:
            set_value(self._generator.state, self.value)
        return other

    def same_as(self, other: GlobalSeed) -> bool:
        """Tell whether both stand at the same place."""
        if self.value is None or other.value is None:
            return self.value is other.value
        return self._generator is other._generator and np.array_equal(self.value, other.value)


def load_seed(value: Array | None) -> None:
    """Put back what a file held; where there is no generator, what draws next makes one."""
    generator = _current()
    if value is not None and generator is not None:
        set_value(generator.state, value)


def _current() -> Any:
    return None if global_state is None else global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
