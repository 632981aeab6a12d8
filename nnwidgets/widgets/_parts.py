"""What widgets are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import ipywidgets


def parts(*roots: Any) -> list[Any]:
    """Return some widgets and every widget that their state refers to: children, marks, axes, scales, layouts."""
    found: dict[int, Any] = {}
    waiting = list(roots)
    while waiting:
        widget = waiting.pop()
        if id(widget) not in found:
            found[id(widget)] = widget
            waiting += _widgets_in(getattr(widget, name) for name in widget.keys)
    return list(found.values())


def _widgets_in(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, ipywidgets.Widget):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _widgets_in(value)
        elif isinstance(value, dict):
            yield from _widgets_in(value.values())
