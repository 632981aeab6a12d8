"""Every way to watch a training has the panel, and its numbers are those that Python has."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.trainings import KERAS, LIGHTNING, NUMPY, TORCH

LAST = """
import json
from nnwidgets._metrics import number
series = run.history
print(json.dumps([number(series["train/loss"].last.value), number(series["val/loss"].last.value), run.steps,
                  number(series["val/loss"].lowest.value)]))
"""
#: Whether a mark stands inside of its chart's axes, where it is not cut off.
WITHIN = """mark => {
  const [own, plot] = [mark, mark.closest('svg').querySelector('.plotarea_events')].map(e => e.getBoundingClientRect());
  return own.top >= plot.top && own.bottom <= plot.bottom && own.left >= plot.left && own.right <= plot.right;
}"""


@pytest.mark.parametrize(
    "training", [TORCH, KERAS, LIGHTNING, NUMPY], ids=["torch", "keras", "lightning", "numpy"]
)
def test_every_framework_has_the_panel_and_it_tells_the_truth(lab: Lab, training: str) -> None:
    lab.open(training, LAST)
    lab.run(0)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    lab.run(1)
    train, val, step, best = lab.read(1)
    expect(lab.value("train")).to_have_text(train)
    expect(lab.value("val")).to_have_text(val)
    expect(panel.locator(".nnw-facts")).to_contain_text(f"step\u00a0{step:,}")
    label = panel.locator(".nnw-figure text.label", has_text=f"best {best}")
    expect(label).to_be_visible()
    assert label.evaluate(WITHIN)
    expect(panel.locator(".nnw-figure path.line").first).to_be_attached()
    expect(panel.locator(".nnw-saved")).to_have_text(f"saved to step {step:,}")
    # Lightning has its own words to say; the panel is there once.
    assert [o["output_type"] for o in lab.outputs(0) if o["output_type"] != "stream"] == ["display_data"]
