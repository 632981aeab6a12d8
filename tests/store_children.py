"""Programs that the tests of the store run in processes of their own, to be killed, starved of disk, or forked.

Called as ``python store_children.py <program> <root> <journal>``.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from nnwidgets import _chunks
from nnwidgets._errors import StoreError
from nnwidgets._journal import JournalMode
from nnwidgets._points import Points
from nnwidgets.store import RunStore

RUN = "run-1"


def batch(k: int) -> dict[str, Points]:
    """The k-th batch: one to five points of one series, and now and then some of another."""
    random = np.random.default_rng(k)
    n = int(random.integers(1, 6))
    steps = np.arange(n) + 5 * k
    points = {"train/loss": Points.of(steps, random.random(n), random.standard_normal(n))}
    if k % 3 == 0:
        points["val/loss"] = Points.of([5 * k], [random.random()], [np.nan if k % 2 else random.random()])
    return points


def extras(k: int) -> dict[str, Any]:
    """What goes with the k-th batch."""
    epochs = [(5 * k, k / 10)] if k % 10 == 0 else []
    return {
        "epochs": epochs,
        "events": [{"kind": "batch", "k": k}],
        "meta": {"step": 5 * k, "name": f"batch {k}"},
    }


def say(text: object) -> None:
    """Write a line to whoever started this program."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def refusal(call: Callable[[], object]) -> str | None:
    """Return what the store says against ``call``, or None if it lets it be done."""
    try:
        call()
    except StoreError as error:
        return str(error)
    return None


def append_until_killed(root: Path, journal: JournalMode) -> None:
    """Append batches 1, 2, 3 … and print the number of each once it is committed."""
    _chunks.FAN, _chunks.BLOCK = 4, 100  # so that the kill meets merges, too
    writer = RunStore(root, _journal=journal).create(RUN, {"status": "running"})
    for k in itertools.count(1):
        writer.append(batch(k), **extras(k))
        say(k)


def leave_running(root: Path, journal: JournalMode) -> None:
    """Write a run that is never closed, and end."""
    writer = RunStore(root, _journal=journal).create(RUN, {"status": "running"})
    writer.append(batch(1))
    say(1)
    os._exit(0)


def fill_disk(root: Path, journal: JournalMode) -> None:
    """Append until no file may grow any more, read, lift the limit, append again; print what happened."""
    import resource

    writer = RunStore(root, _journal=journal).create(RUN, {"status": "running"})
    writer.append(batch(1), **extras(1))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = max(file.stat().st_size for file in root.iterdir()) + 100_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    k = 2
    while (error := refusal(partial(writer.append, batch(k), **extras(k)))) is None:
        k += 1
    too_large = {"train/loss": Points.of(range(9000), range(9000), range(9000))}
    errors = [error, refusal(partial(writer.append, too_large))]
    before = writer.points("train/loss").step.tolist()
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    for again in range(k, k + 5):
        writer.append(batch(again), **extras(again))
    writer.close()
    say(json.dumps({"acknowledged": k - 1, "errors": errors, "steps": before}))


def fork(root: Path, journal: JournalMode) -> None:
    """Fork in the middle of writing, use the writer in the child, end the child properly, go on in the parent."""
    writer = RunStore(root, _journal=journal).create(RUN, {"status": "running"})
    writer.append(batch(1), **extras(1))
    read, write = os.pipe()
    if os.fork() == 0:
        uses = [partial(writer.append, batch(2)), writer.beat, partial(writer.points, "train/loss")]
        refused = [refusal(use) for use in uses]
        os.write(write, json.dumps(refused).encode())
        writer.close()
        del writer, uses
        gc.collect()
        sys.exit()
    os.wait()
    writer.append(batch(2), **extras(2))
    writer.append(batch(3), **extras(3))
    writer.close()
    say(os.read(read, 65536).decode())


PROGRAMS = {f.__name__: f for f in (append_until_killed, leave_running, fill_disk, fork)}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](Path(sys.argv[2]), cast("JournalMode", sys.argv[3]))
