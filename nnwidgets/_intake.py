"""What the training thread does for a record: check it, convert it, append it. Nothing here waits."""

from __future__ import annotations

import math
import operator
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._averages import Averages
from nnwidgets._cost import Cost
from nnwidgets._device_values import DeviceQueue, DeviceValue
from nnwidgets._errors import StepError
from nnwidgets._names import series_name
from nnwidgets._scalars import host_number
from nnwidgets._worker import worker
from nnwidgets.protocol import Split

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Spellings remembered for each split; more are still recorded, only looked up anew each time.
_REMEMBERED: Final = 10_000

#: step, seconds since the run began, value of each series.
Row = tuple[int, float, dict[str, "float | DeviceValue"]]
#: a number of completed steps, and the epoch coordinate there.
Anchor = tuple[int, float]


class Intake:
    """The training thread's end of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.queue: deque[Row | Anchor] = deque()
        self.device = DeviceQueue()
        #: The loop that is running now, `Run.train` or `Run.validate`.
        self.split: Split | None = None
        #: Whether `Run.train` counts the steps; otherwise each `Run.log` is one.
        self.counted = False
        #: Whether `Run.epochs` counts the epochs; otherwise each pass of `Run.train` is one.
        self.in_epochs = False
        self.averages: Averages | None = None
        self._names: dict[Split, dict[str, str]] = {"train": {}, "val": {}, "test": {}}
        self._calls = 0
        self._rate: float | None = None
        self._coordinate = 0.0

    @property
    def activity(self) -> int:
        """Grows with everything that the training does."""
        return self._calls + self._run._position.step

    def log(
        self, step: int | None, epoch: float | None, batch_size: int | None, scalars: dict[str, Any]
    ) -> None:
        """Take one call of `Run.log`."""
        began = time.perf_counter()
        split = self.split
        names = self._names[split or "train"]
        averaging = split == "val" and self.averages is not None
        values: dict[str, Any] = {}
        for name, value in scalars.items():
            series = names.get(name) or self._admit(name, split or "train")
            if type(value) is float:
                values[series] = value
            else:
                number = host_number(name, value)
                if number is not None:
                    values[series] = number
                else:
                    values[series] = value.detach() if averaging else self.device.put(value)
        if averaging:
            assert self.averages is not None
            self.averages.add(values, batch_size)
        else:
            at = self._place(step, epoch)
            if values:
                self.queue.append((at, began - self._run._t0, values))
            if not self.counted:
                self.note_learning_rate()
        self._calls += 1
        if not self.device.empty:
            self.device.advance(began)
        if not worker.threaded:
            self._run._keeper.tick_inline(began)
        if not self._calls % Cost.SAMPLE:
            self._run._cost.in_training += (time.perf_counter() - began) * Cost.SAMPLE

    def record(self, values: Mapping[str, Any], *, step: int, moment: float) -> None:
        """Take values that a framework's own loop reports, at a step it names. Any thread, in order of steps."""
        names = self._names["train"]
        row = {}
        for name, value in values.items():
            number = host_number(name, value)
            series = names.get(name) or self._admit(name, "train")
            row[series] = self.device.put(value) if number is None else number
        if row:
            self.queue.append((step, moment, row))
            self._calls += 1
        if not self.device.empty:
            self.device.advance(time.perf_counter())

    def begin_step(self) -> None:
        """Count a training step, and note the learning rate where it changed."""
        position = self._run._position
        position.step += 1
        position.step_in_epoch += 1
        self.note_learning_rate()

    def note_learning_rate(self) -> None:
        """Record the learning rate in force, if it is not the one recorded last."""
        rate = self._run._adapter.learning_rate()
        if rate is not None and rate != self._rate:
            self._rate = rate
            self.queue.append((self._run._position.step, time.perf_counter() - self._run._t0, {"lr": rate}))

    def anchor(self, epoch: float) -> None:
        """Say that the epoch coordinate at this step is exactly ``epoch``."""
        self._coordinate = epoch
        self.queue.append((self._run._position.step, epoch))

    def settle(self, *, keep: bool) -> None:
        """Record the averages of a validation that was left early, or drop them where the training failed."""
        averages, self.averages = self.averages, None
        if averages is None or not keep:
            return
        values: dict[str, Any] = {
            name: mean if isinstance(mean, float) else self.device.put(mean)
            for name, mean in averages.means().items()
        }
        if values:
            self.queue.append((self._run._position.step, time.perf_counter() - self._run._t0, values))

    def _admit(self, name: str, split: Split) -> str:
        series = series_name(name, split)
        if len(self._names[split]) < _REMEMBERED:
            self._names[split][name] = series
        return series

    def _place(self, step: int | None, epoch: float | None) -> int:
        """Return the step of a record, having moved the run there."""
        position = self._run._position
        if step is not None:
            step = _checked_step(step, position.step)
        if epoch is not None:
            epoch = _checked_epoch(epoch, self._coordinate)
        if step is not None:
            position.step = step
        elif not self.counted:
            position.step += 1
        if epoch is not None:
            position.epoch = int(epoch)
            self.anchor(epoch)
        return position.step


def _checked_step(step: Any, last: int) -> int:
    try:
        step = operator.index(step)
    except TypeError:
        raise StepError(f"A step is a whole number, not {step!r}.") from None
    if step < max(last, 0):
        raise StepError(
            f"Step {step:,} lies before step {last:,}, which is recorded already. Steps only go forward; "
            f"leave step= out to have them counted, or begin a new run."
        )
    return int(step)


def _checked_epoch(epoch: Any, last: float) -> float:
    try:
        number = float(epoch)
    except (TypeError, ValueError):
        raise StepError(f"An epoch is a number, not {epoch!r}.") from None
    if not math.isfinite(number) or number < last:
        raise StepError(
            f"Epoch {number:g} lies before epoch {last:g}, which is recorded already. Epochs only go forward."
        )
    return number
