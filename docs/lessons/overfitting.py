"""Two moons with noise, sixty examples of them: three sizes of network, each with three rates of dropout."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import torch
from sklearn.datasets import make_moons
from torch import nn

import nnwidgets as nnw

SIZES = {"L": 128, "M": 16, "S": 2}
RATES = (0.0, 0.3, 0.5)


def train(size: str, dropout: float) -> nnw.Run:
    """Train one network; all have the same examples."""
    torch.manual_seed(3)
    x, y = make_moons(660, noise=0.35, random_state=1)
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    width = SIZES[size]
    model = nn.Sequential(
        nn.Linear(2, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout),
        nn.Linear(width, 2),
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loss_fn = nn.CrossEntropyLoss()
    run = nnw.watch(
        model, optimizer, name=f"size {size}, dropout {dropout:g}", config={"size": size, "dropout": dropout},
        store=False, show=False, snapshots=False, statistics=False,
    )  # fmt: skip
    for _ in run.epochs(150):
        for inputs, labels in run.train([(x[:60], y[:60])]):
            loss = loss_fn(model(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.log(loss=loss)
        for inputs, labels in run.validate([(x[60:], y[60:])]):
            run.log(loss=loss_fn(model(inputs), labels))
    return run


if __name__ == "__main__":
    torch.set_num_threads(1)
    # The first one is shown first, and stays behind the others as a ghost: L, without dropout.
    runs = [train(size, dropout) for size, dropout in product(SIZES, RATES)]
    nnw.export_html(
        runs,
        Path(sys.argv[1]) / "overfitting.html",
        title="Sixty examples, three sizes, three rates of dropout",
    )
