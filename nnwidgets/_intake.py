"""What the training thread does for a record: check it, convert it, append it. Nothing here waits."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Mapping
from threading import get_ident
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._averages import Averages
from nnwidgets._cost import Cost
from nnwidgets._device_values import DeviceQueue, DeviceValue
from nnwidgets._framework import Order
from nnwidgets._names import series_name
from nnwidgets._notices import cannot_stop
from nnwidgets._places import checked_epoch, checked_step
from nnwidgets._scalars import host_number, tensor_class
from nnwidgets._worker import worker
from nnwidgets.protocol import Split

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Spellings remembered for each split; more are still recorded, only looked up anew each time.
_REMEMBERED: Final = 10_000

_SAMPLE: Final = Cost.SAMPLE
#: Rows that may wait for the worker before the logging thread takes a breath, and how long that is, in seconds.
_WAITING: Final = 100_000
_BREATH: Final = 0.002

#: step, seconds since the run began, value of each series.
Row = tuple[int, float, dict[str, "float | DeviceValue"]]
#: a number of completed steps, and the epoch coordinate there.
Anchor = tuple[int, float]


class Intake:
    """The training thread's end of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._position, self._adapter = run._position, run._adapter
        self.queue: deque[Row | Anchor] = deque()
        self.device = DeviceQueue()
        #: Whether no record may simply be taken: the run is over or a recording, or this is a forked process's copy.
        self.shut = True
        #: Whether `Run.train` counts the steps; otherwise each `Run.log` is one.
        self.counted = False
        #: The step at which to ask whether it is sampled.
        self.sample_at = sys.maxsize
        #: Whether `Run.epochs` counts the epochs; otherwise each pass of `Run.train` is one.
        self.in_epochs = False
        self.averages: Averages | None = None
        self._names: dict[Split, dict[str, str]] = {"train": {}, "val": {}, "test": {}}
        self.split = None
        self._calls = 0
        #: Whether something besides the record must be done on this thread: a device is read, or there is no worker.
        self.attentive = False
        #: ``torch.Tensor``, once something other than floats was logged.
        self._tensor: type | None = None
        self._rate: float | None = None
        self._order: Order | None = None
        #: The thread of a loop that only logs.
        self.thread: int | None = None
        #: Whether a framework's own loop goes on, Keras's or Lightning's.
        self.fitting = False
        #: Loops begun so far; one may be left before its first step, for example while it is paused there.
        self.loops = 0
        self._last: dict[str, Any] = {}
        self._coordinate = 0.0
        #: The validation series by which the best state is known.
        self._judged: str | None = None

    @property
    def split(self) -> Split | None:
        """The loop that is running now, `Run.train` or `Run.validate`."""
        return self._split

    @split.setter
    def split(self, split: Split | None) -> None:
        self._split = split
        self._here = self._names[split or "train"]

    @property
    def activity(self) -> int:
        """Grows with everything that the training does."""
        return self._calls + self._run._position.step + self.loops

    @property
    def busy(self) -> bool:
        """Whether one of the run's loops goes on."""
        return self.in_epochs or self.split is not None or self.fitting

    @property
    def rate(self) -> float | None:
        """The learning rate that was in force at the last step."""
        return self._rate

    @property
    def last_loss(self) -> float | None:
        """The training loss that was recorded last, or None while it is still on a device."""
        value = self._last.get("train/loss")
        return value.number if isinstance(value, DeviceValue) else value

    def log(  # noqa: PLR0912 — in a training loop each further call costs a third of a microsecond
        self, step: int | None, epoch: float | None, batch_size: int | None, scalars: dict[str, Any]
    ) -> None:
        """Take one call of `Run.log`.

        In a training loop the caches are cold, and every call of a function costs a third of a microsecond: so the
        common case makes few.
        """
        began = perf_counter()
        names = self._here
        averages = self.averages if self._split == "val" else None
        values: dict[str, Any] = {}
        for name, value in scalars.items():
            series = names.get(name) or self._admit(name, self._split or "train")
            kind = type(value)
            if kind is float:
                values[series] = value
            elif kind is self._tensor and value.is_cpu:
                try:
                    number = value.item()
                except RuntimeError:  # not one number: the way through `_number` says so
                    number = None
                values[series] = number if type(number) is float else self._number(name, value, averages)
            else:
                values[series] = self._number(name, value, averages)
        if averages is not None:
            averages.add(values, batch_size)
        else:
            plain = self.counted and step is None and epoch is None
            at = self._position.step if plain else self._place(step, epoch)
            if values:
                self.queue.append((at, began - self._run._t0, values))
                self._last = values
            if not self.counted:
                self.thread = get_ident()
                self.note_learning_rate()
                if at >= self.sample_at:
                    self._run._sampling.at_record(at)
            if self._judged in values:
                self._validated(values)
        self._calls = calls = self._calls + 1
        if self.attentive:
            began += self._attend(began)
        if not calls % _SAMPLE:
            self._run._cost.in_training += (perf_counter() - began) * _SAMPLE
            if len(self.queue) > _WAITING:
                # A loop that only logs is faster than anything can take it in; a breath keeps memory bounded. No
                # training comes near: that would take 100,000 steps in half a second.
                sleep(_BREATH)

    def _attend(self, now: float) -> float:
        """Do what cannot wait for the worker; return the seconds of it that are the worker's."""
        if not self.device.empty:
            self.device.advance(now)
        spent = 0.0 if worker.threaded else self._run._keeper.tick_inline(now)
        if self._run._steering.attention and not self.counted and self._split is None:
            self._run._between_records()
        return spent

    def _number(self, name: str, value: Any, averages: Averages | None) -> Any:
        """Return any value as a number, or what stands for it; and learn what a tensor is."""
        self._tensor = self._tensor or tensor_class()
        number = host_number(name, value)
        return self._on_device(value, averages) if number is None else number

    def _on_device(self, value: Any, averages: Averages | None) -> Any:
        """Return what stands for a value on an accelerator until its number has arrived."""
        self.attentive = True
        return self.device.put(value) if averages is None else value.detach()

    def record(self, values: Mapping[str, Any], *, step: int, moment: float) -> None:
        """Take values that a framework's own loop reports, at a step it names. Any thread, in order of steps."""
        names = self._names["train"]
        row = {}
        for name, value in values.items():
            number = host_number(name, value)
            series = names.get(name) or self._admit(name, "train")
            row[series] = self._on_device(value, None) if number is None else number
        if row:
            self.queue.append((step, moment, row))
            self._calls += 1
            self._last = row
            if self._judged in row:
                self._validated(row)
        if self.attentive and not self.device.empty:
            self.device.advance(perf_counter())

    def stands_in_gap(self, gap: Callable[[], None]) -> bool:
        """Tell whether a loop that only logs stands between two steps when it does; if not, ``gap`` is called there."""
        if self._order is None:
            self._order = self._adapter.order(gap)
        return self._order is None or self._order.stands_in_gap()

    def forget_order(self) -> None:
        """Say that this loop does not only log, or that it is over."""
        order, self._order = self._order, None
        if order is not None:
            order.forget()

    def begin_step(self) -> None:
        """Count a training step, and note the learning rate where it changed."""
        position = self._position
        position.step += 1
        position.step_in_epoch += 1
        if position.step >= self.sample_at:
            self._run._sampling.before(position.step)
        rate = self._adapter.learning_rate()
        if rate != self._rate:
            self.note_learning_rate()

    def note_learning_rate(self) -> None:
        """Record the learning rate in force, if it is not the one recorded last."""
        rate = self._run._adapter.learning_rate()
        if rate is not None and rate != self._rate:
            before, self._rate = self._rate, rate
            at, now = self._run._position.step, perf_counter() - self._run._t0
            if before is not None:  # a rate jumps; between two points the curve would show a ramp
                self.queue.append((at, now, {"lr": before}))
            self.queue.append((at, now, {"lr": rate}))

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
            name: mean if isinstance(mean, float) else self._on_device(mean, None)
            for name, mean in averages.means().items()
        }
        if values:
            self.queue.append((self._run._position.step, perf_counter() - self._run._t0, values))
            if self._judged in values:
                self._validated(values)

    def _validated(self, values: Mapping[str, Any]) -> None:
        """Hand a validation on to who keeps the best state; a number on a device is waited for, once a validation."""
        assert self._judged is not None
        value = values[self._judged]
        if isinstance(value, DeviceValue):
            if value.number is None:
                self.device.drain()
            value = value.number
        if value is not None:
            with self._run._steering.shielded():
                self._run._archive.validated(self._judged, value)
                if self._run._stops_on_divergence:
                    self._stop_if_flagged()

    def _stop_if_flagged(self) -> None:
        """Wait until the worker has judged this validation, so that the same run always ends at the same step."""
        run = self._run
        run._keeper.flush(10.0)
        if run.divergence is None or run._steering.stopping:
            return
        if self.busy or run._entered:
            run._steering.post("stop", "best" if run.snapshots.best is not None else None)
        else:
            run._keeper.call_soon(lambda: run._keeper.notify(cannot_stop()))

    def _admit(self, name: str, split: Split) -> str:
        series = series_name(name, split)
        if series.startswith("val/") and (self._judged is None or series == "val/loss"):
            self._judged = series
        if len(self._names[split]) < _REMEMBERED:
            self._names[split][name] = series
        return series

    def _place(self, step: int | None, epoch: float | None) -> int:
        """Return the step of a record, having moved the run there."""
        position = self._run._position
        if step is not None:
            step = checked_step(step, position.step)
        if epoch is not None:
            epoch = checked_epoch(epoch, self._coordinate)
        if step is not None:
            position.step = step
        elif not self.counted:
            position.step += 1
        if epoch is not None:
            position.epoch = int(epoch)
            self.anchor(epoch)
        return position.step
