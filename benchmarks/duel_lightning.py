"""Lightning: loggers and our callback against a bare ``Trainer``."""

from __future__ import annotations

import logging
import tempfile
import time
import warnings
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

import nnwidgets as nnw
from benchmarks.work import Work

#: Steps before the clock starts, and seconds that a step takes about.
WARM, STEP = 30, 0.001


class Module(pl.LightningModule):
    """The same network; logs its two scalars itself if asked to."""

    def __init__(self, *, logs: bool) -> None:
        super().__init__()
        work = Work()
        self.model, self.loss_fn, self.logs = work.model, work.loss_fn, logs

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        x, y = batch
        logits = self.model(x)
        loss: Tensor = self.loss_fn(logits, y)
        accuracy = (logits.argmax(1) == y).float().mean()
        if self.logs:
            self.log("loss", loss)
            self.log("accuracy", accuracy)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=1e-3)


class Clock(pl.Callback):
    """Times the steps after the first few; stands in every trainer alike."""

    def __init__(self) -> None:
        self.steps, self.began, self.ended = 0, 0.0, 0.0

    def on_train_batch_start(self, *_: Any) -> None:
        self.steps += 1
        now = time.perf_counter()
        if self.steps == WARM:
            self.began = now
        self.ended = now


class LightningDuel:
    """One candidate: ``log``, ``csv``, ``tensorboard``, ``ours`` or ``ours.log``."""

    def __init__(self, key: str) -> None:
        warnings.simplefilter("ignore")
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        self.key, self.scratch = key, tempfile.mkdtemp(prefix="bench-")
        batches = Work().data
        self.loader: Any = DataLoader(batches * 1000, batch_size=None)  # type: ignore[arg-type]  # a list will do
        if key == "tensorboard":
            self._logger()

    def bare(self, seconds: float) -> float:
        return self._fit(seconds, logs=False, logger=False, callbacks=[])

    def candidate(self, seconds: float) -> float:
        callbacks: list[Any] = []
        if self.key.startswith("ours"):
            callbacks.append(nnw.LightningCallback(store=self.scratch, show=True))
        logs = not self.key.startswith("ours") or self.key == "ours.log"
        return self._fit(seconds, logs=logs, logger=self._logger(), callbacks=callbacks)

    def _logger(self) -> Any:
        if self.key == "csv":
            from lightning.pytorch.loggers import CSVLogger

            return CSVLogger(self.scratch)
        if self.key == "tensorboard":
            from lightning.pytorch.loggers import TensorBoardLogger

            return TensorBoardLogger(self.scratch)
        return False

    def _fit(self, seconds: float, *, logs: bool, logger: Any, callbacks: list[Any]) -> float:
        clock = Clock()
        trainer = pl.Trainer(
            max_steps=WARM + max(50, int(seconds / STEP)), accelerator="cpu", logger=logger,
            callbacks=[clock, *callbacks], log_every_n_steps=1, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False,
        )  # fmt: skip
        trainer.fit(Module(logs=logs), self.loader)
        return (clock.ended - clock.began) / (clock.steps - WARM)
