"""What a page shows of a run, to be compared with what was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

import nnwidgets as nnw

#: The training curve as it is drawn, in pixels, and the ticks of both axes: what they say, and where they stand.
_DRAWN = """panel => {
  const figure = panel.querySelector('.nnw-figure');
  const paths = [...figure.querySelectorAll('path.line')].map(path => path.getAttribute('d') ?? '');
  const line = paths.reduce((one, other) => (other.length > one.length ? other : one), '');
  const axes = figure.querySelectorAll('.axis');
  const ticks = (axis, at) => [...axes[axis].querySelectorAll('.tick')].map(tick => [
    tick.textContent, Number(tick.getAttribute('transform').match(/-?[\\d.]+(e-?\\d+)?/g)[at])]);
  return {
    points: [...line.matchAll(/(-?[\\d.]+(?:e-?\\d+)?),(-?[\\d.]+(?:e-?\\d+)?)/g)].map(m => [+m[1], +m[2]]),
    x: ticks(0, 0), y: ticks(1, 1),
  };
}"""
#: Whether the training curve has this many points.
_COUNTS = f"([panel, count]) => ({_DRAWN})(panel).points.length === count"
#: Whether the axes stand still: d3 keeps what it still has to move at the element itself.
_STILL = """() => [...document.querySelectorAll('.nnw-figure .axis, .nnw-figure .axis *')]
  .every(element => !element.__transition)"""
#: Pixels by which a point may miss its place: positions of ticks are rounded.
_PIXEL = 1.0

Numbers = NDArray[np.float64]


def drawn(panel: Locator) -> tuple[Numbers, Numbers, float, float]:
    """Return steps and values of the training curve as a person reads them off the axes, and a pixel of each axis."""
    panel.page.wait_for_function(_STILL)
    found: dict[str, Any] = panel.evaluate(_DRAWN)
    points = np.array(found["points"], float).reshape(-1, 2)
    steps, across = _read(found["x"], points[:, 0])
    values, up = _read(found["y"], points[:, 1])
    return steps, values, across, up


def unsmoothed(panel: Locator) -> None:
    """Have the panel draw what was recorded, and nothing else."""
    panel.get_by_label("Smoothing").press("Home")
    expect(panel.get_by_label("Smoothing")).to_have_js_property("value", "0")


def recorded(run_id: str, folder: Path) -> tuple[Numbers, Numbers]:
    """Return steps and values of the training loss, read from the store that notebooks below a folder write to."""
    points = nnw.load(run_id, folder / "runs").history["train/loss"].points()
    return points.step.astype(float), points.value.astype(float)


def assert_shown(panel: Locator, steps: Numbers, values: Numbers) -> None:
    """Assert that each recorded step is drawn, once, at its place, as soon as what the server dropped is sent again."""
    # What is drawn is compared in the page: a panel that lacks a frame mends itself, and says nothing when it has.
    panel.page.wait_for_function(_COUNTS, arg=[panel.element_handle(), len(steps)])
    x, y, across, up = drawn(panel)
    assert len(x) == len(steps)
    assert np.abs(x - steps).max() <= _PIXEL * across
    assert np.abs(y - values).max() <= _PIXEL * up


def _read(ticks: list[tuple[str, float]], pixels: Numbers) -> tuple[Numbers, float]:
    """Return what pixels stand for on a linear axis, and how much one pixel is."""
    told = [(at, _number(text)) for text, at in ticks if text]
    slope, offset = np.polyfit([at for at, _ in told], [number for _, number in told], 1)
    return slope * pixels + offset, abs(float(slope))


def _number(text: str) -> float:
    """Return what the label of a tick says: ``1,000`` or ``1.5k``."""
    factors = {"k": 1e3, "M": 1e6}
    factor = factors.get(text[-1], 1.0)
    return float(text.rstrip("kM").replace(",", "")) * factor
