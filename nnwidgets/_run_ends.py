"""How a run ends when the code around it does: a block, a cell, an error. `Run` adds what it records."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from nnwidgets._errors import StopTraining
from nnwidgets._open_runs import left_early
from nnwidgets._run_controls import RunControls
from nnwidgets.protocol import OPEN_STATUSES, Status

if TYPE_CHECKING:
    from nnwidgets._intake import Intake
    from nnwidgets.run import Run


class RunEnds(RunControls):
    """The end of a run, as others bring it about."""

    _activity: int
    _endings: list[Callable[[], None]]
    _entered: bool
    _intake: Intake

    def __enter__(self) -> Run:
        self._entered = True
        return self._whole

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        self._entered = False
        stopped = isinstance(error, StopTraining)
        self._end_with(None if stopped else error)
        return stopped

    def _end_with(self, error: BaseException | None) -> None:
        """End as the code around the run ended, also where the loop was left before anyone could see why."""
        if error is None:
            self._whole.finish()
            return
        status: Status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        reason = None if status == "interrupted" else f"{type(error).__name__}: {error}".strip()[:500]
        if self._status in OPEN_STATUSES:
            self._whole.finish(status, reason)
        elif self._whole in left_early:
            self._status, self._error = status, reason
            self._forget_leaving()
            self._tell_end()
        self._forget_leaving()

    def _at_end(self, call: Callable[[], None]) -> None:
        """Have ``call`` called on the thread that ends the run, each time that it ends."""
        self._endings.append(call)

    def _tell_end(self) -> None:
        for call in self._endings:
            self._keeper.shield(call)

    def _forget_leaving(self) -> None:
        if self._whole in left_early:
            left_early.remove(self._whole)
            self._keeper.amend()

    def _left_cell(self, error: BaseException | None) -> None:
        """Take the end of a notebook cell: the run ends with it if it worked in it and it failed."""
        before, self._activity = self._activity, self._intake.activity
        if self._activity == before:
            return
        if error is not None:
            self._end_with(error)
        elif self._status in OPEN_STATUSES:
            self._whole.flush()
        self._forget_leaving()
