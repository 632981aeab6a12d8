"""Notebook 7 has the same panel."""

from __future__ import annotations

from playwright.sync_api import expect

from scripts.laboratory import notebook
from tests.browser.lab import Lab
from tests.browser.trainings import until


def test_the_panel_is_live_in_notebook_7(lab: Lab) -> None:
    notebook(lab.folder, "seven", [until("panel.view.log")])
    lab.visit("seven.ipynb", app="notebooks")
    lab.run(0, wait=False)
    expect(lab.panel().get_by_role("status")).to_have_text("running")
    expect(lab.value()).not_to_have_text("")
    lab.wait_for_another(lab.curve())
    lab.panel().get_by_role("button", name="log").click()
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    expect(lab.value("val")).not_to_have_text("")
