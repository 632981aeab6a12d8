"""Measures now and then what happens inside the model: begins and ends the sample of a step, and hands it on."""

from __future__ import annotations

import sys
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from numpy.typing import NDArray

from nnwidgets._layer_sample import Layout, Sample
from nnwidgets._sampling_plan import Plan

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Seconds after which numbers that still lie on a device are fetched by the worker.
_SILENCE: Final = 2.0
#: Samples that may wait for the worker; it takes them ten times a second.
_WAITING: Final = 1_000


class Measured(Protocol):
    """The numbers of one sample, perhaps still on their device."""

    layout: Layout

    def arrived(self) -> bool:
        """Tell whether `values` would not wait. The training thread."""

    def values(self) -> NDArray[Any]:
        """Return the numbers as `Sample.values` has them; any thread, once."""


class Sampler(Protocol):
    """Measures one training step of one framework. The training thread.

    Attributes
    ----------
    notes
        What cannot be measured, in sentences for people; grows.
    spent
        Seconds that were spent inside the step since `begin`.
    """

    notes: list[str]
    spent: float

    def begin(self) -> None:
        """Watch the step that comes. Nothing of the training may change by it."""

    def end(self) -> Measured | None:
        """Watch no more; return what was measured, or None if that is nothing."""

    def close(self) -> None:
        """Leave the model alone, whatever happened before. Harmless when repeated."""


class _Waiting(NamedTuple):
    step: int
    time: float
    since: float
    measured: Measured


class Sampling:
    """The samples of one run. All but `take` belongs to the training thread.

    Attributes
    ----------
    enabled
        Whether there are any.
    plan
        Says which steps.
    going
        Whether a step is being sampled.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.enabled = False
        self.plan = Plan()
        self.going = False
        self._sampler: Sampler | None = None
        self._step = 0
        self._begun = 0.0
        self._spent = 0.0
        self._transfers: deque[_Waiting] = deque()
        self._arrived: deque[_Waiting] = deque(maxlen=_WAITING)

    def open(self) -> None:
        """Begin to look at steps."""
        self._look_at(self.plan.look_at if self.enabled else sys.maxsize)

    def before(self, step: int) -> None:
        """Stand before a step of a loop whose steps are counted; it is sampled if it is due."""
        with self._run._steering.shielded():
            self._end(complete=False)
            if self._is_due(step) and self._begin(step):
                self._look_at(sys.maxsize)
                self._run._steering.attention = True

    def at_record(self, step: int) -> None:
        """Stand at a record of a loop that only logs: what was sampled ends here, and another sample may begin."""
        with self._run._steering.shielded():
            self._end(complete=step >= self._step)
            # What waits is obeyed perhaps in the middle of the optimizer's step, where no hook must be removed.
            if not self._run._steering.mailbox and self._is_due(step + 1) and self._begin(step + 1):
                self._look_at(step + 1)

    def end(self) -> None:
        """End what is being sampled; what has not been trained through is dropped. Between two steps."""
        if not self.going:
            return
        with self._run._steering.shielded():
            self._end(complete=self._run._position.step >= self._step)

    def close(self) -> None:
        """Leave the model alone: the loop is over, whatever ended it."""
        if self.going:
            if self._sampler is not None:
                with self._run._steering.shielded():
                    self._sampler.close()
            self.going = False
            self.plan.dropped(self._run._position.step)
            self.open()

    def take(self, *, all_of_them: bool) -> list[Sample]:
        """Return the samples whose numbers have arrived. The worker thread.

        Parameters
        ----------
        all_of_them
            Wait for what is still on a device.
        """
        samples, clock = [], perf_counter()
        layers = self._run.history.layers
        for note in tuple(self._sampler.notes) if self._sampler is not None else ():
            layers.note(note)
        while self._transfers and (all_of_them or clock - self._transfers[0].since > _SILENCE):
            self._hand_on()
        while self._arrived:
            one = self._arrived.popleft()
            samples.append(Sample(one.step, one.time, one.measured.layout, one.measured.values()))
        return samples

    def _is_due(self, step: int) -> bool:
        self._advance()
        due = self.plan.is_due(step, perf_counter())
        if not due:
            self._look_at(self.plan.look_at)
        return due

    def _begin(self, step: int) -> bool:
        began = perf_counter()
        if self._sampler is None:
            self._sampler = self._run._adapter.sampler()
        if self._sampler is None:
            self._stop()
            return False
        self._step, self._begun = step, began
        self.going = True
        try:
            self._sampler.begin()
        except Exception:
            self._stop()
            raise
        self._spent = perf_counter() - began
        return True

    def _end(self, *, complete: bool) -> None:
        if not self.going:
            return
        sampler = self._sampler
        assert sampler is not None
        began, measured = perf_counter(), None
        try:
            if complete:
                measured = sampler.end()
        except Exception:
            self._stop()
            raise
        finally:
            sampler.close()
            self.going = False
        now = perf_counter()
        spent = now - began + self._spent + sampler.spent
        self._run._cost.in_training += spent
        if complete:
            self.plan.sampled(self._step, now, spent)
        else:
            self.plan.dropped(self._run._position.step)
        self.open()
        if measured is not None:
            self._transfers.append(_Waiting(self._step, self._run.elapsed, now, measured))
            self._advance()

    def _advance(self) -> None:
        while self._transfers and self._transfers[0].measured.arrived():
            self._hand_on()

    def _hand_on(self) -> None:
        try:
            self._arrived.append(self._transfers.popleft())
        except IndexError:  # another thread was faster
            return

    def _stop(self) -> None:
        """Sample no more: there is nothing to sample, or it failed."""
        self.plan.stop()
        if self._sampler is not None:
            self._sampler.close()
        self.going = False
        self._look_at(sys.maxsize)

    def _look_at(self, step: int) -> None:
        self._run._intake.sample_at = step
