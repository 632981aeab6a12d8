"""Three hundred handwritten digits, a fifth of them with a wrong label, and one network with three rates of dropout."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn

import nnwidgets as nnw


def plain(model: nn.Module, loss_fn: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the loss of the same batch with every unit there."""
    model.eval()
    with torch.no_grad():
        loss = loss_fn(model(inputs), labels)
    model.train()
    return loss


def train(dropout: float) -> nnw.Run:
    """Train one network; all begin with the same weights and see the same batches."""
    torch.manual_seed(0)
    images, digits = load_digits(return_X_y=True)
    x, y = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(digits)
    order = torch.randperm(len(x))
    x, y = x[order], y[order]
    wrong = torch.rand(300) < 0.2
    y[:300][wrong] = torch.randint(0, 10, (int(wrong.sum()),))
    model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Dropout(dropout), nn.Linear(256, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss_fn = nn.CrossEntropyLoss()
    run = nnw.watch(
        model,
        optimizer,
        name=f"dropout {dropout:g}",
        config={"dropout": dropout},
        store=False,
        show=False,
        snapshots=False,
    )
    for _ in run.epochs(120):
        for inputs, labels in run.train(list(zip(x[:300].split(50), y[:300].split(50), strict=True))):
            loss = loss_fn(model(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.log(loss=loss, loss_without_dropout=plain(model, loss_fn, inputs, labels))
        for inputs, labels in run.validate([(x[300:], y[300:])]):
            loss = loss_fn(model(inputs), labels)
            run.log(loss=loss, loss_without_dropout=loss)
    return run


if __name__ == "__main__":
    torch.set_num_threads(1)
    runs = [train(dropout) for dropout in (0.0, 0.3, 0.5)]
    nnw.export_html(
        runs, Path(sys.argv[1]) / "dropout.html", title="Three hundred digits, three rates of dropout"
    )
