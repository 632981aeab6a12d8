"""One `run.log(loss=…, accuracy=…)` where it is called: inside a training loop, with caches as training leaves them."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from typing import Any

from benchmarks.kernels import Kernel
from benchmarks.rows import Row, Spread, micros

LIMIT, STRETCH = 5.0, 3.0
KINDS = {"floats": "two floats", "tensors": "two CPU tensors"}


def measure(python: str, rounds: int, seconds: float) -> list[Row]:
    """Return a line for each kind of value; both take turns within one kernel."""
    with Kernel(python) as kernel:
        kernel.run("from benchmarks import part_call\nfound = part_call.blocks")
        found: dict[str, dict[str, list[float]]] = kernel.value(f"found({rounds}, {seconds})")
    return [_row(kind, found[kind]) for kind in KINDS]


def _row(kind: str, found: dict[str, list[float]]) -> Row:
    spread = Spread.of(found["medians"])
    mean = statistics.median(found["means"])
    return Row(
        f"call.{kind}",
        "one call in the loop",
        f"`run.log(loss=…, accuracy=…)`, {KINDS[kind]}, kept on disk",
        f"{micros(spread.middle)} (mean {micros(mean)})",
        spread.quartiles(micros),
        f"≤ {LIMIT:.0f} µs, stretch {STRETCH:.0f}",
        spread.middle <= LIMIT,
    )


def blocks(rounds: int, seconds: float) -> dict[str, dict[str, list[float]]]:
    """Return µs a call, for each kind the medians and means of all blocks. Runs in the kernel."""
    from benchmarks.work import Work

    work, found = Work(), {kind: {"medians": list[float](), "means": list[float]()} for kind in KINDS}
    for _ in range(rounds):
        for kind in random.sample(list(KINDS), len(KINDS)):
            calls = _block(work, kind, seconds)
            found[kind]["medians"].append(statistics.median(calls))
            found[kind]["means"].append(statistics.fmean(calls))
    return found


def _block(work: Any, kind: str, seconds: float) -> list[float]:
    import nnwidgets as nnw

    clock, calls, empty = time.perf_counter_ns, list[int](), list[int]()
    with tempfile.TemporaryDirectory() as scratch:
        run = nnw.watch(work.model, work.optimizer, store=scratch, show=False)

        def tensors(loss: Any, accuracy: Any) -> None:
            a = clock()
            b = clock()
            run.log(loss=loss, accuracy=accuracy)
            calls.append(clock() - b)
            empty.append(b - a)

        def floats(loss: Any, accuracy: Any) -> None:
            one, two = loss.item(), accuracy.item()
            a = clock()
            b = clock()
            run.log(loss=one, accuracy=two)
            calls.append(clock() - b)
            empty.append(b - a)

        log = tensors if kind == "tensors" else floats
        work.train(run.train(work.batches(seconds)), log)
        run.finish()
    # Reading the clock takes time too; it is in every figure once.
    own = statistics.median(empty)
    return [(call - own) / 1000 for call in calls]
