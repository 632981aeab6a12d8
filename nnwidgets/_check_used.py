"""Whether a control was used while a run trained."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from nnwidgets._check_given import given_run, going_on, missing
from nnwidgets._check_result import Check
from nnwidgets._errors import OptionError
from nnwidgets._i18n import t, told
from nnwidgets.controls import CHANGES, Intervention

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: How each control is used from Python.
_BY_PYTHON: Final = {
    "pause": "run.pause()",
    "resume": "run.resume()",
    "step": "run.step()",
    "stop": "run.stop()",
    "evaluate": "run.evaluate()",
    "undo": "run.undo()",
    "learning_rate": 'run.controls.learning_rate = "×0.5"',
    "dropout": "run.controls.dropout = 0.5",
    "insert_dropout": "run.controls.insert_dropout(0.3)",
    "weight_decay": "run.branch(weight_decay=1e-3)",
    "device": 'run.controls.device = "cuda:0"',
    "size": "run.controls.size = 0.5",
    "deepen": "run.controls.deepen()",
    "snapshot": "run.snapshots.take()",
    "restore": "run.snapshots.best.restore()",
    "branch": "run.branch(dropout=0.5)",
}


def used(run: Run | str | None, control: str) -> Check:
    """Check that a control was used while the run trained, and that this was applied and not undone.

    Parameters
    ----------
    run
        See `val_loss_below`.
    control
        ``"dropout"``, ``"learning_rate"``, ``"size"``, ``"branch"``, ``"restore"`` … A branch with dropout counts as
        both.

    Raises
    ------
    OptionError
        If there is no such control; see also `val_loss_below`.
    RunNotFoundError
        If there is no run of this id.
    """
    if str(control) not in _BY_PYTHON:  # also of what cannot be looked up
        near = difflib.get_close_matches(str(control), _BY_PYTHON, n=1)
        hint = t(" Did you mean {name}?", name=repr(near[0])) if near else ""
        known = ", ".join(sorted(_BY_PYTHON))
        raise OptionError(
            t(
                "There is no control {name}.{hint} There are: {known}.",
                name=repr(control),
                hint=hint,
                known=known,
            )
        )
    what, found = t("{control} was used while it trained", control=control), given_run("used", run)
    if found is None:
        return missing(what)
    about = [one for one in found.interventions if control in (one.control, one.facts.get("branch_control"))]
    standing = [one for one in _standing(found) if one in about]
    going = going_on(found)
    if standing:
        last = standing[-1]
        return Check(
            True, what, t("{done}, at step {step}", done=told(last.text), step=f"{last.step:,}"), "", going
        )
    hint = t("Use it in the panel while the cell runs, or from Python: {code}", code=_BY_PYTHON[control])
    if not about:
        return Check(False, what, t("not used"), hint, going)
    last = about[-1]
    if last.applied:
        return Check(False, what, t("{done}, and undone again", done=told(last.text)), hint, going)
    measured = t(
        "{done}: refused at step {step}: {reason}",
        done=told(last.text),
        step=f"{last.step:,}",
        reason=told(last.reason or ""),
    )
    return Check(False, what, measured, hint, going)


def _standing(run: Run) -> list[Intervention]:
    """Return what was applied, without what was undone: an undo takes the change before it away."""
    done: list[Intervention] = []
    changes: list[Intervention] = []
    for one in run.interventions:
        if not one.applied:
            continue
        done.append(one)
        if one.control == "undo" and changes:
            done.remove(changes.pop())
        elif one.control in CHANGES and one.control != "undo":
            changes.append(one)
    return done
