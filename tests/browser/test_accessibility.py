"""What stands between a training and somebody who cannot see it, or has no mouse."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import nnwidgets as nnw
from tests.browser.axe import Axe
from tests.browser.lab import Lab
from tests.browser.test_flag import TORCH

#: Prints what axe found: pytest -o log_cli=true --log-cli-level=INFO
LOG = logging.getLogger(__name__)
TABS = ("Curves", "Graph", "Table", "Runs", "Events")
EARLIER = """
import nnwidgets as nnw
for k in range(2):
    with nnw.Run(name=f"earlier {k}", show=False) as earlier:
        for i in range(40):
            earlier.log(loss=1 / (1 + i / (5 + k)), val_loss=1.1 / (1 + i / (4 + k)))
"""
#: Writes down what the polite region of a panel says, and every other change of a live region of ours.
HEARD = """() => {
  window.heard = []; window.interrupted = [];
  // What is walked to in the graph is told there, as an answer to a key.
  const live = '.nnw-panel [aria-live]:not([aria-live=off]), .nnw-panel [role=alert], .nnw-panel [role=log]';
  new MutationObserver(records => {
    for (const { target, addedNodes } of records) {
      const region = (target.closest ? target : target.parentElement)?.closest(live);
      for (const node of region && !region.closest('.nnw-graph') ? addedNodes : []) {
        (region.matches('.nnw-voice') ? window.heard : window.interrupted).push(node.textContent);
      }
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
}"""
#: What has the focus: its place in the part that is walked, its name, and whether an outline shows it.
FOCUSED = """part => {
  const now = document.activeElement;
  if (!part.contains(now)) return null;
  const style = getComputedStyle(now);
  window.walked ??= new Map();
  if (!window.walked.has(now)) window.walked.set(now, window.walked.size);
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return { place: window.walked.get(now), outlined,
           name: now.ariaLabel || now.labels?.[0]?.textContent || now.textContent.trim() || now.tagName };
}"""


def walk(page: Page, part: Locator, first: Locator, key: str = "Tab") -> list[str]:
    """Press Tab from one control until the focus leaves the part; return the names of what had it."""
    page.evaluate("() => { window.walked = new Map(); }")
    first.focus()
    # Only what the keyboard focused is outlined.
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    names: list[str] = []
    while (now := part.evaluate(FOCUSED)) is not None:
        assert now["place"] == len(names), f"the focus goes in a circle: {names}, {now['name']}"
        assert now["outlined"], f"nobody sees that the focus is on {now['name']!r}"
        names.append(now["name"])
        page.keyboard.press(key)
    return names


def in_both_themes(lab: Lab, axe: Axe, state: str, *parts: str) -> None:
    for theme in ("Light", "Dark"):
        lab.theme(f"JupyterLab {theme}")
        axe.look(f"{state}, {theme.lower()}", *parts)


def test_axe_and_a_screen_reader_over_a_whole_training(lab: Lab) -> None:
    lab.open(EARLIER, TORCH)
    lab.run(0)
    lab.page.evaluate(HEARD)
    lab.run(1, wait=False)
    panel, axe = lab.panel(), Axe(lab.page)
    expect(panel.get_by_role("status")).to_have_text("running")
    axe.look("running", ".nnw-panel")
    flag = panel.get_by_role("group", name="Divergence")
    expect(flag).to_contain_text("The validation loss has risen", timeout=90_000)
    panel.get_by_role("slider", name="Dropout", exact=True).focus()
    lab.page.keyboard.press("ArrowRight")
    expect(panel.locator("[data-control=dropout] .nnw-said")).to_contain_text("applied at step")
    panel.get_by_role("button", name="Pause").focus()
    lab.page.keyboard.press("Enter")
    expect(panel.get_by_role("status")).to_have_text("paused")
    heard(lab, "learnt by heart: paused")
    in_both_themes(lab, axe, "paused, with a flag", ".nnw-panel")
    panel.get_by_role("button", name="Stop").focus()
    lab.page.keyboard.press("Enter")
    lab.wait_until_ran()
    heard(lab, "learnt by heart: finished")

    for tab in TABS:
        panel.get_by_role("tab", name=tab).click()
        if tab == "Graph":
            panel.locator(".nnw-graph [data-key]").last.click()
            panel.get_by_text("Show the points as a table").click()
            expect(panel.locator(".nnw-layer-points caption")).to_contain_text("points")
        if tab == "Table":
            panel.get_by_text("Show the points of loss").click()
            expect(panel.locator(".nnw-page caption")).to_contain_text("points")
        if tab == "Runs":
            for name in ("earlier 0", "earlier 1"):
                panel.get_by_role("checkbox", name=name).first.check()
            expect(panel.locator(".nnw-chart .nnw-swatch-ghost")).to_have_count(2)
        in_both_themes(lab, axe, f"finished, {tab}", ".nnw-panel")

    said, interrupted, frames = lab.page.evaluate(
        "() => [window.heard, window.interrupted, Number(document.querySelector('.nnw-head').dataset.frame)]"
    )
    assert said[0] == "learnt by heart: running"
    assert any("The validation loss has risen" in text for text in said), said
    assert any(text.startswith("Dropout: ") and "applied at step" in text for text in said), said
    # What is told is what happened: the status, the flag, what was done. A frame tells nothing.
    assert len(said) <= 14, said
    assert frames > 2 * len(said)
    assert interrupted == [], interrupted
    assert not axe.grave, axe.table
    LOG.info(axe.table)


def heard(lab: Lab, text: str) -> None:
    lab.page.wait_for_function("text => window.heard.includes(text)", arg=text)


def test_everything_is_reached_by_tab_and_shows_that_it_is(lab: Lab) -> None:
    lab.open(EARLIER, TORCH.replace("10_000_000", "6"))
    lab.run(0)
    lab.run(1)
    page, panel = lab.page, lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    export = panel.get_by_role("button", name="Export")
    names = walk(page, panel, export)
    assert names[:2] == ["Export", "Curves"]
    assert {"Zoom", "Pan"} < set(names)
    chart = panel.get_by_role("group", name="loss: plus and minus zoom")
    shown = panel.get_by_role("img", name="Chart of loss: training 0.")
    expect(shown).to_be_visible()
    reset = panel.get_by_role("button", name="Reset")
    expect(reset).to_be_disabled()
    chart.focus()
    for key in ("+", "+", "ArrowRight"):
        page.keyboard.press(key)
    expect(reset).to_be_enabled()
    page.keyboard.press("0")
    expect(reset).to_be_disabled()
    expect(chart).to_be_focused()

    panel.get_by_role("tab", name="Curves").focus()
    for tab in TABS[1:]:
        page.keyboard.press("ArrowRight")
        expect(panel.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        names = walk(page, panel, export)
        assert names[:2] == ["Export", tab]
        if tab == "Graph":
            assert any("Computation graph" in name for name in names), names
        if tab == "Table":
            assert "Show the points of loss" in names
        if tab == "Runs":
            assert any("earlier 0" in name for name in names), names
        panel.get_by_role("tab", name=tab).focus()
    page.keyboard.press("Home")
    expect(panel.get_by_role("tab", name="Curves")).to_be_focused()

    lab.command("nnwidgets:open-sidebar")
    side = page.locator("#nnwidgets-sidebar")
    side.get_by_role("button", name="All runs").press("Enter")
    expect(side.get_by_role("button", name="earlier 1", exact=True).first).to_be_visible()
    names = walk(page, side, side.get_by_label("Search the runs by name or status"))
    assert {"earlier 0", "earlier 1", "More for “earlier 1”"} <= set(names), names
    axe = Axe(page)
    in_both_themes(lab, axe, "sidebar", "#nnwidgets-sidebar", ".nnw-status")
    side.get_by_role("button", name="More for “earlier 1”").first.press("Enter")
    in_both_themes(lab, axe, "sidebar, a menu", "#nnwidgets-sidebar")
    assert not axe.grave, axe.table
    LOG.info(axe.table)


def test_nothing_moves_and_nothing_vanishes_where_the_system_says_so(lab: Lab) -> None:
    lab.page.emulate_media(reduced_motion="reduce", forced_colors="active")
    lab.open(TORCH.replace("10_000_000", "3"))
    lab.run(0)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    panel.get_by_role("tab", name="Graph").click()
    panel.locator(".nnw-graph [data-key]").last.click()
    moving: list[Any] = panel.evaluate(
        "panel => panel.getAnimations({ subtree: true }).map(one => one.effect.target.outerHTML)"
    )
    assert moving == []
    panel.get_by_role("tab", name="Curves").click()
    chosen = panel.get_by_role("tab", name="Curves")
    assert chosen.evaluate("tab => getComputedStyle(tab).outlineStyle") == "solid"
    ground, line = panel.evaluate("""panel => [getComputedStyle(panel).backgroundColor,
      getComputedStyle(panel.querySelector('.nnw-figure path.line')).stroke]""")
    assert ground != line


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export two runs that are learnt by heart, with a graph and a flag."""

    def train(dropout: float) -> nnw.Run:
        run = nnw.Run(name=f"dropout {dropout:g}", show=False, store=False)
        for epoch in run.epochs(30):
            for _ in run.train(range(4)):
                run.log(loss=1 / (1 + epoch) + 0.1 * dropout, accuracy=1 - 1 / (2 + epoch))
            for _ in run.validate(range(1)):
                run.log(loss=0.6 / (1 + epoch) + (0.03 - 0.02 * dropout) * epoch)
        return run

    folder = tmp_path_factory.mktemp("lesson")
    return nnw.export_html(nnw.sweep(train, dropout=(0, 0.5)), folder / "lesson.html").path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_over_an_exported_page(lesson: Path, browser: Browser, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.goto(lesson.as_uri())
    tabs = page.get_by_role("tab")
    expect(tabs.first).to_be_visible()
    axe = Axe(page)
    for tab in tabs.all():
        tab.click()
        axe.look(f"page, {tab.inner_text()}, {scheme}", "html")
    assert not axe.grave, axe.table
    LOG.info(axe.table)
    context.close()
