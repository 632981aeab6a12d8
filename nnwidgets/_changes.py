"""What a change of a running training did, as an adapter reports it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Change:
    """One change that was made.

    Attributes
    ----------
    old, new
        The value before and after; JSON can hold them.
    text
        What happened in a few words, ready to show: ``"dropout 0.2 → 0.5"``.
    kept
        What was kept and what was not, and what happens next, in a sentence or two; or None.
    script
        Lines of plain Python that do the same to ``model`` and ``optimizer`` without nnwidgets, or None where that
        cannot be written down.
    facts
        Further figures for whoever wants them: parameters, units kept, relative difference; JSON can hold them.
    """

    old: Any
    new: Any
    text: str
    kept: str | None = None
    script: tuple[str, ...] | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One forward call of the model in training, to be made again: its arguments, as they were.

    Attributes
    ----------
    args, kwargs
        What the model was called with; tensors on whatever device they were.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
