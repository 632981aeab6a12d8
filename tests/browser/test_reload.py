"""The page is reloaded, opened once more or closed while a cell trains: the panel is back before the cell ends.

In the end each page shows each recorded step, once.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import PATIENCE, Lab
from tests.browser.shown import assert_shown, recorded, unsmoothed

#: Trains until somebody presses Stop; up to 400 steps, each one is drawn. The file ``over`` says that the cell ended.
#: Sleeps as long as a step of a real network takes: the page is reloaded in the middle of the training.
TRAIN = """
import time, nnwidgets as nnw
from pathlib import Path
with nnw.Run(name="reloaded") as run:
    print(run.id)
    while not Path("end").exists():
        step = run.steps + 1
        run.log(loss=2 / step ** 0.5 + 0.1 * (7 * step % 5))
        time.sleep(0.15)
Path("over").touch()
"""
STATUS = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"


def begin(lab: Lab) -> str:
    """Run the cell, and save its notebook while it trains; return the id of the run."""
    lab.run(0, wait=False)
    expect(status(lab)).to_have_text("running")
    unsmoothed(lab.panel())
    lab.wait_for_growth(100)
    lab.command("docmanager:save")
    return lab.printed(0).strip()


def goto(lab: Lab, *, app: str = "lab/tree") -> float:
    """Load the page (anew) and return how many seconds after its cells are there the panel is alive."""
    url = lab.url.replace("/lab/tree/", f"/{app}/").format("test.ipynb")
    lab.page.goto(url, wait_until="domcontentloaded")
    return until_back(lab)


def until_back(lab: Lab) -> float:
    """Wait for the cells, then for the panel and its controls; return the seconds in between."""
    lab.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    began = time.perf_counter()
    expect(status(lab)).to_have_text("running")
    expect(button(lab, "Pause")).to_be_enabled()
    expect(lab.panel().locator(".nnw-figure path.line").first).to_be_attached()
    return time.perf_counter() - began


def status(lab: Lab) -> Locator:
    return lab.panel().locator(".nnw-pill")


def button(lab: Lab, name: str) -> Locator:
    return lab.panel().get_by_role("button", name=name, exact=True)


def is_over(folder: Path) -> bool:
    return (folder / "over").exists()


def assert_alive(lab: Lab) -> None:
    """Assert that the curves go on and the controls work, all that while the cell runs and the page says so."""
    lab.page.wait_for_function(f"() => ({STATUS})() === 'busy'")
    lab.wait_for_growth(lab.longest_line())
    button(lab, "Pause").click()
    expect(status(lab)).to_have_text("paused")
    # Each message that was dealt with says "idle" for a moment.
    lab.page.wait_for_function(f"() => ({STATUS})() === 'busy'")
    button(lab, "Resume").click()
    expect(status(lab)).to_have_text("running")
    lab.wait_for_growth(lab.longest_line())
    assert not is_over(lab.folder)


def stop(lab: Lab, run_id: str, *others: Lab) -> None:
    """Stop the training, and assert that every page shows all that was recorded, each step once."""
    button(lab, "Stop").click()
    for one in (lab, *others):
        expect(status(one)).to_have_text("finished", timeout=2 * PATIENCE)
        one.page.wait_for_function(f"() => ({STATUS})() === 'idle'")
    assert is_over(lab.folder)
    steps, values = recorded(run_id, lab.folder.parent)
    assert steps.tolist() == list(range(1, len(steps) + 1))
    for one in (lab, *others):
        expect(one.panel().locator(".nnw-facts")).to_contain_text(f"step\u00a0{len(steps):,}")
        assert_shown(one.panel(), steps, values)


@pytest.mark.parametrize("app", ["lab/tree", "notebooks"])
def test_a_reload_mid_cell_brings_all_back(lab: Lab, app: str) -> None:
    lab.open(TRAIN)
    run_id = begin(lab)
    waited = goto(lab, app=app)
    print(f"{app}: the panel is back {waited:.1f} s after the notebook")  # noqa: T201 — the time, for pytest -s
    assert not is_over(lab.folder)
    assert_alive(lab)
    stop(lab, run_id)


def test_a_second_tab_opened_while_a_cell_trains_steers_too(lab: Lab, page: Page) -> None:
    lab.open(TRAIN)
    run_id = begin(lab)
    second = Lab(page.context.new_page(), lab.url.replace(f"{lab.folder.name}/{{}}", "{}"), lab.folder)
    goto(second)
    assert_alive(second)
    button(second, "Pause").click()
    for one in (lab, second):
        expect(status(one)).to_have_text("paused")
    button(lab, "Resume").click()
    for one in (lab, second):
        expect(status(one)).to_have_text("running")
    assert lab.is_running
    stop(second, run_id, lab)


def test_a_notebook_closed_and_opened_again_while_its_cell_trains_has_its_panel(lab: Lab) -> None:
    lab.open(TRAIN)
    run_id = begin(lab)
    lab.command("application:close")
    expect(lab.page.locator(".nnw-panel")).to_have_count(0)
    path = f"{lab.folder.name}/test.ipynb"
    lab.page.evaluate(
        "async path => { await window.jupyterapp.commands.execute('docmanager:open', { path }); }", path
    )
    until_back(lab)
    assert_alive(lab)
    stop(lab, run_id)


def test_a_reload_when_the_training_is_over_brings_everything_back(lab: Lab) -> None:
    lab.open(TRAIN)
    run_id = begin(lab)
    stop(lab, run_id)
    lab.command("docmanager:save")
    lab.visit("test.ipynb")
    expect(status(lab)).to_have_text("finished")
    steps, values = recorded(run_id, lab.folder.parent)
    expect(lab.panel().locator(".nnw-figure path.line").first).to_be_attached()
    assert_shown(lab.panel(), steps, values)
    button(lab, "log").click()
    expect(button(lab, "log")).to_have_attribute("aria-pressed", "true")
