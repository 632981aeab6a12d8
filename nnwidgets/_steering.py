"""Where commands meet the training: they are obeyed on its thread, in the gap between two steps, one after another."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from nnwidgets import _control_offers, _control_values, _refusals
from nnwidgets._changer import Changer
from nnwidgets._ending import Ending
from nnwidgets._errors import RefusedError, SnapshotError
from nnwidgets._i18n import reason_of, t
from nnwidgets._ledger import Ledger, asked, plain
from nnwidgets._open_runs import open_runs
from nnwidgets._orders import ORDERS
from nnwidgets._position import Loop
from nnwidgets._services import services
from nnwidgets._undo import UndoStack
from nnwidgets.control_facts import ControlFacts
from nnwidgets.controls import CHANGES, MAX_WAITING, Command, Control, Mailbox, Source
from nnwidgets.protocol import OPEN_STATUSES

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Seconds that a paused training sleeps between two looks at the kernel's messages, where it must look by itself.
_LOOK: Final = 0.02
#: Seconds after which a paused training looks around in any case.
_NAP: Final = 0.5
#: Seconds between two looks at where the controls stand; what we change ourselves is looked at at once.
_REFRESH: Final = 1.0

#: Commands that can be obeyed in a validation as well: they touch nothing that it computes with. Those of the second
#: row wait all the same behind one that must wait, so that changes are made in the order in which they were asked for.
_ANYWHERE: Final = ("pause", "resume", "step", "stop")
_HARMLESS: Final = ("learning_rate", "dropout", "insert_dropout", "weight_decay", "look")

_NOTHING: Final[ControlFacts] = {"learning_rate": None, "dropout": None, "device": None, "size": None}


class Steering:
    """The commands of one run. `post` may be called from any thread, the rest belongs to the one that trains."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.mailbox = Mailbox()
        #: Whether the loop must stop at the next safe point to see what there is: one attribute, read in every step.
        self.attention = False
        #: Whether the loop should end.
        self.stopping = False
        self.paused = False
        self.facts: ControlFacts = _NOTHING
        self.ledger = Ledger(run)
        self.undo = UndoStack()
        self.changer = Changer(run, self.ledger, self.undo, self.refresh)
        #: Validates once; set by the loop that knows how.
        self.evaluate: Callable[[], None] | None = None
        #: What a stopped training ends with.
        self.ending = Ending(run)
        #: Whether what is obeyed now is obeyed within a validation.
        self.validating = False
        self._stepping: Command | None = None
        self._stepping_from = 0
        #: Whether a validation goes on between two steps, because somebody asked for it.
        self.evaluating = False
        #: The pass through the loader that goes on.
        self.loop = Loop()
        self._polled = False
        self._rehearsal: Callable[[], None] | None = None
        self._rehearsed = False
        self._refresh_due = 0.0
        self._applying = threading.RLock()

    def post(self, control: Control, value: Any = None, source: Source = "python") -> Command:
        """Take a command from any thread.

        Raises
        ------
        RefusedError
            At once, for a value that no training could take.
        """
        value = _control_values.JUDGES[control](value)
        _control_offers.judge(control, value, self.facts)
        command = Command(control, value, source)
        if self.run._keeper.recorded or (self.run.status not in OPEN_STATUSES and control != "restore"):
            self._refuse(command, _refusals.over(self.run.status))
        elif self.run.status not in OPEN_STATUSES:  # nobody trains: the model can be put back at once
            with self._applying:
                self._obey_afterwards(command)
        elif not self.mailbox.put(command):
            self._refuse(command, _refusals.crowded(MAX_WAITING))
        else:
            self.attention = True
            if not self.run._intake.counted:  # a loop that only logs looks here
                self.run._intake.attentive = True
            if source == "python" and self._is_between_loops():
                with self._applying:
                    self._obey_all(training=True)
            self.run._keeper.touch()
        return command

    def submit(self, control: Control, value: Any, source: Source) -> Command:
        """Take a command from a page: a value that cannot be taken is a refusal like any other."""
        try:
            return self.post(control, value, source)
        except RefusedError as error:
            command = Command(control, plain(value), source)
            self._refuse(command, reason_of(error))
            return command

    def open(self) -> None:
        """Say that the run is open: look where the controls stand, and listen."""
        self.refresh()
        if services.must_pump():
            self._polled = self.attention = self.run._intake.attentive = True

    def refresh_if_idle(self) -> None:
        """Look anew where the controls stand, if nothing trains now."""
        if self.run.status in OPEN_STATUSES and self._is_between_loops():
            self.refresh()

    def begin_loop(self) -> None:
        """Say that steps follow on this thread."""
        self.run._intake.loops += 1
        self._polled = services.must_pump()
        if self._polled or self.mailbox:
            self.attention = True
        if time.monotonic() >= self._refresh_due:
            self.refresh()

    def rehearse(self) -> None:
        """Have the first step watched, to learn how the loss is computed."""
        if not self._rehearsed:
            self._rehearsed = True
            with self.shielded():
                self._rehearsal = self.run._adapter.rehearse()
            if self._rehearsal is not None:
                self.attention = True

    def end_loop(self) -> None:
        """Say that no step follows for now."""
        self._end_rehearsal()
        self.run._sampling.close()
        self._finish_step()

    def safe_point(self, *, training: bool = True) -> bool:
        """Obey what waits, and stay here while the training is paused.

        Parameters
        ----------
        training
            Whether this is the gap between two training steps. In a validation only pausing and stopping are possible.

        Returns
        -------
        bool
            Whether the loop should end.
        """
        if training:
            self._end_rehearsal()
            self.run._sampling.end()
            self._finish_step()
        with self._applying:
            self._obey_all(training)
        while self._is_standing():
            self._show_status("paused")
            self.mailbox.wait(_LOOK if self._polled else _NAP)
            services.pump()
            with self._applying:
                self._obey_all(training)
        self._show_status("running")
        self.attention = self._polled or self.paused or self.stopping or self._stepping is not None
        # In this order: a command that arrives meanwhile sets it after it was put there.
        if self.mailbox or self.run._sampling.going:  # this may be a validation within a step
            self.attention = True
        return self.stopping

    def close(self, reason: str) -> None:
        """Refuse what waits: the run is over."""
        self.run._sampling.close()
        self.end_where_asked()
        self.ending.forget()
        self._finish_step()
        unanswered, self._stepping = self._stepping, None
        if unanswered is not None:
            self._refuse(unanswered, reason)
        while (command := self.mailbox.take()) is not None:
            self._refuse(command, reason)
        self.paused = self.attention = False
        self.undo.clear()

    def end_where_asked(self) -> None:
        """Go back to where a stopped training was to end, if that is still to be done."""
        with self.shielded():
            self.ending.go_back()

    def reopen(self) -> None:
        """Begin anew after an end: what was stopped goes on."""
        self.stopping = self.paused = False

    def refresh(self) -> None:
        """Look where every control stands."""
        self._refresh_due = time.monotonic() + _REFRESH
        with self.shielded():
            self.facts = self.run._adapter.controls()

    def _obey_all(self, training: bool) -> None:
        outer, self.validating = self.validating, not training  # "evaluate" validates within
        services.pump()
        kept: list[Command] = []
        # A single step comes before what was asked for after it.
        while self._stepping is None and (command := self.mailbox.take()) is not None:
            now = training or command.control in _ANYWHERE or (command.control in _HARMLESS and not kept)
            if not now:
                kept.append(command)
            else:
                self._obey(command)
        for command in reversed(kept):
            self.mailbox.put_back(command)
        self.validating = outer

    def _obey(self, command: Command) -> None:
        try:
            if command.control in CHANGES:
                self.changer.make(command)
            else:
                ORDERS[command.control](self, command)
        except (RefusedError, SnapshotError) as error:
            self._refuse(command, reason_of(error))
        except Exception as error:  # noqa: BLE001 — a fault of ours must not stop the training
            self.run._keeper.fault(error)
            self._refuse(command, _refusals.failed(error))

    def _obey_afterwards(self, command: Command) -> None:
        """Obey after the end of the run, unless its model is being trained by another one now."""
        model = getattr(self.run._adapter, "model", None)
        for other in tuple(open_runs.values()):
            if model is not None and getattr(other._adapter, "model", None) is model and other._intake.busy:
                self._refuse(command, _refusals.taken(other.name))
                return
        self._obey(command)

    def _finish_step(self) -> None:
        """Answer a single step, once it has been made."""
        command = self._stepping
        if command is None or self.run._position.step == self._stepping_from:
            return
        self._stepping = None
        loss = self.run._intake.last_loss
        self.ledger.decide(
            command,
            old=None,
            new=None,
            text=t("one step") if loss is None else t("one step, loss {loss}", loss=f"{loss:.4g}"),
        )

    def _refuse(self, command: Command, reason: str) -> None:
        facts: Any = self.facts.get("dropout" if command.control == "insert_dropout" else command.control)
        standing = facts["value"] if facts else None
        self.ledger.decide(
            command, old=standing, new=command.value, text=asked(command), applied=False, reason=reason
        )

    def _is_standing(self) -> bool:
        """Whether the training stands still now."""
        going = self.stopping or self._stepping is not None or self.evaluating
        return self.paused and not going and self.run._status in OPEN_STATUSES

    def _show_status(self, status: Any) -> None:
        run = self.run
        if run._status in OPEN_STATUSES and run._status != status:
            run._status = status
            run._keeper.touch()

    def _is_between_loops(self) -> bool:
        """Whether the caller stands where nothing trains: no loop of this run goes on anywhere."""
        here = threading.current_thread() is threading.main_thread()
        intake = self.run._intake
        logs_elsewhere = intake.thread not in (None, threading.main_thread().ident)
        return here and not intake.busy and not logs_elsewhere and not self.run._in_background

    def _end_rehearsal(self) -> None:
        end, self._rehearsal = self._rehearsal, None
        if end is not None:
            with self.shielded():
                end()

    @contextlib.contextmanager
    def shielded(self) -> Any:
        """Keep a fault of ours from the training."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 — whatever it is, it must not reach the training
            self.run._keeper.fault(error)
