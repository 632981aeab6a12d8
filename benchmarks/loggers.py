"""The peers in a torch loop, each used as its own documentation shows it, at two scalars a step.

What draws does so at most ten times a second, as our panel does; tqdm decides for itself.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch import Tensor

from benchmarks.work import Batch, Log, nothing

FRAME = 0.1


class Logger:
    """One way to log. `wrap` goes around the batches of a block, `settle` ends what still runs after it."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.steps = 0
        self.log: Log = nothing
        self.start()

    def start(self) -> None:
        """Import and open what is needed."""

    def wrap(self, batches: Iterable[Batch]) -> Iterable[Batch]:
        return batches

    def settle(self) -> None:
        """Wait for what goes on in the background."""


class ListAppend(Logger):
    def start(self) -> None:
        rows: list[tuple[float, float]] = []
        self.log = lambda loss, accuracy: rows.append((loss.item(), accuracy.item()))


class CsvWriter(Logger):
    def start(self) -> None:
        self.file = (self.scratch / "log.csv").open("w", newline="")
        writer = csv.writer(self.file)

        def log(loss: Tensor, accuracy: Tensor) -> None:
            self.steps += 1
            writer.writerow((self.steps, loss.item(), accuracy.item()))

        self.log = log


class Tqdm(Logger):
    def make(self, batches: Iterable[Batch]) -> Any:
        from tqdm import tqdm

        return tqdm(batches)

    def wrap(self, batches: Iterable[Batch]) -> Iterable[Batch]:
        bar = self.make(batches)
        self.log = lambda loss, accuracy: bar.set_postfix(loss=loss.item(), accuracy=accuracy.item())
        return bar  # type: ignore[no-any-return]  # tqdm is not typed here


class TqdmNotebook(Tqdm):
    def make(self, batches: Iterable[Batch]) -> Any:
        from tqdm.notebook import tqdm

        return tqdm(batches, total=1_000_000)


class TensorBoard(Logger):
    def start(self) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(self.scratch))

        def log(loss: Tensor, accuracy: Tensor) -> None:
            self.steps += 1
            self.writer.add_scalar("loss", loss, self.steps)
            self.writer.add_scalar("accuracy", accuracy, self.steps)

        self.log = log

    def settle(self) -> None:
        self.writer.flush()


class Trackio(Logger):
    def start(self) -> None:
        os.environ["TRACKIO_DIR"] = str(self.scratch)
        os.environ["HF_HUB_OFFLINE"] = "1"
        import trackio

        run = trackio.init(project="benchmark", embed=False)
        self.log = lambda loss, accuracy: run.log({"loss": loss.item(), "accuracy": accuracy.item()})


class Wandb(Logger):
    def start(self) -> None:
        import wandb

        run = wandb.init(project="benchmark", mode="offline", dir=str(self.scratch))
        self.log = lambda loss, accuracy: run.log({"loss": loss.item(), "accuracy": accuracy.item()})


class MlflowSqlite(Logger):
    synchronous = True

    def start(self) -> None:
        import mlflow

        mlflow.set_tracking_uri(f"sqlite:///{self.scratch}/mlflow.db")
        mlflow.set_experiment("benchmark")
        mlflow.start_run()

        def log(loss: Tensor, accuracy: Tensor) -> None:
            self.steps += 1
            values = {"loss": loss.item(), "accuracy": accuracy.item()}
            mlflow.log_metrics(values, step=self.steps, synchronous=self.synchronous)

        self.log = log


class MlflowAsync(MlflowSqlite):
    synchronous = False

    def settle(self) -> None:
        import mlflow

        mlflow.flush_async_logging()


class Aim(Logger):
    def start(self) -> None:
        from aim import Run

        run = Run(repo=str(self.scratch), system_tracking_interval=None)

        def log(loss: Tensor, accuracy: Tensor) -> None:
            self.steps += 1
            run.track({"loss": loss.item(), "accuracy": accuracy.item()}, step=self.steps)

        self.log = log


class LiveLossPlot(Logger):
    def start(self) -> None:
        from livelossplot import PlotLosses

        self.due = 0.0
        plot = PlotLosses()

        def log(loss: Tensor, accuracy: Tensor) -> None:
            plot.update({"loss": loss.item(), "accuracy": accuracy.item()})
            if time.perf_counter() >= self.due:
                plot.send()
                self.due = time.perf_counter() + FRAME

        self.log = log


class FastProgress(Logger):
    def start(self) -> None:
        self.due = 0.0
        self.losses: list[float] = []
        self.accuracies: list[float] = []

    def wrap(self, batches: Iterable[Batch]) -> Iterable[Batch]:
        from fastprogress.fastprogress import master_bar, progress_bar

        master = master_bar(range(1))
        master.update(0)
        bar = progress_bar(batches, total=1_000_000, parent=master)

        def log(loss: Tensor, accuracy: Tensor) -> None:
            self.losses.append(loss.item())
            self.accuracies.append(accuracy.item())
            if time.perf_counter() >= self.due:
                steps = range(len(self.losses))
                master.update_graph([[steps, self.losses], [steps, self.accuracies]])
                self.due = time.perf_counter() + FRAME

        self.log = log
        return bar  # type: ignore[no-any-return]  # fastprogress is not typed


PEERS: dict[str, type[Logger]] = {
    "list": ListAppend,
    "csv": CsvWriter,
    "tqdm": Tqdm,
    "tqdm_notebook": TqdmNotebook,
    "trackio": Trackio,
    "tensorboard": TensorBoard,
    "wandb": Wandb,
    "mlflow": MlflowSqlite,
    "mlflow_async": MlflowAsync,
    "aim": Aim,
    "livelossplot": LiveLossPlot,
    "fastprogress": FastProgress,
}
