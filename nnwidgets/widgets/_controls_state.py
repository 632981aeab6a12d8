"""The state of a panel's controls: where each one stands, what was asked for, what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnwidgets._i18n import Said, later, now, t, told
from nnwidgets._ledger import ASKED, WORDS, asked
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
#: What became of a control, as it is said beside the name of the control, by the whole text.
_BESIDE: Final = {
    "learning rate {old} → {new}": later("{old} → {new}"),
    "learning rate of group {i} {old} → {new}": later("of group {i} {old} → {new}"),
    "dropout {old} → {new}": later("{old} → {new}"),
    "dropout of {names} {old} → {new}": later("of {names} {old} → {new}"),
    "device {here} → {target}": later("{here} → {target}"),
    "device {target}, as before": later("{target}, as before"),
    "weight decay {old} → {new}": later("{old} → {new}"),
    "size {old} → {new}": later("{old} → {new}"),
    "size {new}": later("{new}"),
    "size as before": later("as before"),
    "branch from {snapshot}: {change}": later("from {snapshot}: {change}"),
    "branch from {snapshot} with {change}": later("from {snapshot} with {change}"),
}
#: Who asked for something.
_SOURCES: Final = {
    "panel": later("by panel"),
    "sidebar": later("by sidebar"),
    "python": later("by python"),
}


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
    if facts["learning_rate"] is not None:
        rate = facts["learning_rate"]
        facts = {**facts, "learning_rate": {**rate, "note": _told(rate["note"])}}
    if facts["device"] is not None:
        device = facts["device"]
        facts = {**facts, "device": {**device, "note": _told(device["note"])}}
    if drop is not None:
        facts = {
            **facts,
            "dropout": {**drop, "layers": drop["layers"][:_LAYERS], "offer": drop["offer"][:_LAYERS]},
        }
    if size is not None:
        refused = _told(size["refused"])
        facts = {**facts, "size": {**size, "layers": size["layers"][:_LAYERS], "refused": refused}}
    return {
        "wire": WIRE,
        "status": run.status,
        "open": run.status in OPEN_STATUSES and not run._keeper.recorded,
        "facts": facts,
        "requested": [
            {"control": c.control, "text": t("{what} requested", what=asked(c))}
            for c in steering.mailbox.waiting()
        ],
        "decided": [
            {
                "control": o.control,
                "applied": o.applied,
                "step": o.step,
                "text": _beside_its_name(o),
                "note": _told(o.note),
            }
            for o in list(steering.ledger.last.values())
        ],
        "snapshots": snapshots(run),
        "undo": _told(steering.undo.top),
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
            "label": told(snapshot.label),
            "value": "" if snapshot.value is None else number(snapshot.value),
        }
        for snapshot in ([] if best is None else [best]) + others[: _SNAPSHOTS - 1]
    ]


def in_words(outcome: Intervention) -> str:
    """Return a command and its outcome in a line."""
    return _with_outcome(outcome, outcome.text)


def _with_outcome(outcome: Intervention, text: str) -> str:
    if outcome.applied:
        return t("{what}, applied at step {step}", what=text, step=f"{outcome.step:,}")
    return t("{what}: refused. {reason}", what=text, reason=outcome.reason)


def _beside_its_name(outcome: Intervention) -> str:
    """Return the same for where the name of the control stands already."""
    text, name = outcome.text, outcome.control.replace("_", " ")
    if not isinstance(text, Said):  # kept by a version that said everything in English
        return in_words(outcome).removeprefix(f"{name} ")
    if text.key == ASKED and WORDS.get(outcome.control) == name:
        return _with_outcome(outcome, text.values["value"])
    short = _BESIDE.get(text.key)
    return _with_outcome(outcome, text if short is None else now(short, **text.values))


def event(outcome: Intervention) -> EventRow:
    """Return an intervention as a line of the list of events."""
    source = _SOURCES.get(outcome.source)
    parts = [
        told(outcome.text) if outcome.applied else in_words(outcome),
        t("by {source}", source=outcome.source) if source is None else now(source),
    ]
    if outcome.loss_before is not None and outcome.loss_after is not None and outcome.applied:
        before, after = number(outcome.loss_before), number(outcome.loss_after)
        parts.append(t("loss on one batch {before} → {after}", before=before, after=after))
    text = " · ".join(parts) + "." + (f" {told(outcome.note)}" if outcome.note else "")
    return {"level": "info" if outcome.applied else "warning", "step": outcome.step, "text": text}


def _told(text: str | None) -> str | None:
    return None if text is None else told(text)
