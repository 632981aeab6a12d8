"""Long trainings: a million steps, and frame after frame, without growth of the page or the kernel."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import expect

from benchmarks.part_endurance import BEGIN, look
from tests.browser.lab import Lab
from tests.browser.shown import drawn, recorded, unsmoothed
from tests.browser.test_live import drag


def test_a_million_steps_are_drawn_whole_and_can_be_zoomed_into(lab: Lab) -> None:
    lab.open("""
import json, nnwidgets as nnw
run = nnw.Run(name="million")
print(json.dumps(run.id))
for i in range(10**6):
    run.log(loss=2.0 - i * 1e-6)
run.finish()
""")
    lab.run(0)
    panel = lab.panel()
    expect(panel.locator(".nnw-facts")).to_contain_text("step\u00a01,000,000")
    unsmoothed(panel)
    steps, values = recorded(lab.read(0), lab.folder.parent)
    assert steps.tolist() == list(range(1, 10**6 + 1))
    x, y, across, up = drawn(panel)
    # As many rows as there is room for: they cover all of it evenly, and each stands where its steps do.
    assert 150 <= len(x) <= 400
    assert np.diff(x).min() > 0
    assert np.diff(x).max() <= 10**6 / 100 + across
    assert x[0] <= 10**6 / 100
    assert x[-1] >= 10**6 * 0.99
    assert np.abs(y - np.interp(x, steps, values)).max() <= up + 10**6 / 100 * 1e-6
    axis = "() => document.querySelector('.nnw-figure .axis').textContent"
    before = lab.page.evaluate(axis)
    panel.get_by_role("button", name="Zoom").click()
    panel.locator(".nnw-figure .overlay, .nnw-figure .brushintsel, .nnw-figure .selector").first.wait_for()
    drag(lab, panel.locator(".nnw-figure").first)
    expect(panel.get_by_role("button", name="Reset")).to_be_enabled()
    lab.page.wait_for_function(f"before => ({axis})() !== before", arg=before)
    near, values_near, _, up = drawn(panel)
    assert np.median(np.diff(near)) < 0.5 * np.median(np.diff(x))
    assert np.abs(values_near - np.interp(near, steps, values)).max() <= up + np.diff(near).max() * 1e-6


def test_frame_after_frame_leaves_nothing_behind(lab: Lab) -> None:
    """More than a minute of frames, sent as fast as a page keeps up with them; an hour of them is the benchmark's.

    A frame that stayed would be 8 KB. What may remain is 48 bytes of points, and code that the browser still compiles.
    """
    lab.open(BEGIN, "print(stream.frames(400))", "print(stream.frames(120))")
    lab.run(0)
    lab.run(1)  # until curves and caches are full
    looks = []
    for _ in range(7):
        lab.run(2)
        looks.append(look(lab.page, 2))
    first, last = looks[0], looks[-1]
    frames = last.frames - first.frames
    assert frames >= 700
    assert last.heap is not None
    assert first.heap is not None
    assert (last.heap - first.heap) / frames < 1024
    assert (last.traced - first.traced) / frames < 1024
    # Ticks of the axes come and go, and those that went are counted until the browser has thrown them away.
    for count in ("nodes", "listeners"):
        before, *_, late, later, latest = (getattr(one, count) for one in looks)
        assert min(late, later, latest) <= before + 100, count
