"""Ours in a torch loop: recorded only, kept on disk too, and with the panel showing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import nnwidgets as nnw
from benchmarks.loggers import Logger
from benchmarks.work import Batch, Work


class Ours(Logger):
    """A new run for every block, as a person who runs the cell again has it."""

    stored = False
    shown = False
    run: nnw.Run | None = None
    frames = 0
    frames_per_second = 0.0

    def __init__(self, scratch: Path, work: Work) -> None:
        self.work = work
        super().__init__(scratch)

    def begin(self) -> nnw.Run:
        store = self.scratch if self.stored else False
        run = nnw.watch(self.work.model, self.work.optimizer, store=store, show=False)
        if self.shown:
            run.show()
            self.frames = 0
            run.observe(self.count)
        self.log = lambda loss, accuracy: run.log(loss=loss, accuracy=accuracy)
        return run

    def wrap(self, batches: Iterable[Batch]) -> Iterable[Batch]:
        self.run = self.begin()
        return self.run.train(batches)

    def count(self, run: nnw.Run) -> None:
        self.frames += 1

    def settle(self) -> None:
        assert self.run is not None
        self.frames_per_second = self.frames / self.run.elapsed
        self.run.finish()
        if self.shown:
            self.run.panel.close()


class Stored(Ours):
    stored = True


class Shown(Stored):
    shown = True


OURS: dict[str, type[Ours]] = {"ours.log": Ours, "ours.store": Stored, "ours.panel": Shown}
