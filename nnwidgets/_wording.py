"""Words that several modules join in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from nnwidgets._i18n import t


def listed(words: Sequence[str]) -> str:
    """Return ``a and b`` in the language in force; nothing of no words."""
    return reduce(lambda some, one: t("{some} and {one}", some=some, one=one), words) if words else ""
