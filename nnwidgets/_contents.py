"""What a snapshot is made of where it leaves the process: named arrays, and facts beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Contents:
    """Arrays by name, such as ``model/0.weight``, and what JSON can hold.

    A type that numpy or files lack stands as the integers of its width, a complex one of 16 bytes as pairs of floats,
    under its own name in ``types``.
    """

    arrays: dict[str, Array] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def joined(self, other: Contents) -> Contents:
        """Return both together."""
        return Contents(
            {**self.arrays, **other.arrays}, {**self.facts, **other.facts}, {**self.types, **other.types}
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in self.arrays.values())


def plain_array(value: object) -> Array:
    """Return an array of its own, contiguous, as files hold them."""
    return np.ascontiguousarray(np.array(value))
