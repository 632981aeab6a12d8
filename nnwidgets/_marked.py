"""What a flag, a change and a branch are in a picture, wherever it is drawn: their words and their places."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnwidgets._branches import Branch
from nnwidgets._i18n import t, told
from nnwidgets._metrics import more_is_better
from nnwidgets._names import split_of
from nnwidgets._view import Drawn, View, positions
from nnwidgets.controls import Intervention
from nnwidgets.divergence import Raised
from nnwidgets.history import History, Series

#: Rows of the stretch that was left.
_ROWS = 120


def words_of_onset(raised: Raised, series: str) -> str:
    """Return what is said beside the onset of a flag."""
    if not np.isfinite(raised.value):
        return t("no number since here")
    return t("falls since here") if more_is_better(split_of(series)[1]) else t("rises since here")


def words_of_change(outcome: Intervention) -> str:
    """Return what was changed, short enough to stand beside a line."""
    changed = outcome.facts.get("changed") if outcome.control == "branch" else None
    return t("branch: {changed}", changed=changed) if changed else told(outcome.text)


def stretch(
    history: History, series: Series | None, view: View, branch: Branch | None
) -> tuple[Drawn, Drawn]:
    """Return what a run did before it went back, moved so that it begins where the branch does; else nothing.

    Returns
    -------
    tuple
        Places along the axis and values, shape ``(n,)`` each.
    """
    nothing = np.array([], np.float32)
    if series is None or branch is None:
        return nothing, nothing
    window = series.window(_ROWS, lo=branch.origin, hi=branch.end)
    inside = (window.step >= branch.origin) & (window.step <= branch.end)
    # As far after the branch as it was after the snapshot: steps that may not exist yet have no place of their own.
    origin, begin = positions(history, view, series, np.array([float(branch.origin), float(branch.begin)]))
    x: Any = (
        window.time[inside] if view.x == "time" else positions(history, view, series, window.step[inside])
    )
    values = window.mean[inside]
    values = np.where(values > 0, values, np.nan) if view.log else values
    return (x - origin + begin).astype(np.float32), values.astype(np.float32)
