"""Themes, widths, names for assistive technology and the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.trainings import NUMPY

TABS = ("Curves", "Graph", "Table", "Runs", "Events")
BUTTONS = ("Zoom", "Pan", "Reset", "Export", "step", "epoch", "time", "log")
#: What can be seen of the panel's parts and stands out of it at the right, besides what scrolls by itself.
BEYOND = """panel => {
  const edge = panel.getBoundingClientRect().right;
  return [...panel.querySelectorAll('button, input, select, p, .nnw-line > *, .nnw-item, .nnw-figure, .nnw-quiet > *')]
    .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.nnw-scroll'))
    .filter(e => e.getBoundingClientRect().right > edge + 1)
    .map(e => e.outerHTML.slice(0, 120));
}"""


def test_the_theme_changes_colours_without_python(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    # The kernel is gone: what changes now changes in the page alone.
    lab.page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); }"
    )
    colours = """() => ['.nnw-panel', '.nnw-name', '.nnw-pill', '.nnw-swatch-train', '.nnw-swatch-val',
                        '.nnw-figure .axis text', '.nnw-figure path.line'].map(selector => {
      const style = getComputedStyle(document.querySelector(selector));
      return [style.color, style.backgroundColor, style.fill, style.stroke].join(' '); })"""
    light = lab.page.evaluate(colours)
    lab.theme("JupyterLab Dark")
    # A theme comes as a style sheet of its own, which the page may still be reading.
    lab.page.wait_for_function(
        f"light => {{ const now = ({colours})(); return now.every((colour, i) => colour !== light[i]); }}",
        arg=light,
    )
    lab.theme("JupyterLab Light")
    lab.page.wait_for_function(f"light => JSON.stringify(({colours})()) === JSON.stringify(light)", arg=light)


@pytest.mark.parametrize("width", [320, 500, 900])
def test_nothing_runs_over_at_any_width(lab: Lab, width: int) -> None:
    lab.open(f"""
import ipywidgets, nnwidgets as nnw
with nnw.Run(name="an earlier experiment with a rather long name, too", show=False) as earlier:
    earlier.log(loss=1)
run = nnw.Run(name="a rather long name for an experiment with many words in it", show=False)
display(ipywidgets.Box([run.panel], layout={{"width": "{width}px"}}))
for epoch in run.epochs(60):
    run.log(loss=1 / (epoch + 1), val_loss=1 / (epoch + 2), accuracy=float("nan") if epoch == 3 else 0.5, lr=1e-5)
""")
    lab.run(0)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    expect(panel.locator(".nnw-chart")).to_have_count(2)
    assert abs(panel.evaluate("panel => panel.parentElement.clientWidth") - width) <= 2
    for tab in TABS:
        panel.get_by_role("tab", name=tab).click()
        assert panel.evaluate(BEYOND) == [], tab
        assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth"), tab


def test_everything_has_a_name_and_a_role(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    for name in BUTTONS:
        expect(panel.get_by_role("button", name=name, exact=True)).to_be_visible()
    for name in TABS:
        expect(panel.get_by_role("tab", name=name)).to_be_visible()
    expect(panel.get_by_role("group", name="Horizontal axis")).to_be_visible()
    expect(panel.get_by_role("slider", name="Smoothing")).to_be_visible()
    expect(panel.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "100")
    nameless = """panel => [...panel.querySelectorAll('button, input, select')]
         .filter(e => e.checkVisibility())
         .filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.[0]?.textContent.trim()))
         .map(e => e.outerHTML)"""
    assert panel.evaluate(nameless) == []
    small = """panel => [...panel.querySelectorAll('button')]
         .filter(b => b.checkVisibility() && b.offsetHeight < 28).map(b => b.textContent)"""
    assert panel.evaluate(small) == []


def test_the_keyboard_reaches_and_works_everything(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    panel, press = lab.panel(), lab.page.keyboard.press
    expect(panel.get_by_role("status")).to_have_text("finished")
    panel.get_by_role("button", name="Export").focus()
    focused = "() => document.activeElement.textContent || document.activeElement.ariaLabel"
    order = [lab.page.evaluate(focused)]
    while order[-1] != "Pan" and len(order) < 20:
        press("Tab")
        order.append(lab.page.evaluate(focused))
    # Of the tabs one is a stop, and arrows lead to the others. Reset has nothing to do here, nothing is left to steer.
    assert order == ["Export", "Curves", "step", "epoch", "time", "log", "Smoothing", "Zoom", "Pan"]
    panel.get_by_role("button", name="log").focus()
    press("Space")
    expect(panel.get_by_role("button", name="log")).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("tab", name="Curves").focus()
    press("ArrowRight")
    expect(panel.get_by_role("tab", name="Graph")).to_have_attribute("aria-selected", "true")
    press("ArrowRight")
    expect(panel.get_by_role("rowheader", name="train/loss")).to_be_visible()
    panel.get_by_role("button", name="Export").focus()
    press("Enter")
    expect(panel.get_by_role("menuitem", name="PNG picture")).to_be_focused()
    press("ArrowDown")
    expect(panel.get_by_role("menuitem", name="SVG picture")).to_be_focused()
    press("Escape")
    expect(panel.get_by_role("menu", name="Export")).not_to_be_visible()
    expect(panel.get_by_role("button", name="Export")).to_be_focused()
