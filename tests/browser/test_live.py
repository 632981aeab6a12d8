"""While the cell trains: the curves move, and what the person clicks happens before the cell ends."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.lab import Lab
from tests.browser.trainings import until


def drag(lab: Lab, chart: Locator) -> None:
    """Drag a region of a chart with the mouse."""
    box = chart.bounding_box()
    assert box is not None
    mouse = lab.page.mouse
    mouse.move(box["x"] + 150, box["y"] + 60)
    mouse.down()
    mouse.move(box["x"] + 300, box["y"] + 160, steps=8)
    mouse.up()


def test_clicks_are_obeyed_before_the_cell_ends(lab: Lab) -> None:
    lab.open(until("panel.view.x == 'time' and panel.view.log and panel.view.smoothing == 0"))
    lab.run(0, wait=False)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("running")
    for axis in ("step", "epoch", "time"):
        panel.get_by_role("button", name=axis, exact=True).click()
        expect(panel.get_by_role("button", name=axis, exact=True)).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("button", name="log").click()
    expect(panel.get_by_role("button", name="log")).to_have_attribute("aria-pressed", "true")
    assert lab.is_running
    panel.get_by_label("Smoothing").press("Home")
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")


def test_tabs_show_what_is_so_now_while_the_cell_runs(lab: Lab) -> None:
    lab.open(until("panel.mode == 'pan'"))
    lab.run(0, wait=False)
    panel = lab.panel()
    panel.get_by_role("tab", name="Table").click()
    row = panel.get_by_role("row").filter(has=lab.page.get_by_role("rowheader", name="train/loss"))
    expect(row).to_be_visible()
    before = row.text_content() or ""
    expect(row).not_to_have_text(before)
    panel.get_by_role("tab", name="Events").click()
    expect(panel.locator(".nnw-figure").first).not_to_be_visible()
    panel.get_by_role("tab", name="Curves").click()
    expect(panel.locator(".nnw-figure").first).to_be_visible()
    assert lab.is_running
    panel.get_by_role("button", name="Pan").click()
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")


def test_the_curve_and_the_facts_move_while_the_cell_runs(lab: Lab) -> None:
    lab.open(until("panel.mode == 'zoom'"))
    lab.run(0, wait=False)
    panel = lab.panel()
    expect(lab.value()).not_to_have_text("")
    facts, value = panel.locator(".nnw-facts").text_content(), lab.value().text_content()
    lab.wait_for_another(lab.curve())
    expect(panel.locator(".nnw-facts")).not_to_have_text(facts or "")
    expect(lab.value()).not_to_have_text(value or "")
    expect(lab.page.locator(".jp-Cell .jp-InputPrompt").first).to_have_text("[*]:")
    panel.get_by_role("button", name="Zoom").click()
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")


def test_a_region_is_zoomed_into_and_reset_while_the_cell_runs(lab: Lab) -> None:
    part = "panel.view.x_range is not None"
    lab.open(until(f"({part} and was.append(True)) or (was and not {part})", before="was = []"))
    lab.run(0, wait=False)
    panel = lab.panel()
    zoom, reset = (panel.get_by_role("button", name=name) for name in ("Zoom", "Reset"))
    lab.wait_for_growth(0)
    zoom.click()
    expect(zoom).to_have_attribute("aria-pressed", "true")
    expect(reset).to_be_disabled()
    panel.locator(".nnw-figure .overlay, .nnw-figure .brushintsel, .nnw-figure .selector").first.wait_for()
    drag(lab, panel.locator(".nnw-figure").first)
    expect(reset).to_be_enabled()
    reset.click()
    expect(reset).to_be_disabled()
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")


def test_a_panel_shown_twice_lives_twice(lab: Lab) -> None:
    lab.open(until("panel.mode == 'zoom'", before="display(panel)"))
    lab.run(0, wait=False)
    expect(lab.page.locator(".nnw-panel")).to_have_count(2)
    for place in (0, 1):
        expect(lab.value(place=place)).not_to_have_text("")
        shown = lab.value(place=place).text_content() or ""
        expect(lab.value(place=place)).not_to_have_text(shown)
    assert lab.is_running
    # The tabs belong to each view, the rest is common to both.
    lab.panel(1).get_by_role("tab", name="Table").click()
    expect(lab.panel(0).get_by_role("tab", name="Curves")).to_have_attribute("aria-selected", "true")
    lab.panel(0).get_by_role("button", name="Zoom").click()
    lab.panel(1).get_by_role("tab", name="Curves").click()
    expect(lab.panel(1).get_by_role("button", name="Zoom")).to_have_attribute("aria-pressed", "true")
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")
    expect(lab.panel(1).get_by_role("status")).to_have_text("finished")
    lab.panel(1).get_by_role("tab", name="Curves").click()
    expect(lab.value(place=1)).to_have_text(lab.value(place=0).text_content() or "")
    lines = [lab.panel(place).locator(".nnw-figure path.line").count() for place in (0, 1)]
    assert lines[0] == lines[1] > 0


def test_a_burst_of_six_thousand_calls_loses_nothing(lab: Lab) -> None:
    lab.open("""
import nnwidgets as nnw
with nnw.Run(name="burst") as run:
    for i in range(6000):
        run.log(loss=6000.0 - i)
points = run.history["train/loss"].points()
print(len(points.step), points.value[0], points.value[-1], points.step[-1], run.elapsed < 5)
""")
    lab.run(0)
    assert lab.printed(0) == "6000 6000.0 1.0 6000 True\n"
    expect(lab.value()).to_have_text("1.000")
    expect(lab.panel().locator(".nnw-facts")).to_contain_text("step\u00a06,000")
