"""The states of a run and the axes of its curves, as people read them."""

from __future__ import annotations

from typing import Final

from nnwidgets._i18n import later, now

_STATUSES: Final = {
    "running": later("running"),
    "paused": later("paused"),
    "finished": later("finished"),
    "interrupted": later("interrupted"),
    "failed": later("failed"),
    "damaged": later("damaged"),
}
_AXES: Final = {"step": later("step"), "epoch": later("epoch"), "time": later("time")}


def status_word(status: str) -> str:
    """Return what people call the status of a run; one that nobody knows as it is."""
    word = _STATUSES.get(status)
    return status if word is None else now(word)


def axis_word(axis: str) -> str:
    """Return what people call an axis of a chart."""
    return now(_AXES[axis])
