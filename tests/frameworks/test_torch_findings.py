"""What is found in real trainings: nothing in healthy ones, at no step, and what ails the sick ones."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from torch import nn

import nnwidgets as nnw
from nnwidgets._graph_findings import Finding, findings
from nnwidgets._layer_history import LayerHistory
from nnwidgets._sampling_plan import Plan
from nnwidgets.run import Run

Rate = Callable[[Any], torch.optim.Optimizer]

STEPS = 150
OPTIMIZERS: dict[str, Rate] = {
    "Adam 1e-3": lambda p: torch.optim.Adam(p, 1e-3),
    "Adam 1e-2": lambda p: torch.optim.Adam(p, 1e-2),
    "SGD 0.1": lambda p: torch.optim.SGD(p, 0.1),
    "SGD 0.01, momentum": lambda p: torch.optim.SGD(p, 0.01, momentum=0.9),
}


@functools.cache
def data(load: Callable[..., Any]) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = load(return_X_y=True)
    x = (x - x.mean(0)) / (x.std(0) + 1e-6)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


def dense(
    inputs: int, outputs: int, activation: type[nn.Module] = nn.ReLU, depth: int = 2, std: float | None = None
) -> nn.Sequential:
    sizes = [inputs, *[64] * depth]
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), activation()]
    layers.append(nn.Linear(64, outputs))
    for layer in layers if std is not None else ():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=std or 0.0)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


class Pictures(nn.Sequential):
    """A convolutional network."""

    def __init__(self) -> None:
        super().__init__(
            nn.Unflatten(1, (1, 8, 8)),
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(0.25), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10),
        )  # fmt: skip


class Transformer(nn.Module):
    """A transformer over 64 pixels, with positions that begin at zero."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(8, 32)
        self.positions = nn.Parameter(torch.zeros(8, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(self.embed(x.view(-1, 8, 8)) + self.positions).mean(1))


def trained(model: nn.Module, load: Callable[..., Any], rate: Rate) -> Run:
    """Return a run that was sampled in every step."""
    x, y = data(load)

    def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        while True:
            for chosen in torch.randperm(len(x)).split(32):
                if len(chosen) == 32:
                    yield x[chosen], y[chosen]

    optimizer = rate(model.parameters())
    run = nnw.watch(model, optimizer, store=False, show=False)
    run._sampling.plan = Plan(every_step=True)
    run._sampling.open()
    for inputs, targets in run.train(itertools.islice(batches(), STEPS)):
        loss = nn.functional.cross_entropy(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.log(loss=loss)
    run.finish()
    return run


def found_at_any_step(run: Run) -> list[Finding]:
    """Return everything that would have been said while the training went on."""
    layers, found = LayerHistory(), list[Finding]()
    for sample in run.history.layers.samples:
        layers.append(sample)
        found += findings(layers, run.graph)
    return found


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("rate", ["Adam 1e-2", "SGD 0.1"])
@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.Sigmoid])
@pytest.mark.parametrize(
    ("load", "inputs", "outputs"), [(load_iris, 4, 3), (load_breast_cancer, 30, 2), (load_digits, 64, 10)]
)
def test_healthy_dense_networks_show_nothing(
    load: Callable[..., Any], inputs: int, outputs: int, activation: type[nn.Module], rate: str
) -> None:
    run = trained(dense(inputs, outputs, activation), load, OPTIMIZERS[rate])
    assert found_at_any_step(run) == []


@pytest.mark.parametrize("rate", ["Adam 1e-3", "Adam 1e-2", "SGD 0.01, momentum"])
@pytest.mark.parametrize("network", [Pictures, Transformer])
def test_healthy_deeper_networks_show_nothing(network: Callable[[], nn.Module], rate: str) -> None:
    run = trained(network(), load_digits, OPTIMIZERS[rate])
    assert len(run.history.layers) == STEPS
    assert found_at_any_step(run) == []


def negative() -> nn.Module:
    model = dense(64, 10)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.constant_(layer.bias, -10)
    return model


SICK: dict[str, tuple[Callable[[], nn.Module], Rate, str, str]] = {
    "a deep sigmoid network that begins small": (
        lambda: dense(64, 10, nn.Sigmoid, depth=8, std=0.05), OPTIMIZERS["SGD 0.1"],
        "vanishing", "Gradients vanish up to Linear",
    ),
    "biases of -10": (negative, OPTIMIZERS["SGD 0.01, momentum"], "dead", "ReLU 1 and ReLU 3: 100 % of their units"),
    "SGD at a rate of 10": (
        lambda: dense(64, 10), lambda p: torch.optim.SGD(p, 10.0), "not finite", "Non-finite activations in",
    ),
    "Adam at a rate of 10": (lambda: dense(64, 10), lambda p: torch.optim.Adam(p, 10.0), "dead", "of units dead since"),
    "weights that begin large": (
        lambda: dense(64, 10, depth=8, std=1.0), OPTIMIZERS["Adam 1e-3"], "scale", "Activations grow with depth from",
    ),
    "a tanh network that begins large": (
        lambda: dense(64, 10, nn.Tanh, depth=4, std=2.0), OPTIMIZERS["Adam 1e-3"], "saturated", "saturated since step",
    ),
    "a rate of 1e-12": (
        lambda: dense(64, 10), lambda p: torch.optim.SGD(p, 1e-12), "small update", "since step 1.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SICK)
def test_what_ails_a_network_is_found(case: str) -> None:
    network, rate, kind, text = SICK[case]
    run = trained(network(), load_digits, rate)
    said = {one.kind: one.text for one in found_at_any_step(run)}
    assert kind in said
    assert text in said[kind]
    assert kind in {one.kind for one in findings(run.history.layers, run.graph)}
