"""Runs that are over, with a flag or with changes, made of two curves in no time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from nnwidgets._flags import Flags
from nnwidgets._points import Points
from nnwidgets._recording import Recording
from nnwidgets.controls import Intervention
from nnwidgets.history import History
from nnwidgets.protocol import Progress
from nnwidgets.run import Run

STEPS = 4


def recorded(
    val: Callable[[int], float],
    *,
    name: str = "recorded",
    epochs: int = 40,
    done: Iterable[Intervention] = (),
    metric: str = "loss",
    **more: Any,
) -> Run:
    """Return a run of so many epochs of four steps, whose validation after each is ``val`` of its number."""
    history, done = History(), list(done)
    flags = Flags(history)
    for epoch in range(epochs):
        history.epochs.begin(epoch * STEPS, epoch)
        steps = np.arange(1, STEPS + 1) + epoch * STEPS
        train = Points.of(steps, steps * 0.1, 1 / (1 + steps / STEPS))
        batch = {
            f"train/{metric}": train,
            f"val/{metric}": Points.of(steps[-1:], steps[-1:] * 0.1, [val(epoch + 1)]),
        }
        history.extend(batch)
        flags.take(batch, [one for one in done if steps[0] <= one.step <= steps[-1]])
    return Run._of(
        Recording(
            id=more.pop("id", f"20260101-000000-{name[:6]}"),
            name=name,
            history=history,
            progress=Progress(step=epochs * STEPS, epoch=epochs, epochs=epochs, elapsed=1.0, fraction=1.0),
            interventions=done,
            flagged=flags.entries,
            **more,
        )
    )


def overfitting(epoch: int) -> float:
    """Fall to 0.2 at epoch 10 and rise from there, with a little noise."""
    return 0.5 - 0.03 * min(epoch, 10) + 0.01 * max(0, epoch - 10) + 0.002 * ((epoch * 7) % 5 - 2)


def change(control: str, epoch: int, text: str, **facts: Any) -> Intervention:
    """Return a change that was made after so many epochs."""
    return Intervention(control, None, None, "panel", True, text, step=epoch * STEPS, facts=facts)


def branch(at: int, origin: int, changed: str = "dropout 0 → 0.5") -> Intervention:
    """Return a branch after epoch ``at`` from the snapshot after epoch ``origin``."""
    return change("branch", at, "branch from best", from_step=origin * STEPS, from_value=0.2, changed=changed)
