"""Why commands to a training are refused, in words."""

from __future__ import annotations

from nnwidgets._i18n import t


def over(status: str) -> str:
    """Say that the run has ended."""
    return t("The run is over ({status}), so there is nothing to steer any more.", status=status)


def crowded(most: int) -> str:
    """Say that too many commands wait for the next step."""
    return t("{most} commands wait already. Give the training time for a step.", most=most)


def failed(error: Exception) -> str:
    """Say that a change raised, and was taken back."""
    return t("It failed ({kind}: {error}). Everything is as it was.", kind=type(error).__name__, error=error)


def taken(name: str) -> str:
    """Say that the model is being trained by another run."""
    return t("The run {name} trains this model now. Restore it when that is over.", name=repr(name))


def from_file() -> str:
    """Say that a run that was opened has no model that could take a snapshot."""
    return t(
        "This run was opened from a file. Say what to load the snapshot into: restore(model, optimizer)."
    )
