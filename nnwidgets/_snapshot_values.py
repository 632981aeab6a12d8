"""What names a snapshot, and what it may be called."""

from __future__ import annotations

from typing import Any

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t


def which(value: Any) -> int | str:
    """Return what names a snapshot: its number, ``"best"`` or ``"last"``.

    Raises
    ------
    RefusedError
        For anything else.
    """
    if value in ("best", "last") or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value  # type: ignore[no-any-return]
    raise RefusedError(
        t('A snapshot is named by "best", "last" or its number, not {value}.', value=repr(value))
    )


def label(value: Any) -> str | None:
    """Return the label of a snapshot, or None.

    Raises
    ------
    RefusedError
        For anything but a short text.
    """
    if value is None or (isinstance(value, str) and 0 < len(value) <= 200):
        return value
    raise RefusedError(
        t("The label of a snapshot is a text of at most 200 characters, not {value}.", value=repr(value))
    )


def stop(value: Any) -> int | str | None:
    """Return the snapshot to restore at the end, or None.

    Raises
    ------
    RefusedError
        For anything else.
    """
    return None if value is None else which(value)


def moment(step: int, epoch: float, planned: int | None) -> str:
    """Return when a snapshot was taken, in words: the epoch where there is such a thing, else the step."""
    if planned is None and not epoch:
        return t("step {step}", step=f"{step:,}")
    return t("epoch {epoch}", epoch=f"{epoch:.4g}")
