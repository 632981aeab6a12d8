"""The store by itself: what one commit costs, and how many points it takes in."""

from __future__ import annotations

import tempfile
import time

import numpy as np

from benchmarks.rows import Row, Spread, millis

#: Rows of one commit: half a second of a loop with 430 µs a step.
BATCH = 1200


def measure(commits: int) -> list[Row]:
    """Return the lines of the store."""
    from nnwidgets._points import Points
    from nnwidgets.store import RunStore

    seconds = []
    with tempfile.TemporaryDirectory() as scratch:
        writer = RunStore(scratch).create(None, {"name": "benchmark", "status": "running"})
        for number in range(commits):
            steps = np.arange(number * BATCH, (number + 1) * BATCH) + 1
            points = Points.of(steps, steps * 430e-6, 1.0 / steps)
            began = time.perf_counter()
            writer.append({"train/loss": points, "train/accuracy": points}, meta={"step": int(steps[-1])})
            seconds.append(time.perf_counter() - began)
        size = writer.path.stat().st_size
        writer.close()
    spread = Spread.of(s * 1000 for s in seconds)
    scalars = 2 * BATCH * commits
    part = "store"
    return [
        Row("store.commit", part, f"a commit of two series with {BATCH:,} points each, merging of chunks included",
            millis(spread.middle), spread.quartiles(millis)),
        Row("store.rate", part, "points in a stream of such commits",
            f"{scalars / sum(seconds) / 1e6:.2f} million a second"),
        Row("store.size", part, "bytes of the file a point", f"{size / scalars:.1f}"),
    ]  # fmt: skip
