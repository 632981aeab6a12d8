"""The state of a panel's flag: what is said, what can be done, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnwidgets._branches import is_way_back, last_branch, verdict
from nnwidgets._i18n import t
from nnwidgets._metrics import number
from nnwidgets._snapshot_values import moment
from nnwidgets.divergence import Raised
from nnwidgets.protocol import OPEN_STATUSES, WIRE, EventRow, FlagState, Remedy
from nnwidgets.widgets._controls_state import in_words

if TYPE_CHECKING:
    from nnwidgets._flags import Flag
    from nnwidgets.run import Run
    from nnwidgets.snapshots import Snapshot


def flag(run: Run) -> FlagState:
    """Return what the flag shows."""
    shown = run._keeper.flags.shown
    raised = shown if isinstance(shown, Raised) or shown is None else shown.raised
    # A run that was opened from a file has no model here that could be put back.
    branch, best = last_branch(run), None if run._keeper.recorded else run.snapshots.best
    kind = "overfitting" if raised is None else raised.kind
    return {
        "wire": WIRE,
        "level": run._keeper.flags.level,
        "kind": kind,
        "text": "" if shown is None else run._keeper.flags.sentence(shown),
        "now": run._keeper.flags.now(),
        "open": run.status in OPEN_STATUSES and not run._keeper.recorded,
        "best": None if best is None else _in_words(run, best),
        "nothing": None if best is not None or run._keeper.recorded else nothing_kept(run),
        "remedies": remedies(run, kind) if best is not None and run.status in OPEN_STATUSES else [],
        "last": last_way_back(run),
        "verdict": None if branch is None else verdict(run, branch),
    }


def _in_words(run: Run, best: Snapshot) -> str:
    return f"{moment(best.step, best.epoch, run._position.epochs)}, {number(best.value)}"


def nothing_kept(run: Run) -> str:
    """Return why there is nothing to go back to."""
    if not run._adapter.keeps_state:
        return run._adapter.no_state
    return t("No snapshots are kept (snapshots=False), so there is nothing to go back to.")


def last_way_back(run: Run) -> str | None:
    """Return what became of the last way back, branch, or undoing of one."""
    decided = run._steering.ledger.last
    outcomes = [decided[name] for name in ("restore", "branch", "undo") if name in decided]
    ways = [outcome for outcome in outcomes if is_way_back(outcome)]
    return in_words(max(ways, key=lambda outcome: outcome.moment)) if ways else None


def remedies(run: Run, kind: str) -> list[Remedy]:
    """Return what may help, as far as this run can be changed."""
    facts = run._steering.facts
    if kind == "instability":
        return [{"label": t("half the learning rate"), "change": {"learning_rate": "×0.5"}}]
    found: list[Remedy] = []
    drop, size = facts["dropout"], facts["size"]
    if drop is not None and drop["layers"]:
        highest = max(layer["rate"] for layer in drop["layers"])
        rate = 0.5 if highest < 0.5 else round(min(0.9, highest + 0.2), 2)
        found.append({"label": t("dropout {rate}", rate=f"{rate:g}"), "change": {"dropout": rate}})
    elif drop is not None and drop["offer"]:
        change = {"insert_dropout": {"rate": 0.5, "after": drop["offer"]}}
        found.append({"label": t("dropout {rate}, inserted", rate="0.5"), "change": change})
    if size is not None and size["refused"] is None and size["value"] is not None and size["value"] > 1 / 32:
        found.append({"label": t("half the size"), "change": {"size": size["value"] / 2}})
    if facts["learning_rate"] is not None:
        # Decoupled decay acts through the learning rate and takes more than an added penalty does.
        decay = 0.1 if str(run.config.get("optimizer")) == "AdamW" else 0.003
        found.append(
            {"label": t("weight decay {decay}", decay=f"{decay:g}"), "change": {"weight_decay": decay}}
        )
    return found


def event(run: Run, flag: Flag) -> EventRow:
    """Return a flag as a line of the list of events."""
    return {
        "level": "warning" if isinstance(flag, Raised) else "info",
        "step": int(flag.step),
        "text": run._keeper.flags.sentence(flag),
    }
