"""Lightning: a callback for the ``Trainer``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

from nnwidgets._changes import Change
from nnwidgets._contents import Contents
from nnwidgets._errors import MissingDependencyError, reject_unknown
from nnwidgets._framework import Restore, WayBack
from nnwidgets._i18n import later, t
from nnwidgets._names import series_name
from nnwidgets._run_views import Where, check_where
from nnwidgets._sampling import Sampler
from nnwidgets.frameworks._lightning_optimizers import FurtherOptimizers
from nnwidgets.frameworks._torch_sampler import TorchSampler
from nnwidgets.frameworks.torch import TorchFramework
from nnwidgets.graph import Graph
from nnwidgets.protocol import OPEN_STATUSES, Split
from nnwidgets.run import Run

if TYPE_CHECKING:
    from lightning.pytorch.callbacks import Callback
else:
    try:
        from lightning.pytorch.callbacks import Callback
    except ImportError:
        try:
            from pytorch_lightning.callbacks import Callback
        except ImportError as error:
            raise MissingDependencyError(
                t("Lightning is not installed here. Run: pip install 'nnwidgets[lightning]'")
            ) from error

_OPTIONS: Final = (
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
#: Seconds between two readings of what the module logged in training; each one makes Lightning reduce its results.
_METRICS_INTERVAL: Final = 0.1


class LightningFramework(TorchFramework):
    """The adapter for a Lightning module; Lightning itself keeps modes and devices."""

    name = "lightning"
    keeps_device = later("Lightning's Trainer")

    @property
    def no_validation(self) -> str:
        return t(
            "Lightning's Trainer validates by its own plan (val_check_interval) and cannot be asked in between."
        )

    def __init__(self, trainer: Any, module: Any) -> None:
        # What is resized is the network, around which the module has only Lightning's methods.
        nets = [child for child in module.children() if next(child.parameters(), None) is not None]
        optimizer = trainer.optimizers[0] if trainer.optimizers else None
        super().__init__(module, optimizer, core=nets[0] if len(nets) == 1 else None)
        self._trainer = trainer
        self._further = FurtherOptimizers(trainer.optimizers[1:])

    def change(self, control: str, value: Any) -> Change:
        self._further.judge(control)
        return self._further.told(control, super().change(control, value))

    def snapshot(self, *, on_host: bool = False) -> WayBack:
        return self._further.with_them(super().snapshot(on_host=on_host), on_host=on_host)

    def load(self, contents: Contents) -> None:
        self._further.load(contents, super().load)

    def watch_graph(
        self, arrived: Callable[[Graph], object], failed: Callable[[Exception], object] | None = None
    ) -> Restore:
        # The step as a whole, with the loss; but what is compiled must be called as it is.
        from nnwidgets.frameworks._torch_graph_shadow import is_compiled_inside
        from nnwidgets.frameworks._torch_graph_watch import StepWatch

        if is_compiled_inside(self.model):
            return super().watch_graph(arrived, failed)
        watch = StepWatch(self.model, "training_step", arrived, failed)
        watch.begin()
        return watch.end

    def sampler(self) -> Sampler | None:
        return TorchSampler(self.model, self._trainer.optimizers)

    def request_stop(self) -> bool:
        self._trainer.should_stop = True
        return True


class LightningCallback(Callback):
    """Shows a live panel of ``Trainer.fit``; the same callback may be used for any number of fits.

    The training loss is what ``training_step`` returns, of every batch. Further metrics are what the module logs with
    ``self.log``: in training at most ten times a second, in validation once, as Lightning reduces them.

    Parameters
    ----------
    name, id, config, store, show, where, snapshots, stop_on_divergence, statistics
        See `nnwidgets.Run`. ``id`` names the first fit only.

    Attributes
    ----------
    run : Run or None
        The run of the fit that is going on, or of the last one.

    Notes
    -----
    In a distributed training only the first process has a run.

    Examples
    --------
    >>> L.Trainer(callbacks=[nnw.LightningCallback()]).fit(module, data)  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
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
        reject_unknown("nnw.LightningCallback", unknown, _OPTIONS)
        check_where(where, show=show)
        super().__init__()
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
        self._seen: dict[str, Any] = {}
        self._due = 0.0
        #: Whether an epoch began, or a validation ended, since the last step.
        self._between = False

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin a run."""
        if not trainer.is_global_zero:
            return
        if self.run is not None and self.run.status in OPEN_STATUSES:
            self.run.finish("failed", t("A new fit began before this one ended."))
        self.run = Run(**self._options, framework=LightningFramework(trainer, pl_module))
        self._options["id"] = None
        self.run._intake.counted = self.run._intake.fitting = True
        self.run._steering.begin_loop()
        position = self.run._position
        position.epochs = trainer.max_epochs if (trainer.max_epochs or -1) > 0 else None

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Count epochs as Lightning does, also after a checkpoint."""
        if self.run is None:
            return
        position = self.run._position
        position.epoch, position.step_in_epoch, position.phase = trainer.current_epoch, 0, "train"
        batches = trainer.num_training_batches
        position.steps_per_epoch = int(batches) if batches != float("inf") else None
        self.run._intake.anchor(float(trainer.current_epoch))
        self._between = True

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Obey what was asked for, then count a step."""
        if self.run is None:
            return
        steering = self.run._steering
        if self._between:  # Lightning stepped its schedules, and drew the seed of the loader's workers
            self._between = False
            with steering.shielded():
                self.run._archive.pass_begins()
        if steering.attention:
            steering.safe_point()
        steering.rehearse()
        self.run._intake.begin_step()

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Record the loss of the batch, and now and then what else the module logged."""
        if self.run is None:
            return
        if self.run._sampling.going:  # before a validation begins
            self.run._sampling.end()
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        values = {} if loss is None else {"loss": loss}
        now = time.monotonic()
        # A run that stops by itself must see the same values whenever it is made again, however fast it goes.
        if now >= self._due or self.run._stops_on_divergence:
            self._due = now + _METRICS_INTERVAL
            values |= self._logged_since(trainer, "train")
        self._record(values)

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Say that a validation goes on."""
        if self.run is not None and not trainer.sanity_checking:
            self.run._position.phase = "validate"
            self._seen = dict(trainer.callback_metrics)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Record what the validation logged, as Lightning reduced it."""
        if self.run is None or trainer.sanity_checking:
            return
        self.run._position.phase = "train"
        self._record(self._logged_since(trainer, "val"))
        self._between = True

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """End an epoch."""
        if self.run is None:
            return
        position = self.run._position
        self._record(self._logged_since(trainer, "train"))
        position.epoch, position.step_in_epoch = trainer.current_epoch + 1, 0
        self.run._intake.anchor(float(trainer.current_epoch + 1))

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """End the run."""
        if self.run is not None:
            self.run._steering.end_loop()
            self.run.finish()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End the run as failed, or as interrupted."""
        if self.run is not None:
            self.run._steering.end_loop()
            self.run._end_with(exception)

    def on_validation_batch_end(self, trainer: Any, pl_module: Any, *_: Any, **__: Any) -> None:
        """Stand still here as well, while paused."""
        if self.run is not None and self.run._steering.attention and not trainer.sanity_checking:
            self.run._steering.safe_point(training=False)

    def _record(self, values: Mapping[str, Any]) -> None:
        assert self.run is not None
        self.run._intake.record(values, step=self.run.steps, moment=self.run.elapsed)

    def _logged_since(self, trainer: Any, split: Split) -> dict[str, Any]:
        """Return what the module logged with ``self.log`` since the last look, for this kind of data.

        Lightning keeps training and validation in one dict, also under the same name; what was computed anew lies at a
        new place in memory.
        """
        now = dict(trainer.callback_metrics)
        before, self._seen = self._seen, now
        values: dict[str, Any] = {}
        for name, value in now.items():
            if _same(before.get(name), value) or name.endswith("_epoch"):  # it repeats "…_step" as a mean
                continue
            series = series_name(name.removesuffix("_step"), split)
            if series != "train/loss":  # recorded of every batch
                values[series] = value
        return values


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are one result: everyone who asks Lightning gets a tensor of his own on its memory."""
    both = isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor)
    return one is other or (both and one.data_ptr() == other.data_ptr())
