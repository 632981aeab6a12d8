"""One formula with its way back, as a picture; and a small network whose gradients are watched as it trains."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from sklearn.datasets import make_moons
from torch import nn

import nnwidgets as nnw


def picture(path: Path) -> None:
    """Draw the graph of the worked example of the page, with the steps of the backward pass."""
    w, b = torch.tensor(0.5, requires_grad=True), torch.tensor(0.1, requires_grad=True)
    x, y = torch.tensor(2.0), torch.tensor(1.0)
    graph = nnw.trace(lambda x, y: (torch.tanh(w * x + b) - y) ** 2, x, y, backward=True)
    graph.to_svg(path)


def train() -> nnw.Run:
    """Train a network of four layers on two moons."""
    torch.manual_seed(0)
    x, y = make_moons(600, noise=0.2, random_state=0)
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    model = nn.Sequential(
        nn.Linear(2, 16),
        nn.Tanh(),
        nn.Linear(16, 16),
        nn.Tanh(),
        nn.Linear(16, 16),
        nn.Tanh(),
        nn.Linear(16, 2),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loss_fn = nn.CrossEntropyLoss()
    run = nnw.watch(model, optimizer, name="four layers", store=False, show=False, snapshots=False)
    for _ in run.epochs(200):
        for inputs, labels in run.train(list(zip(x[:400].split(50), y[:400].split(50), strict=True))):
            loss = loss_fn(model(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.log(loss=loss)
        for inputs, labels in run.validate([(x[400:], y[400:])]):
            run.log(loss=loss_fn(model(inputs), labels))
    return run


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    picture(folder / "worked-example.svg")
    run = train()
    run.export_html(folder / "gradients.html", title="Four layers and their gradients")
