"""Inside a kernel: a candidate against the bare loop, the two blocks side by side in time.

The ratio of one pair is hardly touched by what the machine does besides, as both blocks meet the same.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Protocol

#: Seconds of each block that do not count (a panel, a file and caches come into being), as a share of those that do.
WARM = 0.6
#: Seconds of rest after a block.
REST = 0.1


class Duel(Protocol):
    """One candidate, and what it is compared with."""

    def bare(self, seconds: float) -> float:
        """Train without it for about ``seconds``; return seconds a step."""

    def candidate(self, seconds: float) -> float:
        """Train with it for about ``seconds``; return seconds a step."""


class LoopDuel:
    """A logger in a torch loop."""

    def __init__(self, key: str) -> None:
        from benchmarks.loggers import PEERS, Logger
        from benchmarks.loggers_ours import OURS
        from benchmarks.work import Work

        scratch = Path(tempfile.mkdtemp(prefix="bench-"))
        self.work = Work()
        if key in OURS:
            self.logger: Logger = OURS[key](scratch, self.work)
        else:
            self.logger = PEERS[key](scratch) if key in PEERS else Logger(scratch)

    def bare(self, seconds: float) -> float:
        from benchmarks.work import nothing

        return self.work.train(self.work.batches(seconds, seconds * WARM), nothing)

    def candidate(self, seconds: float) -> float:
        # `wrap` may put another `log` in place, so it goes first.
        batches = self.logger.wrap(self.work.batches(seconds, seconds * WARM))
        per_step = self.work.train(batches, self.logger.log)
        self.logger.settle()
        return per_step


def make(part: str, key: str) -> Duel:
    """Return the duel of a part of the table."""
    if part == "lightning":
        from benchmarks.duel_lightning import LightningDuel

        return LightningDuel(key)
    if part == "keras":
        from benchmarks.duel_keras import KerasDuel

        return KerasDuel(key)
    return LoopDuel(key)


def pair(duel: Duel, seconds: float) -> tuple[float, float]:
    """Return seconds a step without and with the candidate, measured in random order."""
    blocks = [("bare", duel.bare), ("candidate", duel.candidate)]
    random.shuffle(blocks)
    result = {}
    for name, block in blocks:
        result[name] = block(seconds)
        time.sleep(REST)
    return result["bare"], result["candidate"]
