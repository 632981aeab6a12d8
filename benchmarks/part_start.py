"""How long it takes to begin: the import, and the first panel."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.kernels import ROOT, Kernel
from benchmarks.rows import Row, Spread, millis

PANEL_LIMIT = 1000.0
IMPORT = "import time; a = time.perf_counter(); import {}; print((time.perf_counter() - a) * 1000)"
SETUP = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""
CELL = """
import nnwidgets as nnw
run = nnw.watch(model, optimizer, store=False)
"""


def measure(python: str, times: int) -> list[Row]:
    """Return the lines of the imports and of the first panel."""
    ours, numpy = _imports("nnwidgets", times), _imports("numpy", times)
    panel = Spread.of(_first_panel(python) for _ in range(times))
    part = "start"
    return [
        Row("start.import", part, "`import nnwidgets` in a fresh process", millis(ours.middle),
            ours.quartiles(millis)),
        Row("start.numpy", part, "`import numpy` alone, for comparison", millis(numpy.middle),
            numpy.quartiles(millis)),
        Row("start.panel", part, "from the start of the cell, with `import nnwidgets` in it, to the panel's message",
            millis(panel.middle), panel.quartiles(millis), "≤ 1 s", panel.middle <= PANEL_LIMIT),
    ]  # fmt: skip


def _imports(module: str, times: int) -> Spread:
    command = [sys.executable, "-c", IMPORT.format(module)]
    found = []
    for _ in range(times):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found.append(float(done.stdout))
    return Spread.of(found)


def _first_panel(python: str) -> float:
    with Kernel(python) as kernel:
        kernel.run(SETUP)
        kernel.traffic.reset()
        began = time.perf_counter()
        kernel.run(CELL)
        for _ in range(100):
            if "display_data" in kernel.traffic.first:
                break
            time.sleep(0.02)
        return (kernel.traffic.first["display_data"] - began) * 1000
