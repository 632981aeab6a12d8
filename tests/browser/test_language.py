"""In the reader's language: as the browser has it, and as it is chosen in a notebook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.lab import PATIENCE, Lab
from tests.browser.test_look import BEYOND
from tests.browser.trainings import NUMPY

ENGLISH = ["Curves", "Graph", "Table", "Runs", "Events"]
UKRAINIAN = ["Криві", "Граф", "Таблиця", "Запуски", "Події"]
ALL_RUNS = "Усі запуски"  # noqa: RUF001 - the letters of Ukrainian
#: As wide as a sidebar.
NARROW = (
    NUMPY.replace('name="numpy run"', 'name="narrow", show=False')
    + '\nimport ipywidgets\ndisplay(ipywidgets.Box([run.panel], layout={"width": "320px"}))\n'
)


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return a page of a browser that speaks the language which the test asks for."""
    context = browser.new_context(viewport={"width": 1180, "height": 1000}, locale=request.param)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


@pytest.mark.parametrize("page", ["uk-UA"], indirect=True)
def test_a_browser_in_ukrainian_has_panel_and_sidebar_in_ukrainian_also_where_it_is_narrow(lab: Lab) -> None:
    lab.open(NARROW)
    lab.run(0)
    panel, sidebar = lab.panel(), lab.page.locator("#nnwidgets-sidebar")
    expect(panel.locator(".nnw-pill")).to_have_text("завершено")
    expect(panel.get_by_role("tab")).to_have_text(UKRAINIAN)
    # What the kernel says, which was told the language by the page.
    expect(panel.locator(".nnw-item-val .nnw-label")).to_have_text("валідація")
    assert panel.evaluate(BEYOND) == []
    lab.command("nnwidgets:open-sidebar")
    sidebar.get_by_role("button", name=ALL_RUNS).click()
    row = sidebar.locator(".nnw-list-row").filter(has_text="narrow")
    expect(row.locator(".nnw-pill")).to_have_text("завершено")
    expect(row.locator(".nnw-list-epochs")).to_have_text("40 епох")


@pytest.mark.parametrize("page", ["en-US"], indirect=True)
def test_a_language_chosen_in_the_notebook_is_taken_at_once_and_given_back(lab: Lab) -> None:
    lab.open(NUMPY, "%load_ext nnwidgets\n%nnwidgets lang uk", "%nnwidgets lang auto")
    lab.run(0)
    panel, sidebar = lab.panel(), lab.page.locator("#nnwidgets-sidebar")
    lab.command("nnwidgets:open-sidebar")
    expect(panel.locator(".nnw-pill")).to_have_text("finished")
    panel.get_by_role("tab", name="Table").click()
    lab.run(1)
    expect(panel.get_by_role("tab")).to_have_text(UKRAINIAN)
    # The tab that was open still is.
    expect(panel.get_by_role("tab", name="Таблиця")).to_have_attribute("aria-selected", "true")
    expect(panel.locator(".nnw-table thead th").first).to_have_text("Метрика")
    expect(sidebar.locator(".nnw-sidebar-tolist")).to_have_text(f"{ALL_RUNS} ↓")
    expect(panel.locator(".nnw-pill")).to_have_text("завершено")
    lab.run(2)
    expect(panel.get_by_role("tab")).to_have_text(ENGLISH)
    expect(sidebar.locator(".nnw-sidebar-tolist")).to_have_text("All runs ↓")
    expect(panel.locator(".nnw-pill")).to_have_text("finished")
