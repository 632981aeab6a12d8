"""A process that is killed at any moment has lost nothing that it acknowledged."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from nnwidgets.store import RunReader, RunStore
from tests.store_children import RUN, batch, extras

ROOT = Path(__file__).parents[1]
KILLS = 12

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")


def spin(seconds: float) -> None:
    """Let a moment pass that is too short for a sleep to hit."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


def kill_at_random(root: Path, journal: str, chance: random.Random) -> int:
    """Run a writer, kill it, and return how many batches it had acknowledged."""
    command = [
        sys.executable,
        str(ROOT / "tests" / "store_children.py"),
        "append_until_killed",
        str(root),
        journal,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline()) for _ in range(chance.randint(1, 150))]
        spin(chance.uniform(0, 0.003))
        child.kill()
        acknowledged += [int(line) for line in child.stdout.read().split()]
    return acknowledged[-1]


def check_series(reader: RunReader, n: int) -> None:
    for name in ("train/loss", "val/loss"):
        parts = [batch(k)[name] for k in range(1, n + 1) if name in batch(k)]
        for column, stored in enumerate(reader.points(name)):
            expected = np.concatenate([part[column] for part in parts]) if parts else np.empty(0)
            np.testing.assert_array_equal(stored, expected)


def check_killed(root: Path, acknowledged: int) -> int:
    """Check a killed run in every way and return how many batches it holds."""
    store = RunStore(root)
    (info,) = store.list()
    assert (info.status, info.reason) == ("interrupted", None)
    with store.open(RUN) as reader:
        numbers = [event["k"] for event in reader.events]
        n = len(numbers)
        # One batch may have been committed whose acknowledgement never left.
        assert acknowledged <= n <= acknowledged + 1
        assert numbers == list(range(1, n + 1))
        assert reader.epochs == [pair for k in range(1, n + 1) for pair in extras(k)["epochs"]]
        assert reader.meta["name"] == f"batch {n}"
        check_series(reader, n)
    with closing(sqlite3.connect(store.root / f"{RUN}.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return n


def go_on(root: Path, n: int) -> None:
    """The run can be gone on with where it stopped."""
    store = RunStore(root)
    writer = store.reopen(RUN)
    for k in range(n + 1, n + 9):
        writer.append(batch(k), **extras(k))
    writer.close()
    with store.open(RUN) as reader:
        check_series(reader, n + 8)


def scenario(tmp_path: Path, journal: str, seed: int) -> int:
    root = tmp_path / str(seed)  # a failure shows the folder, and so the seed
    acknowledged = kill_at_random(root, journal, random.Random(seed))
    n = check_killed(root, acknowledged)
    go_on(root, n)
    return n


@pytest.mark.parametrize("journal", ["truncate", "wal"])
def test_acknowledged_batches_survive_a_kill(tmp_path: Path, journal: str) -> None:
    """Case 1: kill -9 at a random time; every acknowledged step is there, the file is intact."""
    first = random.SystemRandom().randrange(10**9)
    with ThreadPoolExecutor(3) as pool:
        stored = list(pool.map(partial(scenario, tmp_path, journal), range(first, first + KILLS)))
    assert max(stored) > 16, "the kills came before the first merge"
