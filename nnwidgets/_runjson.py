"""What a run's file holds as text: JSON that takes any value and reads back NaN and infinities.

Nothing is ever pickled: opening a file must not be able to run code.
"""

from __future__ import annotations

import json
from typing import Any

from nnwidgets._i18n import t


def dumps(value: object) -> str:
    """Return ``value`` as JSON; what JSON does not know is kept as its text.

    NaN and the infinities are written as Python and JavaScript spell them, and read back.
    """
    try:
        return json.dumps(value, default=_plain)
    except (TypeError, ValueError, RecursionError):  # odd keys, a cycle, too deep
        return json.dumps(_shallow(value))


def loads(text: str) -> Any:
    """Read what `dumps` wrote.

    Raises
    ------
    ValueError
        If ``text`` is not JSON.
    """
    try:
        return json.loads(text)
    except (TypeError, RecursionError) as error:
        raise ValueError(t("not JSON: {error}", error=error)) from None


def text(value: str) -> str:
    """Return ``value`` as text that a file can hold: half a surrogate pair is spelt out."""
    return value.encode("utf-8", "backslashreplace").decode()


def _plain(value: object) -> object:
    """Stand in for a value that JSON does not know."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:  # a scalar of numpy or of a framework
        number = _attempt(item)
        if isinstance(number, (bool, int, float, str)):
            return number
    if isinstance(value, (set, frozenset)):
        return sorted(map(_text, value))
    return _text(value)


def _shallow(value: object) -> object:
    """Save what can be saved of a mapping, entry by entry."""
    if not isinstance(value, dict):
        return _text(value)
    return {_text(key): _each(entry) for key, entry in value.items()}


def _each(value: object) -> object:
    try:
        return json.loads(json.dumps(value, default=_plain))
    except (TypeError, ValueError, RecursionError):
        return _text(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a broken __str__ must not keep a run from being saved
        return f"<{type(value).__name__}>"


def _attempt(call: Any) -> object:
    try:
        return call()
    except Exception:  # noqa: BLE001 - whatever it is, it is kept as its text instead
        return None
