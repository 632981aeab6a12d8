"""Makes the changes that people ask for: measured before and after, with a way back, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nnwidgets._changes import Change
from nnwidgets._errors import RefusedError
from nnwidgets._ledger import Ledger
from nnwidgets._random import random_state
from nnwidgets._undo import UndoStack
from nnwidgets.controls import Command

if TYPE_CHECKING:
    from nnwidgets.run import Run


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
        if command.control == "undo":
            self._undo(command)
            return
        before = adapter.measure()
        restore, way_back = random_state(), adapter.snapshot()
        try:
            change = adapter.change(command.control, command.value)
        except RefusedError:
            raise
        except Exception:
            way_back.and_then(restore).restore()
            raise
        self._stack.push(change.text, way_back.and_then(restore))
        self._settle(command, change, before)

    def _undo(self, command: Command) -> None:
        text, way_back = self._stack.pop()
        before = self._run._adapter.measure()
        way_back.restore()
        self._settle(command, Change(text, None, f"undone: {text}"), before)

    def _settle(self, command: Command, change: Change, before: float | None) -> None:
        self._run._intake.note_learning_rate()
        self._refresh()
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
