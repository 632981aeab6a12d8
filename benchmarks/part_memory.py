"""Memory for many recorded scalars, and how fast they are taken in: each measurement is a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.rows import Row, megabytes

ROOT = Path(__file__).resolve().parent.parent
#: With a store, ten times as many scalars may take this much more memory at most.
BOUNDED = 2.0


def measure(scalars: int) -> list[Row]:
    """Return lines for a tenth of ``scalars`` and for all of them, with a store, and for all without one."""
    part = f"memory for {scalars:,} recorded scalars"
    tenth, whole, without = _grow(scalars // 10, "yes"), _grow(scalars, "yes"), _grow(scalars, "no")
    bounded = whole["growth"] <= BOUNDED * max(tenth["growth"], 32 * 2**20)
    speed = whole["scalars"] / whole["seconds"] / 1e6
    return [
        Row("memory.tenth", part, "growth for a tenth of them, kept on disk", _text(tenth)),
        Row("memory.store", part, "growth, kept on disk", _text(whole), "", "bounded", bounded),
        Row("memory.none", part, "growth, without a store (the points alone: 24 B each)", _text(without)),
        Row("memory.speed", part, "taken in and kept, in a tight loop", f"{speed:.2f} million a second"),
        Row("memory.disk", part, "bytes of the file a scalar", f"{whole['disk'] / whole['scalars']:.1f}"),
    ]


def _text(found: dict[str, float]) -> str:
    return f"{megabytes(found['growth'])} (peak {megabytes(found['peak'])})"


def _grow(scalars: int, store: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.part_memory", str(scalars), store]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def grow(scalars: int, *, stored: bool) -> dict[str, float]:
    """Log that many floats, two a call; return bytes of growth, their peak, seconds, and bytes on disk."""
    import psutil

    import nnwidgets as nnw

    process, peak, over = psutil.Process(), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            peak[0] = max(peak[0], process.memory_info().rss)

    with tempfile.TemporaryDirectory() as scratch:
        run = nnw.Run(store=scratch if stored else False, show=False)
        for _ in range(1000):
            run.log(loss=0.5, accuracy=0.5)
        run.flush()
        watcher = threading.Thread(target=watch)
        watcher.start()
        before, began = process.memory_info().rss, time.perf_counter()
        for _ in range(scalars // 2):
            run.log(loss=0.5, accuracy=0.5)
        run.flush(600)
        seconds, after = time.perf_counter() - began, process.memory_info().rss
        over.set()
        watcher.join()
        run.finish()
        disk = sum(file.stat().st_size for file in Path(scratch).rglob("*.sqlite*"))
    peak[0] = max(peak[0], after)
    return {
        "scalars": scalars,
        "growth": max(0, after - before),
        "peak": max(0, peak[0] - before),
        "seconds": seconds,
        "disk": disk,
    }


if __name__ == "__main__":
    print(json.dumps(grow(int(sys.argv[1]), stored=sys.argv[2] == "yes")))
