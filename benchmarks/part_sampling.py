"""What it takes to measure activations, gradients and updates: in a step that is sampled, and of the whole training."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.kernels import Kernel
from benchmarks.rows import Row, Spread

LIMIT = 0.02
MODELS = {
    "mlp": "64-128-128-10, batches of 64",
    "resnet": "8 residual blocks of 16 channels, 32 pictures of 16 × 16",
    "transformer": "2 blocks of width 64, 16 texts of 32",
}


def measure(python: str, models: tuple[str, ...], rounds: int, seconds: float) -> list[Row]:
    """Return a line for each model."""
    with Kernel(python) as kernel:
        kernel.run("from benchmarks import part_sampling\nfound = part_sampling.blocks")
        found: dict[str, dict[str, list[float]]] = kernel.value(f"found({models!r}, {rounds}, {seconds})")
    return [_row(model, found[model]) for model in models]


def _row(model: str, found: dict[str, list[float]]) -> Row:
    share, step = Spread.of(found["share"]), statistics.median(found["step"])
    sampled = statistics.median(found["sampled"])
    return Row(
        f"sampling.{model}",
        "statistics of layers",
        f"{MODELS[model]}: share of the training’s time; a step that is sampled against others",
        f"{share.middle:.2%}; × {sampled / step:.2f} ({step * 1e3:.2f} → {sampled * 1e3:.2f} ms)",
        share.quartiles(lambda value: f"{value:.2%}"),
        f"≤ {LIMIT:.0%}",
        share.within(LIMIT),
    )


def blocks(models: tuple[str, ...], rounds: int, seconds: float) -> dict[str, dict[str, list[float]]]:
    """Return for each model seconds a step, with and without a sample, and the share of samples. In the kernel."""
    import torch

    torch.set_num_threads(1)
    found: dict[str, dict[str, list[float]]] = {}
    for name in models:
        model, batch, loss = _work(name)
        mine = found[name] = {"share": [], "step": [], "sampled": []}
        for _ in range(rounds):
            bare = _train(model, batch, loss, seconds, statistics=False)[0]
            sampled = _train(model, batch, loss, seconds, every_step=True)[0]
            count, elapsed = _train(model, batch, loss, 4 * seconds)[1:]
            mine["step"].append(bare)
            mine["sampled"].append(sampled)
            # By what a sampled step takes longer, which is more than the meter sees: caches, slower calls of modules.
            mine["share"].append(max(0.0, count * (sampled - bare) / elapsed))
    return found


def _train(
    model: Any,
    batch: Any,
    loss_of: Callable[..., Any],
    seconds: float,
    *,
    every_step: bool = False,
    **options: Any,
) -> tuple[float, int, float]:
    """Return the median seconds of a step, samples, and seconds of the whole training."""
    import torch

    import nnwidgets as nnw
    from nnwidgets._sampling_plan import Plan

    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    run = nnw.watch(model, optimizer, store=False, show=False, **options)
    if every_step:
        run._sampling.plan = Plan(every_step=True)
        run._sampling.open()
    moments = []
    for one in run.train(_batches(batch, seconds)):
        moments.append(time.perf_counter())
        loss = loss_of(model, one)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.log(loss=loss)
    elapsed = time.perf_counter() - moments[0]
    run.finish()
    steps = [b - a for a, b in itertools.pairwise(moments[2:])]
    return statistics.median(steps), len(run.history.layers), elapsed


def _batches(batch: Any, seconds: float) -> Iterator[Any]:
    end, count = time.perf_counter() + seconds, 0
    while count < 8 or time.perf_counter() < end:
        count += 1
        yield batch


def _work(name: str) -> tuple[Any, Any, Callable[..., Any]]:
    """Return a model, a batch, and what computes the loss."""
    import torch
    from torch import nn

    torch.manual_seed(0)

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = (nn.Conv2d(16, 16, 3, padding=1, bias=False) for _ in range(2))
            self.norm1, self.norm2, self.relu = nn.BatchNorm2d(16), nn.BatchNorm2d(16), nn.ReLU()

        def forward(self, x: Any) -> Any:
            return self.relu(x + self.norm2(self.two(self.relu(self.norm1(self.one(x))))))

    def pooled(model: Any, batch: Any) -> Any:
        return nn.functional.cross_entropy(model(batch[0]).mean(1), batch[1])

    def plain(model: Any, batch: Any) -> Any:
        return nn.functional.cross_entropy(model(batch[0]), batch[1])

    if name == "mlp":
        model = nn.Sequential(
            nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)
        )
        return model, (torch.randn(64, 64), torch.randint(0, 10, (64,))), plain
    if name == "resnet":
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)]
        model = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), *(Residual() for _ in range(8)), *head)
        return model, (torch.randn(32, 3, 16, 16), torch.randint(0, 10, (32,))), plain
    layer = nn.TransformerEncoderLayer(64, 4, 256, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    model = nn.Sequential(nn.Embedding(100, 64), encoder, nn.Linear(64, 10))
    return model, (torch.randint(0, 100, (16, 32)), torch.randint(0, 10, (16,))), pooled
