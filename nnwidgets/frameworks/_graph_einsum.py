"""Floating-point operations of a sum in Einstein's notation."""

from __future__ import annotations

import math
from collections.abc import Sequence

Shape = tuple[int | None, ...]


def einsum_flops(subscripts: str, shapes: Sequence[Shape]) -> int:
    """Return the operations of a product of arrays, a multiplication and an addition counted as two.

    Raises
    ------
    ValueError
        If the arrays do not fit the subscripts.
    """
    lengths: dict[str, int] = {}
    terms = subscripts.replace(" ", "").partition("->")[0].split(",")
    for term, shape in zip(terms, shapes, strict=True):
        head, dots, tail = term.partition("...")
        if dots:
            hidden = len(shape) - len(head) - len(tail)
            letters = [*head, *(f".{hidden - i}" for i in range(hidden)), *tail]
        else:
            letters = list(head)
        for letter, length in zip(letters, shape, strict=True):
            lengths[letter] = max(lengths.get(letter, 1), length or 1)
    return 2 * math.prod(lengths.values())
