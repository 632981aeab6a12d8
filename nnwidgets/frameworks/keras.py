"""Keras 3 on every backend: the callback for ``model.fit``, and the adapter for loops of one's own."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from nnwidgets._errors import MissingDependencyError, reject_unknown
from nnwidgets._i18n import t
from nnwidgets._run_views import Where, check_where
from nnwidgets.frameworks._running_means import RunningMeans
from nnwidgets.protocol import OPEN_STATUSES
from nnwidgets.run import Run

try:
    import keras
except ImportError as error:
    raise MissingDependencyError(
        t("Keras is not installed here. Run: pip install 'nnwidgets[keras]'")
    ) from error

from nnwidgets.frameworks._keras_fit import Fit
from nnwidgets.frameworks._keras_loop import KerasLoop

_OPTIONS: Final = (
    "build",
    "name",
    "id",
    "config",
    "store",
    "show",
    "where",
    "snapshots",
    "stop_on_divergence",
    "statistics",
)
#: Keras's schedule callbacks put the learning rate among the metrics; it is read from the optimizer already.
_RATE_NAMES: Final = frozenset({"lr", "learning_rate"})


class KerasCallback(keras.callbacks.Callback):  # type: ignore[misc]  # keras ships no types
    """Shows a live panel of ``model.fit``; the same callback may be used for any number of fits.

    Parameters
    ----------
    build
        A function of the size that makes the model anew, for models that cannot be resized layer by layer; see
        `nnwidgets.watch`.
    name, id, config, store, show, where, snapshots, stop_on_divergence, statistics
        See `nnwidgets.Run`. ``id`` names the first fit only.

    Attributes
    ----------
    run : Run or None
        The run of the fit that is going on, or of the last one.

    Notes
    -----
    Keras reports running means of an epoch. The panel shows the values of single batches for every metric that is a
    mean (the loss, accuracies …); others (AUC, precision …) are recorded once an epoch.

    Examples
    --------
    >>> model.fit(x, y, validation_data=(xv, yv), epochs=30, callbacks=[nnw.KerasCallback()])  # doctest: +SKIP
    """

    # Keras may then read batch values in a thread of its own instead of waiting for the device in every step.
    async_safe = True

    def __init__(
        self,
        *,
        build: Callable[[float], Any] | None = None,
        name: str | None = None,
        id: str | None = None,
        config: Mapping[str, Any] | None = None,
        store: bool | str | Path = True,
        show: bool = True,
        where: Where = "cell",
        snapshots: bool = True,
        stop_on_divergence: bool = False,
        statistics: bool = True,
        **unknown: object,
    ) -> None:
        reject_unknown("nnw.KerasCallback", unknown, _OPTIONS)
        check_where(where, show=show)
        super().__init__()
        self._build = build
        self._options: dict[str, Any] = {
            "name": name,
            "id": id,
            "config": config,
            "store": store,
            "show": show,
            "where": where,
            "snapshots": snapshots,
            "stop_on_divergence": stop_on_divergence,
            "statistics": statistics,
        }
        self.run: Run | None = None
        self._adapter: KerasLoop | None = None
        self._lock = threading.Lock()
        self._means = RunningMeans()
        self._epoch_start = 0
        self._begun: list[int] = []
        self._batchwise: set[str] = set()
        self._only_at_epochs: frozenset[str] | None = None
        self._in_fit = False

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Begin a run."""
        if self.run is not None and self.run.status in OPEN_STATUSES:
            self.run.finish("failed", t("A new fit began before this one ended."))
        self._adapter = KerasLoop(self.model, build=self._build, fit=Fit(self.model))
        self.run = Run(**self._options, framework=self._adapter)
        self._options["id"] = None
        self._only_at_epochs = None
        self._in_fit = True
        self.run._intake.counted = self.run._intake.fitting = True
        self.run._steering.evaluate = (
            self._validate if self._adapter.fit and self._adapter.fit.validates else None
        )
        self.run._steering.begin_loop()
        position = self.run._position
        position.epochs = (self.params or {}).get("epochs")
        position.steps_per_epoch = (self.params or {}).get("steps")

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Count epochs as Keras does, also from ``initial_epoch``."""
        run = self._open_run()
        position = run._position
        position.epoch, position.step_in_epoch, position.phase = epoch, 0, "train"
        self._means = RunningMeans()
        self._epoch_start = position.step
        self._begun = []
        run._intake.anchor(float(epoch))
        self._read_rate()

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Obey what was asked for, then count a step; on the training thread."""
        steering = self._open_run()._steering
        if not self._begun:  # schedules were stepped since the validation, and random numbers drawn
            with steering.shielded():
                self._open_run()._archive.pass_begins()
        if steering.attention:
            steering.safe_point()
        self._begun.append(batch)
        self._reach(batch)
        run = self._open_run()
        run._intake.note_learning_rate()
        if run._position.step >= run._intake.sample_at:
            run._sampling.before(run._position.step)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the batch; Keras may call this from another thread and out of order."""
        run = self._open_run()
        moment = run.elapsed
        with self._lock:
            batch = self._clipped(batch)
            self._reach(batch)
            first = self._begun[bisect.bisect_right(self._begun, batch) - 1]
            means = self._means_in(logs or {})
            for last, values in self._means.add(first, batch - first + 1, means):
                run._intake.record(values, step=self._epoch_start + last + 1, moment=moment)

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Say that a validation goes on."""
        if self._in_fit and self.run is not None:
            self.run._position.phase = "validate"

    def on_test_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Stand still here as well, while paused."""
        if self._in_fit and self.run is not None and self.run._steering.attention:
            self.run._steering.safe_point(training=False)

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Say that the validation is over."""
        if self._in_fit and self.run is not None:
            self.run._position.phase = "train"

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the validation and what is known once an epoch."""
        run = self._open_run()
        position = run._position
        position.steps_per_epoch = position.steps_per_epoch or position.step_in_epoch or None
        position.epoch, position.step_in_epoch = epoch + 1, 0
        run._intake.anchor(float(epoch + 1))
        values = {
            name: value
            for name, value in (logs or {}).items()
            if name.startswith("val_") or name not in self._batchwise | _RATE_NAMES
        }
        run._intake.record(values, step=position.step, moment=run.elapsed)
        self._read_rate()
        if run._steering.attention:  # so that a run that is stopped now begins no further epoch
            run._steering.safe_point()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """End the run."""
        self._in_fit = False
        run = self._open_run()
        run._steering.end_loop()
        run.finish()

    def _validate(self) -> None:
        """Run the fit's validation between two of its batches."""
        assert self._adapter is not None
        assert self._adapter.fit is not None
        run = self._open_run()
        run._intake.record(self._adapter.fit.validate(), step=run.steps, moment=run.elapsed)

    def _open_run(self) -> Run:
        if self.run is None:
            raise RuntimeError(
                t("KerasCallback belongs into model.fit(…, callbacks=[…]); it has not seen a fit begin.")
            )
        return self.run

    def _read_rate(self) -> None:
        assert self._adapter is not None
        assert self.run is not None
        self._adapter.read_rate_again()
        self.run._intake.note_learning_rate()

    def _clipped(self, batch: int) -> int:
        """Return the last batch that a report is about; Keras counts a last, smaller execution as a full one."""
        steps = (self.params or {}).get("steps")
        return batch if steps is None else min(batch, steps - 1)

    def _reach(self, batch: int) -> None:
        """Move the run to a batch of this epoch; several steps in one execution end further on than they began."""
        position = self._open_run()._position
        if batch + 1 > position.step_in_epoch:
            position.step_in_epoch = batch + 1
            position.step = self._epoch_start + batch + 1

    def _means_in(self, logs: Mapping[str, Any]) -> dict[str, float]:
        if self._only_at_epochs is None:  # compiled metrics exist from the first batch on
            self._only_at_epochs = frozenset(_not_means(self.model.metrics))
        skip = self._only_at_epochs
        means = {
            name: float(value)
            for name, value in logs.items()
            if name not in skip and not any(name.endswith("_" + other) for other in skip)
        }
        self._batchwise.update(means)
        return means


def _not_means(metrics: Iterable[Any]) -> set[str]:
    """Return the names of metrics whose running value is not a mean over batches."""
    names: set[str] = set()
    for metric in metrics:
        inner = getattr(metric, "metrics", None)
        if inner:
            names |= _not_means(inner)
        elif not isinstance(metric, keras.metrics.Mean):
            names.add(str(metric.name))
    return names
