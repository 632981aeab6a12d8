"""Where the curves come from: a folder of CSV files, or small networks that are trained here."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn import datasets
from torch import nn

from nnwidgets._points import Floats

_SETS: dict[str, Callable[[], object]] = {
    "digits": datasets.load_digits,
    "cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
    "iris": datasets.load_iris,
    "diabetes": datasets.load_diabetes,
}


@dataclass(frozen=True)
class Curve:
    """One run: steps, training loss and validation loss, shape ``(n,)`` each."""

    name: str
    steps: Floats
    train: Floats
    val: Floats


def stored(folder: Path) -> list[Curve]:
    """Return the curves of a folder's files ``step,train_loss,val_loss``; of 8 validations at least."""
    return [curve for path in sorted(folder.glob("*.csv")) if len((curve := _read(path)).val) >= 8]


def store(folder: Path, curves: list[Curve]) -> None:
    """Write curves as such files."""
    folder.mkdir(parents=True, exist_ok=True)
    for curve in curves:
        with (folder / f"{curve.name}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["step", "train_loss", "val_loss"])
            rows.writerows(zip(curve.steps, curve.train, curve.val, strict=True))


def trained(count: int) -> Iterator[Curve]:
    """Train ``count`` small networks, each of another size, on another share of another data set, and so on.

    Those whose loss leaves the finite numbers, or reaches the last digits of float32, are left out.
    """
    torch.set_num_threads(1)
    for seed in range(count):
        curve = _train(seed)
        if np.isfinite(curve.val).all() and curve.val.min() > 1e-6 and curve.val.max() < 1e6:
            yield curve


def _read(path: Path) -> Curve:
    table = np.genfromtxt(path, delimiter=",", skip_header=1).reshape(-1, 3)
    return Curve(path.stem, table[:, 0], table[:, 1], table[:, 2])


def _train(seed: int) -> Curve:
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    name, inputs, targets, regression = _data(random)
    classes = 1 if regression else int(targets.max()) + 1
    order = random.permutation(len(inputs))
    size = min(int(random.choice([20, 40, 80, 150, 300, 800])), len(inputs) // 2)
    held_out = min(int(random.choice([15, 40, 100, 400])), len(inputs) - size)
    kind = torch.float32 if regression else torch.long
    x = torch.tensor(inputs[order], dtype=torch.float32)
    y = torch.tensor(targets[order], dtype=kind)
    x_train, y_train = x[:size], y[:size].clone()
    x_val, y_val = x[size : size + held_out], y[size : size + held_out]
    if not regression and random.random() < 0.4:  # labels that can only be learnt by heart
        wrong = torch.tensor(random.random(size) < random.choice([0.1, 0.3]))
        y_train[wrong] = torch.randint(0, classes, (int(wrong.sum()),))
    net = _network(random, x.shape[1], classes)
    optimizer = _optimizer(random, net)
    epochs = int(random.choice([10, 20, 30, 50, 100, 200, 400]))
    batch = int(random.choice([8, 16, 32, 64]))
    schedule = _schedule(random, optimizer, epochs)
    criterion: nn.Module = nn.MSELoss() if regression else nn.CrossEntropyLoss()
    train, val = [], []
    for _ in range(epochs):
        net.train()
        losses = []
        for rows in torch.split(torch.randperm(size), batch):
            if len(rows) < 2:  # batch normalisation needs two
                continue
            optimizer.zero_grad()
            loss = criterion(net(x_train[rows]), y_train[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        net.eval()
        with torch.no_grad():
            val.append(criterion(net(x_val), y_val).item())
        train.append(float(np.mean(losses)))
        if schedule is not None:
            schedule.step()
    return Curve(f"{name}{seed:04d}", np.arange(epochs, dtype=float), np.array(train), np.array(val))


def _data(random: np.random.Generator) -> tuple[str, Floats, Floats, bool]:
    name = str(random.choice([*_SETS, "waves"]))
    if name == "waves":
        x = random.uniform(-3, 3, (400, 3))
        noise = random.normal(0, random.choice([0.1, 0.5, 1.0]), 400)
        return name, x, (np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + noise)[:, None], True
    bunch = _SETS[name]()
    x, y = np.asarray(bunch.data, np.float64), np.asarray(bunch.target, np.float64)  # type: ignore[attr-defined]
    x = (x - x.mean(0)) / (x.std(0) + 1e-6)
    if name == "diabetes":
        return name, x, ((y - y.mean()) / y.std())[:, None], True
    return name, x, y, False


def _network(random: np.random.Generator, inputs: int, outputs: int) -> nn.Sequential:
    width, depth = int(random.choice([4, 16, 64, 256])), int(random.choice([1, 2, 3]))
    dropout, normalised = float(random.choice([0.0, 0.0, 0.2, 0.5])), random.random() < 0.25
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers.append(nn.Linear(inputs, width))
        if normalised:
            layers.append(nn.BatchNorm1d(width))
        layers += [nn.ReLU(), nn.Dropout(dropout)]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


def _optimizer(random: np.random.Generator, net: nn.Module) -> torch.optim.Optimizer:
    kind = random.choice(["adam", "adam", "sgd", "adamw"])
    rate = 10 ** random.uniform(-3.7, -1.3)
    if kind == "sgd":
        return torch.optim.SGD(net.parameters(), rate * 10, momentum=0.9)
    if kind == "adamw":
        return torch.optim.AdamW(net.parameters(), rate, weight_decay=0.1)
    return torch.optim.Adam(net.parameters(), rate)


def _schedule(
    random: np.random.Generator, optimizer: torch.optim.Optimizer, epochs: int
) -> torch.optim.lr_scheduler.LRScheduler | None:
    kind = random.choice(["none", "none", "cosine", "step"])
    if kind == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    if kind == "step":
        return torch.optim.lr_scheduler.StepLR(optimizer, math.ceil(epochs / 3))
    return None
