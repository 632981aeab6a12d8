"""Makes the changes that people ask for: measured before and after, with a way back, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from nnwidgets._captured import State
from nnwidgets._changes import Change
from nnwidgets._errors import RefusedError, SnapshotError
from nnwidgets._framework import WayBack
from nnwidgets._i18n import later, now, reason_of, t
from nnwidgets._ledger import Ledger
from nnwidgets._position import LoopPoint, Next
from nnwidgets._undo import UndoStack
from nnwidgets.controls import Command
from nnwidgets.protocol import OPEN_STATUSES
from nnwidgets.snapshots import Snapshot

if TYPE_CHECKING:
    from nnwidgets.run import Run


#: What is said of the batches after going back.
_FOLLOWS: Final[dict[Next, str]] = {
    "same": later(
        "Weights, optimizer and random states are back, and the batches that follow are those of the first time."
    ),
    "anew": later(
        "Weights, optimizer and random states are back, and the pass through the loader begins anew; whether in the "
        "same order is the loader's own affair."
    ),
    "onwards": later("Weights, optimizer and random states are back; the loader goes on where it is."),
}


class Changer:
    """Changes one training through its adapter. Used on the training thread, between two steps.

    Parameters
    ----------
    run
        What is changed.
    ledger
        Where outcomes are noted.
    stack
        Where the ways back are kept.
    refresh
        Looks anew where the controls stand.
    """

    def __init__(self, run: Run, ledger: Ledger, stack: UndoStack, refresh: Callable[[], None]) -> None:
        self._run, self._ledger, self._stack, self._refresh = run, ledger, stack, refresh

    def make(self, command: Command) -> None:
        """Make a change and answer its command.

        Raises
        ------
        RefusedError
            If it cannot be made; everything is as it was.
        """
        adapter = self._run._adapter
        # What was kept since the last step goes on from here, if nothing is changed.
        self._run._archive.pass_begins()
        if command.control == "undo":
            self._undo(command)
            return
        before = adapter.measure()
        archive, loop = self._run._archive, self._run._steering.loop
        # Kept for long, so not on an accelerator.
        state, pending = archive.capture(on_host=True), loop.pending
        try:
            change = self._change(command)
        except (RefusedError, SnapshotError) as error:
            if _goes_back(command):  # half of it may be done
                state.undo()
                state.way_back.rewind()
                loop.pending = pending
            raise RefusedError(reason_of(error)) from None
        except Exception:
            state.undo()
            loop.pending = pending
            raise
        if self._run.status in OPEN_STATUSES:
            way_back = self._way_back(state, pending, went_back=_goes_back(command))
            self._stack.push(change.text, command.control, way_back)
        changed = change.facts.get("changed")
        archive.before(t("branch: {changed}", changed=changed) if changed else change.text, state)
        self._settle(command, change, before)

    def _way_back(self, state: State, pending: LoopPoint | None, *, went_back: bool) -> WayBack:
        """Return the way to a state from before a change."""
        back = state.way_back.and_then(state.point.restore)
        if not went_back:
            return back
        loop, step = self._run._steering.loop, self._run.steps

        def stay() -> None:
            # In the gap in which it went back the loader has not moved yet.
            loop.pending = pending if self._run.steps == step else None

        return back.and_then(back.rewind).and_then(stay)

    def go_back(self, snapshot: Snapshot) -> Change:
        """Put the state of a snapshot back.

        Raises
        ------
        SnapshotError
            If it cannot be read, or is of another model; nothing was changed.
        """
        follows = self._run._archive.way_to(snapshot)()
        order = t("Weights, optimizer and random states are back.")
        if self._run.status in OPEN_STATUSES:
            order = now(_FOLLOWS[follows])
        facts = {"from_step": snapshot.step, "from_value": snapshot.value, "same_order": follows == "same"}
        text = t("back to {snapshot}", snapshot=snapshot.label)
        return Change(None, snapshot.number, text, order, facts=facts)

    def _change(self, command: Command) -> Change:
        adapter, archive = self._run._adapter, self._run._archive
        if command.control == "restore":
            return self.go_back(archive.find(command.value))
        if command.control == "branch":
            which, control, value = command.value
            snapshot = archive.find(which)
            back = self.go_back(snapshot)
            change = adapter.change(control, value)
            kept = back.kept
            if kept and change.kept:
                kept = t("{sentence} {next}", sentence=kept, next=change.kept)
            text = t("branch from {snapshot}: {change}", snapshot=snapshot.label, change=change.text)
            return Change(
                change.old,
                change.new,
                text,
                kept,
                facts={**change.facts, **back.facts, "changed": change.text, "branch_control": control},
            )
        return adapter.change(command.control, command.value)

    def _undo(self, command: Command) -> None:
        text, control, way_back = self._stack.pop()
        before = self._run._adapter.measure()
        way_back.restore()
        change = Change(text, None, t("undone: {text}", text=text), facts={"undone": control})
        self._settle(command, change, before)

    def _settle(self, command: Command, change: Change, before: float | None) -> None:
        self._run._archive.changed()
        self._run._intake.note_learning_rate()
        self._refresh()
        self._run._graphs.changed(command.control, change.text)
        self._ledger.decide(
            command,
            old=change.old,
            new=change.new,
            text=change.text,
            note=change.kept,
            loss_before=before,
            loss_after=self._run._adapter.measure() if before is not None else None,
            script=change.script,
            facts=change.facts,
        )


def _goes_back(command: Command) -> bool:
    return command.control in ("restore", "branch")
