"""Which combination of a sweep a run belongs to: it is noted in the run's configuration, so that it is in its file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

#: The key of a run's configuration.
SWEEP: Final = "sweep"

_current: ContextVar[dict[str, Any] | None] = ContextVar("nnwidgets combination", default=None)


@contextmanager
def training(combination: Mapping[str, Any]) -> Iterator[None]:
    """Note the combination with every run that this thread begins, until the end of the block."""
    outer = _current.get() or {}
    token = _current.set({**outer, **{name: kept(value) for name, value in combination.items()}})
    try:
        yield
    finally:
        _current.reset(token)


def noted(config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a new run's configuration with the combination that is being trained, if there is one."""
    current = _current.get()
    return {**(config or {}), **({} if current is None else {SWEEP: dict(current)})}


def named(default: str) -> str:
    """Return the default name of a new run: in a sweep it tells the values."""
    current = _current.get()
    if not current:
        return default
    return f"{default}, " + ", ".join(f"{name} {as_text(value)}" for name, value in current.items())


def combination_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the combination that a run's configuration tells; empty where there is none."""
    found = config.get(SWEEP)
    return {str(name): value for name, value in found.items()} if isinstance(found, Mapping) else {}


def kept(value: Any) -> Any:
    """Return a value as a file can hold it: numbers and text as they are, everything else as text."""
    if isinstance(value, (bool, int, str, type(None))):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return as_text(value)


def as_text(value: Any) -> str:
    """Return a value as people write it: ``0.3``, ``M``, ``relu`` for a function of that name."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:  # a scalar of numpy or of a framework
        value = item()
    if isinstance(value, float):
        return f"{value:.12g}"
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else str(value)
