"""The state of a panel's controls: where each one stands, what was asked for, what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnwidgets._ledger import asked
from nnwidgets._metrics import number
from nnwidgets._services import services
from nnwidgets.controls import Intervention
from nnwidgets.protocol import OPEN_STATUSES, WIRE, ControlsState, EventRow, SnapshotRow

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Layers of each kind that a page lists at most.
_LAYERS = 40
#: Snapshots that a page lists at most; all of them are in ``run.snapshots``.
_SNAPSHOTS = 12


def controls(run: Run) -> ControlsState:
    """Return what the controls show."""
    steering = run._steering
    facts = steering.facts
    rate, now = facts["learning_rate"], run._intake.rate
    if rate is not None and len(rate["groups"]) == 1 and now is not None:
        # A scheduler moves it between two looks at the rest.
        rate = {**rate, "value": now, "groups": [{**rate["groups"][0], "value": now}]}
        facts = {**facts, "learning_rate": rate}
    drop, size = facts["dropout"], facts["size"]
    if drop is not None:
        facts = {
            **facts,
            "dropout": {**drop, "layers": drop["layers"][:_LAYERS], "offer": drop["offer"][:_LAYERS]},
        }
    if size is not None:
        facts = {**facts, "size": {**size, "layers": size["layers"][:_LAYERS]}}
    return {
        "wire": WIRE,
        "status": run.status,
        "open": run.status in OPEN_STATUSES and not run._keeper.recorded,
        "facts": facts,
        "requested": [
            {"control": c.control, "text": f"{asked(c)} requested"} for c in steering.mailbox.waiting()
        ],
        "decided": [
            {
                "control": o.control,
                "applied": o.applied,
                "step": o.step,
                "text": _beside_its_name(o),
                "note": o.note,
            }
            for o in list(steering.ledger.last.values())
        ],
        "snapshots": snapshots(run),
        "undo": steering.undo.top,
        "route": services.route_in_words(),
    }


def snapshots(run: Run) -> list[SnapshotRow]:
    """Return the snapshots that can be gone back to: the best, then the others, the latest first."""
    if run._keeper.recorded:  # there is no model here to put them into
        return []
    best = run.snapshots.best
    others = [snapshot for snapshot in reversed(list(run.snapshots)) if snapshot is not best]
    return [
        {
            "number": snapshot.number,
            "best": snapshot is best,
            "label": snapshot.label,
            "value": "" if snapshot.value is None else number(snapshot.value),
        }
        for snapshot in ([] if best is None else [best]) + others[: _SNAPSHOTS - 1]
    ]


def in_words(outcome: Intervention) -> str:
    """Return a command and its outcome in a line."""
    if outcome.applied:
        return f"{outcome.text}, applied at step {outcome.step:,}"
    return f"{outcome.text}: refused. {outcome.reason}"


def _beside_its_name(outcome: Intervention) -> str:
    return in_words(outcome).removeprefix(outcome.control.replace("_", " ") + " ")


def event(outcome: Intervention) -> EventRow:
    """Return an intervention as a line of the list of events."""
    parts = [outcome.text if outcome.applied else in_words(outcome), f"by {outcome.source}"]
    if outcome.loss_before is not None and outcome.loss_after is not None and outcome.applied:
        parts.append(f"loss on one batch {number(outcome.loss_before)} → {number(outcome.loss_after)}")
    text = " · ".join(parts) + "." + (f" {outcome.note}" if outcome.note else "")
    return {"level": "info" if outcome.applied else "warning", "step": outcome.step, "text": text}
