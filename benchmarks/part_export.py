"""What an exported page weighs, and how long it takes to write one."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, millis

LIMIT_USUAL, LIMIT_LONG = 500_000, 2_000_000
#: Steps and epochs of a usual run, and samples of its layers.
STEPS, EPOCHS, SAMPLES = 3_000, 30, 300
#: Layers, and parameters, whose statistics are recorded.
LAYERS = 12


def measure(steps: int) -> list[Row]:
    """Return the lines of a usual run, of three behind a switch, and of one with so many steps."""
    usual = [_run(STEPS, EPOCHS, seed) for seed in range(3)]
    long = _run(steps, max(1, steps // 1000), 3)
    what = f"{STEPS:,} steps, 5 series, {SAMPLES} samples of {LAYERS} layers and parameters"
    return [
        _row("export.usual", f"a page of one run: {what}", usual[:1], LIMIT_USUAL),
        _row("export.switch", "a page of three such runs behind a switch", usual, None),
        _row("export.long", f"a page of one run of {steps:,} steps", [long], LIMIT_LONG),
        _row("export.module", "a module of the usual run", usual[:1], LIMIT_USUAL, kind="mjs"),
    ]  # fmt: skip


def _row(key: str, what: str, runs: list[object], limit: int | None, kind: str = "html") -> Row:
    import nnwidgets as nnw

    write = nnw.export_html if kind == "html" else nnw.export_mjs
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        page = write(runs, Path(scratch) / f"lesson.{kind}")
        took = time.perf_counter() - began
    measured = f"{page.size / 1e3:,.0f} KB in {millis(took * 1e3)}"
    target = "" if limit is None else f"≤ {limit / 1e3:,.0f} KB"
    return Row(
        key, "an exported page", what, measured, "", target, None if limit is None else page.size <= limit
    )


def _run(steps: int, epochs: int, seed: int) -> object:
    """Return a recorded run whose values are noise, which compresses least."""
    from nnwidgets._layer_sample import Layout, Sample
    from nnwidgets._points import Points
    from nnwidgets._recording import Recording
    from nnwidgets.history import History
    from nnwidgets.protocol import Progress
    from nnwidgets.run import Run

    random = np.random.default_rng(seed)
    history = History()
    each, length = np.arange(1, steps + 1), steps // epochs
    for name in ("train/loss", "train/accuracy", "lr"):
        history.extend({name: Points.of(each, each * 1e-3, random.random(steps))})
    for name in ("val/loss", "val/accuracy"):
        ends = each[length - 1 :: length]
        history.extend({name: Points.of(ends, ends * 1e-3, random.random(len(ends)))})
    for epoch in range(epochs + 1):
        history.epochs.begin(epoch * length, epoch)
    names = tuple(f"block.{i}" for i in range(LAYERS))
    layout = Layout(names, tuple(f"{name}.weight" for name in names))
    for step in np.unique(np.linspace(1, steps, SAMPLES).astype(int)):
        values = random.random(layout.size).astype(np.float32)
        history.layers.append(Sample(int(step), float(step) * 1e-3, layout, values))
    progress = Progress(step=steps, epoch=epochs, epochs=epochs, elapsed=steps * 1e-3, fraction=1.0)
    return Run._of(Recording(f"20260101-00000{seed}-export", f"run {seed}", history, progress))
