"""Snapshots: the whole state of a training at one step, to go back to.

A snapshot holds weights, buffers, the optimizer's state, the random states of Python, numpy and the framework, and how
far the loop had come in its epoch. It is taken on the training thread between two steps, kept in memory up to a
budget, and written to disk as safetensors by a thread of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nnwidgets._i18n import t

if TYPE_CHECKING:
    from nnwidgets._archive import Archive
    from nnwidgets.controls import Command

Reason = Literal["best", "last", "before", "pinned"]


class Snapshot:
    """One snapshot. Its attributes may be read from any thread.

    Attributes
    ----------
    number
        Counts the snapshots of a run, from 1.
    reason
        Why it was taken: ``"best"``, the best validation so far; ``"last"``, the end of the run; ``"before"``, before a
        change; ``"pinned"``, because somebody asked for it. A pinned one is never let go.
    step, epoch
        Training steps and epochs completed then.
    value
        The validation loss for which it was taken, or the last one before; None where there was none.
    label
        In a few words: ``"best, epoch 14"``.
    nbytes
        What it takes, in bytes.
    path
        Its file, or None while it is in memory only.
    """

    def __init__(
        self,
        archive: Archive,
        *,
        number: int,
        reason: Reason,
        step: int,
        epoch: float,
        value: float | None,
        label: str,
        nbytes: int = 0,
        path: Path | None = None,
    ) -> None:
        self._archive = archive
        self.number, self.reason, self.label = number, reason, label
        self.step, self.epoch, self.value = step, epoch, value
        self.nbytes, self.path = nbytes, path

    def restore(self, model: Any = None, optimizer: Any = None) -> Command | None:
        """Go back to it.

        In a training that goes on, this asks for it and returns the command; the loop goes back between two steps. A
        loop made of ``run.train`` begins the epoch's batches where the snapshot stood, in the same order, so that from
        there on every number is the one that came the first time. After the end it is done at once. The history goes
        on in any case: what was recorded stays.

        Parameters
        ----------
        model, optimizer
            What to load it into, for a snapshot of a run that was opened from a file.

        Raises
        ------
        SnapshotError
            If its file is gone, damaged, or of another model or size; nothing was changed.
        RefusedError
            If this run has no model to restore, and none is given.
        """
        return self._archive.restore(self, model, optimizer)

    def pin(self) -> None:
        """Keep it for good."""
        self._archive.pin(self)

    def __repr__(self) -> str:
        value = "" if self.value is None else f", {self.value:.4g}"
        where = "on disk" if self.path is not None else "in memory"
        return f"<Snapshot {self.number}: {self.label}{value}, step {self.step:,}, {where}>"


class Snapshots:
    """The snapshots of one run, the oldest first. Any thread."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @property
    def best(self) -> Snapshot | None:
        """That of the best validation so far, or None."""
        return self._archive.best

    @property
    def last(self) -> Snapshot | None:
        """The one that was taken last, or None."""
        entries = self._archive.entries
        return entries[-1] if entries else None

    def take(self, label: str | None = None) -> Command:
        """Ask for one now; it is taken between two steps, and kept for good.

        Parameters
        ----------
        label
            What to call it.
        """
        return self._archive.ask(label)

    def __len__(self) -> int:
        return len(self._archive.entries)

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(tuple(self._archive.entries))

    def __getitem__(self, number: int) -> Snapshot:
        """Return one by its number.

        Raises
        ------
        KeyError
            If there is none, or it was let go.
        """
        for snapshot in self:
            if snapshot.number == number:
                return snapshot
        raise KeyError(
            t(
                "There is no snapshot {number}. There are: {known}.",
                number=number,
                known=[s.number for s in self],
            )
        )

    def __repr__(self) -> str:
        return f"<{len(self)} snapshots: {', '.join(s.label for s in self)}>"
