"""Small PyTorch models whose graphs are known."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from nnwidgets.frameworks._torch_graph import trace
from nnwidgets.graph import Graph


def ways(graph: Graph) -> set[tuple[str, str]]:
    """Return which node leads to which."""
    return {(edge.src, edge.dst) for edge in graph.edges}


def traced(model: Any, *args: Any, backward: bool = False, **kwargs: Any) -> Graph:
    """Return the graph of a model, which goes through JSON unharmed."""
    graph = trace(model, args, kwargs, backward=backward)
    assert Graph.from_json(graph.to_json()) == graph
    return graph


def mlp() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.fc2(F.relu(self.fc1(x)))


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Linear(4, 4)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.tower(left), self.tower(right)], dim=1)


class LoopRNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x.new_zeros(x.shape[0], 2)
        for t in range(x.shape[1]):
            h = torch.tanh(self.cell(torch.cat([x[:, t], h], 1)))
        return h


class Branch(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Linear(4, 1)
        self.down = nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.up(x) if x.mean() > 0 else self.down(x)  # type: ignore[no-any-return]


class Pair(NamedTuple):
    a: torch.Tensor
    b: torch.Tensor


@dataclasses.dataclass
class Batch:
    x: torch.Tensor
    mask: torch.Tensor | None = None
    pair: Pair | None = None


class Structures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, batch: Batch, more: dict[str, torch.Tensor], *rest: torch.Tensor) -> dict[str, Any]:
        assert batch.pair is not None
        x = self.fc(batch.x) * more["scale"]
        return {"logits": x, "nothing": None, "pair": Pair(x + batch.pair.a, rest[0]), "batch": Batch(x - 1)}


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(1, 2, 3, 2, 1)
        self.middle = nn.Conv2d(2, 2, 3, padding=1)
        self.up = nn.ConvTranspose2d(2, 2, 2, 2)
        self.last = nn.Conv2d(3, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.cat([x, self.up(self.middle(self.down(x)))], 1))  # type: ignore[no-any-return]


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.register_buffer("table", torch.ones(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.fc(x)
        y += x
        y[:, 0] = 0
        y[0].mul_(2)
        return y.add_(self.table)


class Scale(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight


class Noisy(nn.Module):
    """Has everything that a careless pass would change."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(16, 2)
        self.seen: list[torch.Tensor] = []
        self.count = 0
        self.hidden = torch.zeros(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count += 1
        y = self.drop(torch.relu(self.norm(self.conv(x)))).flatten(1)
        self.seen.append(y.detach())
        self.hidden.add_(1)
        return self.fc(y) + self.hidden  # type: ignore[no-any-return]


class GAN(nn.Module):
    """Is never called as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
        self.discriminator = nn.Sequential(nn.Linear(3, 1))
