"""Whether an hour of frames leaves anything behind, in the page that shows them and in the kernel that sends them.

Frames are sent as fast as a page keeps up with, some sixty a second, because it is their number that could leak. The
first tenth is not counted: until then curves and caches fill up to their bounds.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kernels import Kernel
from benchmarks.rows import Row

ROOT = Path(__file__).resolve().parent.parent
MB = 2**20
#: An hour's frames at ten a second, and what they may leave behind. In the kernel, two points are recorded in each: 48
#: bytes. In the page, compiled code goes on coming for thousands of frames; one frame that stayed would be 8 KB.
HOUR = 36_000
PAGE, KERNEL, NODES = 16 * MB, 16 * MB, 200
#: Looks at the memory after the first one.
LOOKS = 9
#: Seconds between two frames at least: the server drops above 1,000 messages a second, and a frame has up to ten.
PACE = 0.012


@dataclass(frozen=True)
class Look:
    """Bytes and counts after so many frames; the page's are None where there is none."""

    frames: int
    rss: int
    traced: int
    heap: int | None = None
    nodes: int | None = None
    listeners: int | None = None


class Stream:
    """A run whose panel gets one frame after the other. Lives in the kernel."""

    def __init__(self) -> None:
        import nnwidgets as nnw

        tracemalloc.start()
        self.run = nnw.Run(name="endurance")
        self.run.panel.refresh  # noqa: B018 — made now, so that it is there where nothing is displayed

    def _draw(self) -> None:
        """Do what the worker does ten times a second, now; the store is written to as often as usual."""
        keeper: Any = self.run._keeper
        done = threading.Event()

        def tick() -> None:
            keeper._tick()
            done.set()

        keeper.call_soon(tick)
        done.wait()

    def frames(self, count: int) -> str:
        """Send so many frames; return what the kernel holds then, as JSON."""
        import psutil

        run, panel = self.run, self.run.panel
        until = panel.frame + count
        while panel.frame < until:
            begun = time.perf_counter()
            step = run.steps + 1
            run.log(loss=2 / step**0.5 + 0.1 * (7 * step % 5), val_loss=1 / step**0.5)
            self._draw()
            time.sleep(max(0.0, PACE - (time.perf_counter() - begun)))
        gc.collect()
        held = {"rss": psutil.Process().memory_info().rss, "traced": tracemalloc.get_traced_memory()[0]}
        return json.dumps({"frames": panel.frame, **held})


def measure(python: str, frames: int, page: Callable[[int], Sequence[Look]] | None) -> list[Row]:
    """Return lines of what so many frames leave behind; without ``page`` those of the kernel alone."""
    looks = kernel_alone(python, frames) if page is None else page(frames)
    return rows(looks)


def kernel_alone(python: str, frames: int) -> list[Look]:
    """Send frames to nobody."""
    looks = []
    with tempfile.TemporaryDirectory() as home, Kernel(python, {"NNWIDGETS_HOME": home}) as kernel:
        kernel.run("from benchmarks.part_endurance import Stream\nstream = Stream()")
        for _ in range(LOOKS + 1):
            found = json.loads(kernel.value(f"stream.frames({max(1, frames // (LOOKS + 1))})"))
            looks.append(Look(**found))
    return looks


def in_page(frames: int) -> list[Look]:
    """Send frames to a page of JupyterLab in Chromium."""
    from playwright.sync_api import sync_playwright

    from scripts import chromium
    from scripts.laboratory import FLAGS, laboratory, notebook, open_notebook, run_cell

    chunk = max(1, frames // (LOOKS + 1))
    looks = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        laboratory(Path(scratch)) as address,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1180, "height": 1000})
        file = notebook(Path(scratch), "endurance", [BEGIN, f"print(stream.frames({chunk}))"])
        open_notebook(page, address, file)
        run_cell(page, 0)
        for _ in range(LOOKS + 1):
            run_cell(page, 1)
            looks.append(look(page, 1))
        browser.close()
    return looks


#: The cell that begins; its panel is displayed in it.
BEGIN = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from benchmarks.part_endurance import Stream
stream = Stream()
"""
PRINTED = """cell => window.jupyterapp.shell.currentWidget.content.widgets[cell].model.outputs.toJSON()
  .map(output => output.text ?? '').flat().join('')"""


def look(page: Any, cell: int) -> Look:
    """Return what page and kernel hold once the page shows the last frame, whose number a cell printed."""
    kernel = json.loads(page.evaluate(PRINTED, cell))
    page.wait_for_function(
        "frame => Number(document.querySelector('.nnw-head')?.dataset.frame) >= frame", arg=kernel["frames"]
    )
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    for _ in range(2):  # what the first collection finalizes, the second one frees
        session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    counters = session.send("Memory.getDOMCounters")
    session.detach()
    return Look(**kernel, heap=int(heap), nodes=counters["nodes"], listeners=counters["jsEventListeners"])


def rows(looks: Sequence[Look]) -> list[Row]:
    """Return the lines of the table."""
    first, last = looks[0], looks[-1]
    part = f"{last.frames - first.frames:,} frames in one go, after the first {first.frames:,}"

    def row(key: str, what: str, limit: int) -> Row:
        """Return the line of bytes: what was held, and the trend of it over an hour."""
        held = [getattr(one, key) for one in looks]
        hour = HOUR * float(np.polyfit([one.frames for one in looks], held, 1)[0])
        measured = f"{_megabytes(held[0])} → {_megabytes(held[-1])}; {_megabytes(hour)} more in an hour"
        return Row(
            f"endurance.{key}", part, what, measured, "", f"≤ {_megabytes(limit)} in an hour", hour <= limit
        )

    def counted(key: str, what: str) -> Row:
        """Return the line of what comes and goes with the ticks of the axes, but must not add up."""
        before, after = getattr(first, key), getattr(last, key)
        return Row(
            f"endurance.{key}", part, what, f"{before:,} → {after:,}", "", f"≤ {NODES} more",
            after - before <= NODES,
        )  # fmt: skip

    made = [
        row("rss", "memory of the kernel's process", KERNEL),
        row("traced", "objects of Python in the kernel", KERNEL),
    ]
    if last.heap is not None:
        made += [
            row("heap", "objects of JavaScript in the page", PAGE),
            counted("nodes", "nodes of the page"),
            counted("listeners", "listeners of the page"),
        ]
    return made


def _megabytes(size: float) -> str:
    return f"{size / MB:,.1f} MB"


def main() -> None:
    """Measure with a page and print each look and the table: `python -m benchmarks.part_endurance 3600`."""
    from benchmarks.rows import table

    looks = in_page(int(sys.argv[1]) if len(sys.argv) > 1 else HOUR)
    for one in looks:
        print(one)
    print(table(rows(looks)))


if __name__ == "__main__":
    main()
