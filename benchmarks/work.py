"""The work that is watched: a small torch network, because a step of some 400 µs lets every cost show."""

from __future__ import annotations

import math
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
        #: Seconds a step, after a training.
        self.per_step = math.nan
        self.data = [(torch.randn(64, 64), torch.randint(0, 10, (64,))) for _ in range(16)]

    def batches(self, seconds: float, warm: float = 0.0) -> Iterator[Batch]:
        """Yield batches for ``warm`` seconds that do not count and then for ``seconds`` that do."""
        begin = self._begun = time.perf_counter() + warm
        self._steps = 0
        while True:
            for batch in self.data:
                now = time.perf_counter()
                if now >= begin:
                    if not self._steps:
                        self._begun = now
                    elif now >= begin + seconds:
                        self.per_step = (now - self._begun) / self._steps
                        return
                    self._steps += 1
                yield batch

    def train(self, batches: Iterable[Batch], log: Log) -> float:
        """Train and log every step; return seconds a step, of those that count."""
        model, optimizer, loss_fn = self.model, self.optimizer, self.loss_fn
        for x, y in batches:
            logits = model(x)
            loss = loss_fn(logits, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss, (logits.argmax(1) == y).float().mean())
        return self.per_step


def nothing(loss: Tensor, accuracy: Tensor) -> None:
    """Log nothing: the bare loop."""
