"""The work that is watched: a small torch network, because a step of some 400 µs lets every cost show."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn

Batch = tuple[Tensor, Tensor]
Log = Callable[[Tensor, Tensor], None]


class Work:
    """A network 64-128-128-10 on random data, batches of 64; a step computes two scalars."""

    def __init__(self) -> None:
        # A step this small gains nothing from a second thread, and two of them wait for each other on a busy machine.
        torch.set_num_threads(1)
        torch.manual_seed(0)
        self.model = nn.Sequential(
            nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.loss_fn = nn.CrossEntropyLoss()
        self.data = [(torch.randn(64, 64), torch.randint(0, 10, (64,))) for _ in range(16)]

    def batches(self, seconds: float) -> Iterator[Batch]:
        """Yield batches until the time is over."""
        end = time.perf_counter() + seconds
        while True:
            for batch in self.data:
                if time.perf_counter() >= end:
                    return
                yield batch

    def train(self, batches: Iterable[Batch], log: Log) -> float:
        """Train and log every step; return seconds a step."""
        model, optimizer, loss_fn = self.model, self.optimizer, self.loss_fn
        steps, began = 0, time.perf_counter()
        for x, y in batches:
            logits = model(x)
            loss = loss_fn(logits, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss, (logits.argmax(1) == y).float().mean())
            steps += 1
        return (time.perf_counter() - began) / max(1, steps)


def nothing(loss: Tensor, accuracy: Tensor) -> None:
    """Log nothing: the bare loop."""
