"""What one frame of the panel costs, and whether a long history makes it dearer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from benchmarks.kernels import Kernel
from benchmarks.rows import Row, Spread, kilobytes, millis

SIZES = (1_000, 100_000, 10_000_000)
BYTES, MILLIS = 16 * 1024, 3.0
CHUNK = 1_000_000
#: Growth from the shortest history that still counts as none: buckets are merged in pairs, so that a curve has between
#: half its rows and all of them, whatever the length.
FLAT = 1.5


def measure(python: str, sizes: Sequence[int], frames: int) -> list[Row]:
    """Return lines of bytes and of milliseconds, for each length of history."""
    found = {size: _frames(python, size, frames) for size in sizes}
    return [
        *(_bytes_row(size, sizes, {s: f[0] for s, f in found.items()}) for size in sizes),
        *(_time_row(size, sizes, {s: f[1] for s, f in found.items()}) for size in sizes),
    ]


def _frames(python: str, size: int, frames: int) -> tuple[float, Spread]:
    """Return the mean bytes a frame and the spread of its milliseconds."""
    with Kernel(python) as kernel:
        kernel.run(
            "from benchmarks import part_frames\n"
            f"stream = part_frames.Stream({size})\n"
            "from IPython.display import display\n"
            "display(stream.run.panel)"
        )
        kernel.run("stream.frames(5)")
        time.sleep(0.5)
        kernel.traffic.reset()
        kernel.run(f"stream.frames({frames})")
        time.sleep(0.5)
        sent = kernel.traffic.bytes["comm_msg"]
        cost = kernel.value("stream.cost")
        drawn = kernel.value("stream.drawn")
    return sent / drawn, Spread.of(cost)


def _name(size: int) -> str:
    return f"{size:,} recorded steps of 2 series"


def _bytes_row(size: int, sizes: Sequence[int], found: dict[int, float]) -> Row:
    key = "frames.bytes" if size == sizes[-1] else f"frames.bytes.{size}"
    flat = found[size] <= FLAT * found[sizes[0]]
    met = found[size] <= BYTES and flat
    return Row(
        key, "a frame of the panel", f"bytes, {_name(size)}", kilobytes(found[size]), "",
        "≤ 16 KB, constant", met,
    )  # fmt: skip


def _time_row(size: int, sizes: Sequence[int], found: dict[int, Spread]) -> Row:
    key = "frames.time" if size == sizes[-1] else f"frames.time.{size}"
    flat = found[size].middle <= FLAT * found[sizes[0]].middle
    return Row(
        key, "a frame of the panel", f"processor time in the kernel, {_name(size)}",
        millis(found[size].middle), found[size].quartiles(millis),
        "≤ 3 ms, constant", found[size].middle <= MILLIS and flat,
    )  # fmt: skip


class Stream:
    """A run with a long history that goes on. Lives in the kernel.

    Parameters
    ----------
    size
        Steps that are recorded before anything is measured.
    """

    def __init__(self, size: int) -> None:
        import nnwidgets as nnw

        self.run = nnw.Run(name="stream", store=False, show=False)
        self._fill(size)
        self.run.log(step=size, loss=1.0, val_loss=1.0)
        self.run.flush()
        self.cost: list[float] = []
        self.drawn = 0

    def _fill(self, size: int) -> None:
        """Put steps straight into the history: how they got there makes no difference to a frame."""
        import numpy as np

        from nnwidgets._points import Points

        rng = np.random.default_rng(0)
        for low in range(1, size, CHUNK):
            steps = np.arange(low, min(low + CHUNK, size))
            values = 1 / np.sqrt(steps) + 0.05 * rng.random(len(steps))
            points = Points.of(steps, steps / 2000.0, values)
            self.run.history.extend({"train/loss": points, "val/loss": points})

    def frames(self, count: int) -> None:
        """Log one step before each of ``count`` frames, and note the worker's processor time for each.

        The time is everything that the worker does for a frame: taking the row, reading the progress, drawing.
        """
        worked: list[Any] = []
        forget = self.run.observe(lambda run: worked.append(run._cost.in_worker))
        self.drawn, self.cost = 0, []
        for _ in range(count):
            seen, before = len(worked), self.run._cost.in_worker
            self.run.log(loss=1.0, val_loss=1.0)
            while len(worked) == seen:
                time.sleep(0.005)
            time.sleep(0.02)  # the tick that drew it ends
            self.cost.append((self.run._cost.in_worker - before) * 1000)
            self.drawn += len(worked) - seen
        forget()
