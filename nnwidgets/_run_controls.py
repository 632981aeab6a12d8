"""How a run is steered. `Run` adds what it records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnwidgets._controls import Controls
from nnwidgets._run_views import RunViews
from nnwidgets._services import services
from nnwidgets.controls import Command, Intervention

if TYPE_CHECKING:
    from nnwidgets._archive import Archive
    from nnwidgets._background import Background
    from nnwidgets._steering import Steering
    from nnwidgets.snapshots import Snapshots


class RunControls(RunViews):
    """The steerable side of a run. Everything here may be called from any thread."""

    _archive: Archive
    _steering: Steering
    _background: Background

    @property
    def controls(self) -> Controls:
        """Learning rate, dropout, device, size and pause, as attributes that can be read and set."""
        return Controls(self._steering)

    @property
    def interventions(self) -> list[Intervention]:
        """Every command with its outcome, the oldest first."""
        return list(self._steering.ledger.entries)

    @property
    def stopping(self) -> bool:
        """Whether the training was asked to stop; a loop that is not made of ``epochs`` or ``train`` may look here."""
        return self._steering.stopping

    def pause(self) -> Command:
        """Let the training stand still after the step that is going on."""
        return self._steering.post("pause")

    def resume(self) -> Command:
        """Let a paused training go on."""
        return self._steering.post("resume")

    def step(self) -> Command:
        """Make one training step and stand still."""
        return self._steering.post("step")

    def stop(self, restore: str | int | None = None) -> Command:
        """End the loop after the step that is going on; the code after the loop runs, the run is finished.

        Parameters
        ----------
        restore
            The snapshot to go back to first: ``"best"``, ``"last"`` or its number. None leaves the model as it is.
        """
        return self._steering.post("stop", restore)

    @property
    def snapshots(self) -> Snapshots:
        """The states that were kept: of the best validation, before each change, and those that were asked for."""
        return self._archive.snapshots

    def branch(self, source: str | int = "best", **change: Any) -> Command:
        """Go back to a snapshot and go on from there with one change.

        The random state and, in a loop made of `Run.train`, the order of the batches are those of the first time, so
        that the difference is due to the change alone. What the run did before stays in its history, and in the
        panel as a ghost curve.

        Parameters
        ----------
        source
            ``"best"``, ``"last"`` or a snapshot's number.
        **change
            One of ``dropout``, ``insert_dropout``, ``weight_decay``, ``size``, ``learning_rate``.

        Examples
        --------
        >>> run.branch(dropout=0.5)  # doctest: +SKIP
        """
        return self._steering.post("branch", {"from": source, **change})

    def evaluate(self) -> Command:
        """Run the validation once now, between two training steps."""
        return self._steering.post("evaluate")

    def undo(self) -> Command:
        """Go back to the state before the last change: weights, optimizer, sizes, random state.

        The history goes on: what was recorded since then stays.
        """
        return self._steering.post("undo")

    def start(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run a training function in the background; the cell returns at once.

        What it prints stays with this cell. ■ and `stop` end it.

        Parameters
        ----------
        fn
            The function that trains, with loops made of ``run.epochs`` and ``run.train``, or ``model.fit``.
        *args, **kwargs
            Given to ``fn``.

        Raises
        ------
        RuntimeError
            If one is running already.
        """
        self._background.start(fn, args, kwargs)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of `start`'s function; return whether it has ended.

        Parameters
        ----------
        timeout
            Seconds at most; None waits as long as it takes.
        """
        return self._background.wait(timeout)

    def export_script(self, path: str | Path) -> None:
        """Write a plain Python script that trains the same model with the same interventions at the same steps.

        It needs no nnwidgets. For loops made of ``run.epochs`` and ``run.train`` in a script or in notebook cells.

        Parameters
        ----------
        path
            Where to write it.

        Raises
        ------
        ScriptError
            If the code of the loop cannot be found, or an intervention cannot be written as plain Python.
        """
        Path(path).write_text(services.script(self._whole), encoding="utf-8")

    @property
    def _in_background(self) -> bool:
        return self._background.alive
