"""Run: one training of one model, the only writer of what every view reads.

The training thread pays for one append in `Run.log`; a worker thread (`nnwidgets._worker`) turns what was appended
into history, file and frames.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final, TypeVar

from nnwidgets import _loops
from nnwidgets._archive import Archive
from nnwidgets._background import Background
from nnwidgets._combination import named, noted
from nnwidgets._cost import Cost
from nnwidgets._declared import DeclaredFramework
from nnwidgets._errors import RunClosedError, StopTraining, reject_unknown
from nnwidgets._framework import Framework
from nnwidgets._i18n import t
from nnwidgets._intake import Intake
from nnwidgets._keeper import Keeper
from nnwidgets._naming import new_id, unique_name
from nnwidgets._progress import Position
from nnwidgets._recording import RecordedFramework, Recording
from nnwidgets._run_ends import RunEnds
from nnwidgets._run_graphs import Graphs
from nnwidgets._run_views import Where, check_where
from nnwidgets._sampling import Sampling
from nnwidgets._services import services
from nnwidgets._steering import Steering
from nnwidgets._worker import worker
from nnwidgets.protocol import OPEN_STATUSES, Status

Batch = TypeVar("Batch")

_OPTIONS: Final = (
    "name",
    "id",
    "config",
    "store",
    "show",
    "where",
    "snapshots",
    "stop_on_divergence",
    "controls",
    "statistics",
    "framework",
)


class Run(RunEnds):
    """One training of one model: what was logged, how far it has come, and the panel that shows it.

    Parameters
    ----------
    name
        What people call it; free text of at most 200 characters. Default: the model's class, or ``"run"``.
    id
        Names the file; lower-case letters, digits and hyphens. Default: the time and six random characters.
    config
        Facts to keep with the run, for example ``{"batch size": 64}``; anything that JSON can hold.
    store
        Where to keep it: True for ``.nnwidgets/`` (or ``$NNWIDGETS_HOME``), a folder, or False to keep it in
        memory only.
    show
        Whether the panel appears in the cell that makes the run. Outside notebooks nothing appears.
    where
        ``"cell"``, or ``"sidebar"`` to show the panel in JupyterLab's sidebar alone; then the cell says where it is.
    snapshots
        Whether the state of each new best validation is kept, and that before each change; see `snapshots`.
    stop_on_divergence
        Whether the training ends when the validation loss has left its minimum, with the best state restored.
    controls
        For a network written by hand: what the loop reads from ``run.controls``, with the values to begin with:
        ``{"learning_rate": 0.1, "dropout": 0.0}``.
    statistics
        Whether activations, gradients and updates are measured on some steps, in at most 2 % of the training's time;
        they are at ``run.history.layers`` and in the graph.
    framework
        The adapter to PyTorch, Keras and so on; `nnwidgets.watch` and the callbacks choose it.

    Raises
    ------
    OptionError
        For an option that does not exist, and for ``where="sidebar"`` with ``show=False``.
    RunExistsError
        If ``id`` is given and already stored.

    Notes
    -----
    `log`, `epochs`, `train` and `validate` belong to the thread that trains. Everything else may be called from any
    thread.

    Examples
    --------
    >>> with Run(name="numpy net", show=False, store=False) as run:
    ...     for loss in (0.9, 0.5, 0.3):
    ...         run.log(loss=loss)
    >>> run.history["train/loss"].last.value
    0.3
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
        controls: Mapping[str, float] | None = None,
        statistics: bool = True,
        framework: Framework | None = None,
        **unknown: object,
    ) -> None:
        reject_unknown("nnw.Run", unknown, _OPTIONS)
        check_where(where, show=show)
        adapter = framework or (DeclaredFramework(controls) if controls else Framework())
        self._begin(id or new_id(), unique_name(name, named(adapter.default_name())), noted(config), adapter)
        self._keeper: Keeper | Recording = Keeper(self, store, exclusive=id is not None)
        self._archive = Archive(self, self._keeper.snapshots, automatic=snapshots)
        self._stops_on_divergence = stop_on_divergence
        self._sampling.enabled = statistics
        self._intake.anchor(0.0)
        self._open()
        if show:
            (services.show_aside if where == "sidebar" else services.show)(self)

    def _begin(self, run_id: str, name: str, config: Mapping[str, Any] | None, adapter: Framework) -> None:
        self._adapter = adapter
        self._id, self._name, self._config = run_id, name, dict(config or {})
        self._started = datetime.now(timezone.utc)
        self._status: Status = "running"
        self._error: str | None = None
        self._t0 = time.perf_counter()
        self._ended_at: float | None = None
        self._activity = 0
        self._pid = worker.process
        self._position = Position()
        self._cost = Cost()
        self._intake = Intake(self)
        self._steering = Steering(self)
        self._background = Background(self)
        self._graphs = Graphs(self)
        self._sampling = Sampling(self)
        self._entered = False
        self._stops_on_divergence = False
        self._panel: Any = None
        self._curves: Any = None
        self._endings: list[Callable[[], None]] = []

    @classmethod
    def _of(cls, recording: Recording) -> Run:
        """Make the run that a recording shows; it takes no new values."""
        run = cls.__new__(cls)
        run._begin(recording.id, recording.name, recording.config, RecordedFramework(recording.framework))
        run._keeper = recording
        run._archive = Archive(run, recording.snapshots)
        run._archive.open_files()
        run._status, run._error = recording.status, recording.error
        run._started, run._ended_at = recording.started, recording.progress.elapsed
        run._position.step, run._position.epoch = recording.progress.step, recording.progress.epoch
        run._steering.ledger.entries = recording.interventions
        run._graphs.recall(recording.graphs)
        return run

    def log(
        self,
        *,
        step: int | None = None,
        epoch: float | None = None,
        batch_size: int | None = None,
        **scalars: Any,
    ) -> None:
        """Record one number for each metric.

        Inside ``run.train`` the values belong to the current batch (``loss`` becomes ``train/loss``); inside
        ``run.validate`` they are averaged over all samples and recorded once, at its end (``val/loss``); elsewhere each
        call is one step. ``val_loss`` always means ``val/loss``.

        Parameters
        ----------
        step
            The training step, counted from 1 and never going back. Default: counted for you.
        epoch
            How many epochs are completed at this step; fractions are welcome. Default: counted by ``run.epochs``.
        batch_size
            Samples that a value inside ``run.validate`` is the mean of. Default: read off the batch.
        **scalars
            Numbers, numpy scalars or tensors with one element, on any device. No ``.item()`` is needed: nothing here
            makes a device wait.

        Raises
        ------
        MetricError
            For a value that is not one number, or a name that is too long; nothing of the call is recorded then.
        StepError
            For a step or an epoch that goes back.
        """
        intake = self._intake
        if intake.shut:
            if self._pid != worker.process:  # a forked worker's copy of the run
                return
            self._resume()
        intake.log(step, epoch, batch_size, scalars)

    def epochs(self, n: int) -> Iterator[int]:
        """Count ``n`` epochs, from 0; the run ends with the last one.

        A second call on the same run goes on counting where the first one ended.
        """
        return _loops.epochs(self, n)

    def train(self, loader: Iterable[Batch]) -> Iterator[Batch]:
        """Give the loader's batches on the model's device, with the model in training mode; each is one step."""
        return _loops.train(self, loader)

    def validate(self, loader: Iterable[Batch]) -> Iterator[Batch]:
        """Give the loader's batches with the model in evaluation mode and without gradients.

        What is logged inside is averaged over the samples and recorded once, when the loop is over. The mode that each
        module had before comes back.
        """
        return _loops.validate(self, loader)

    def finish(self, status: Status = "finished", error: str | None = None) -> None:
        """End the run: everything logged is in the history and on disk when this returns. Harmless when repeated.

        Parameters
        ----------
        status
            ``"finished"``, ``"interrupted"`` or ``"failed"``.
        error
            What went wrong, in a line, for a run that failed.
        """
        if self._status not in OPEN_STATUSES or self._keeper.recorded:
            return
        if status == "finished" and self._background.interrupted:
            status = "interrupted"
        self._steering.close(t("The run is over, so there is nothing to steer any more."))
        self._intake.settle(keep=status == "finished")
        with self._steering.shielded():
            self._archive.run_ends()
        self._ended_at = self.elapsed
        self._status, self._error = status, error
        self._intake.shut = True
        self._intake.forget_order()
        self._graphs.close()
        self._intake.fitting = False
        self._position.phase = "idle"
        self._keeper.close()
        self._archive.close()
        self._tell_end()

    def _between_records(self) -> None:
        """Stand at a record of a loop that only logs: between two steps, unless it logs before its step."""
        if self._steering.mailbox:
            self._sampling.close()
        gap = not self._steering.mailbox or self._intake.stands_in_gap(self._after_step)
        if self._steering.safe_point(training=gap) and self._entered and not self._intake.in_epochs:
            raise StopTraining

    def _after_step(self) -> None:
        """Stand after the step of a loop that logs before it."""
        with self._steering.shielded():
            self._steering.safe_point()

    def _open(self) -> None:
        self._intake.shut = False
        self._keeper.open()
        self._steering.open()
        self._graphs.watch_if_none()
        self._sampling.open()
        services.opened(self)

    def _resume(self) -> None:
        """Go on with a run that had ended: someone trains further."""
        if self._keeper.recorded:
            raise RunClosedError(
                t(
                    "The run {name} is a recording and takes no new values. "
                    "Begin a new one with nnw.watch(…) or nnw.Run().",
                    name=repr(self.name),
                )
            )
        self._t0 = time.perf_counter() - self.elapsed
        self._status, self._error, self._ended_at = "running", None, None
        self._steering.reopen()
        self._open()
