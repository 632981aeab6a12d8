"""What crosses a border: the words of a run's state, as they stand in files and on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Status = Literal["running", "paused", "finished", "interrupted", "failed"]
Level = Literal["info", "warning", "error"]
Split = Literal["train", "val", "test"]
Phase = Literal["train", "validate", "idle"]

OPEN_STATUSES: Final = ("running", "paused")

#: Run ids name files, so they hold nothing that a file system or a URL could read otherwise.
RUN_ID: Final = re.compile(r"^[0-9a-z][0-9a-z-]{0,63}$")


@dataclass(frozen=True)
class Notice:
    """One thing that a person should know about their run.

    Attributes
    ----------
    kind
        What it is about; a later notice of the same kind replaces an earlier one.
    level
        ``"info"``, ``"warning"`` or ``"error"``.
    text
        One or two sentences, ready to show.
    step
        The training step since which it holds, counted from 1, or None.
    """

    kind: str
    level: Level
    text: str
    step: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    step
        Training steps begun so far.
    epoch
        Whole epochs completed.
    epochs
        Epochs planned in all, or None where nobody said.
    step_in_epoch, steps_per_epoch
        Position in the current epoch; the second is None until it is known.
    phase
        ``"train"``, ``"validate"`` or ``"idle"``.
    steps_per_second
        Over the last few seconds, or None before there is anything to measure.
    elapsed
        Seconds since the run began, up to its end.
    epoch_left, run_left
        Estimated seconds to the end of the epoch and of the run, or None.
    fraction
        Share of the planned epochs that is done, 0 to 1, or None.
    """

    step: int = 0
    epoch: int = 0
    epochs: int | None = None
    step_in_epoch: int = 0
    steps_per_epoch: int | None = None
    phase: Phase = "idle"
    steps_per_second: float | None = None
    elapsed: float = 0.0
    epoch_left: float | None = None
    run_left: float | None = None
    fraction: float | None = None
