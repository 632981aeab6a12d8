"""The sidebar: what it shows of the active notebook, and what can be done there."""

from __future__ import annotations

import json

from playwright.sync_api import Locator, expect

from scripts.laboratory import notebook
from tests.browser.lab import Lab
from tests.browser.trainings import NUMPY, until

PANEL = "application/vnd.nnwidgets.panel+json"
#: Trains until the test writes a file.
UNTIL_TOLD = until("Path('go').exists()", before="from pathlib import Path")


def sidebar(lab: Lab) -> Locator:
    return lab.page.locator("#nnwidgets-sidebar")


def panel_of(place: Locator) -> Locator:
    return place.locator(".nnw-panel")


def status_of(place: Locator) -> Locator:
    return panel_of(place).locator(".nnw-head").get_by_role("status")


def notice(lab: Lab) -> Locator:
    return sidebar(lab).locator(".nnw-notice-text")


def show(lab: Lab) -> None:
    lab.command("nnwidgets:open-sidebar")


def also_open(lab: Lab, file: str) -> None:
    """Open another notebook in the same page, and wait for its kernel."""
    lab.page.evaluate(
        "async path => { await window.jupyterapp.commands.execute('docmanager:open', { path }); }",
        f"{lab.folder.name}/{file}",
    )
    lab.page.wait_for_function(
        """name => {
          const panel = window.jupyterapp.shell.currentWidget;
          return panel?.title.label === name && panel.sessionContext?.session?.kernel?.status === 'idle';
        }""",
        arg=file,
    )


def bring(lab: Lab, name: str) -> None:
    """Click on the tab of a document."""
    lab.page.locator("#jp-main-dock-panel .lm-TabBar-tab").filter(has_text=name).click()


def test_the_icon_opens_it_and_the_panel_in_it_is_live_while_the_cell_trains(lab: Lab) -> None:
    lab.open(until("panel.view.log"))
    lab.page.locator("[data-id=nnwidgets-sidebar]").click()
    expect(notice(lab)).to_have_text("No training in this kernel yet.")
    lab.run(0, wait=False)
    side = sidebar(lab)
    expect(status_of(side)).to_have_text("running")
    expect(notice(lab)).not_to_be_visible()
    expect(side.get_by_role("list", name="Runs")).to_contain_text("until")
    facts = panel_of(side).locator(".nnw-facts")
    expect(facts).not_to_have_text(facts.text_content() or "")
    item = lab.page.locator(".nnw-status")
    expect(item).to_contain_text("/100000 · val 0.")
    panel_of(side).get_by_role("button", name="Pause").click()
    expect(status_of(side)).to_have_text("paused")
    expect(status_of(lab.page.locator(".jp-Cell"))).to_have_text("paused")
    expect(item).to_contain_text("paused · epoch ")
    assert lab.is_running
    lab.command("nnwidgets:resume")
    expect(status_of(side)).to_have_text("running")
    panel_of(side).get_by_role("button", name="log").click()
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")
    expect(item).to_contain_text("finished · val")


def test_a_magic_opens_it_and_a_reload_leaves_it_open(lab: Lab) -> None:
    lab.open(NUMPY, "%load_ext nnwidgets\n%nnwidgets sidebar")
    lab.run(0)
    expect(sidebar(lab)).not_to_be_visible()
    with lab.page.expect_request(
        lambda request: (
            "/api/workspaces/" in request.url and '"current":"nnwidgets-sidebar"' in (request.post_data or "")
        )
    ):
        lab.run(1)
        expect(status_of(sidebar(lab))).to_have_text("finished")
        lab.command("docmanager:save")
    lab.page.reload(wait_until="domcontentloaded")
    expect(status_of(sidebar(lab))).to_have_text("finished")


def test_earlier_runs_are_shown_at_a_click(lab: Lab) -> None:
    lab.open("from nnwidgets import Run\nRun(name='of yesterday').finish()")
    lab.run(0)
    lab.page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"
    )
    show(lab)
    expect(notice(lab)).to_have_text("No training in this kernel yet.")
    sidebar(lab).get_by_role("button", name="Show earlier runs").click()
    expect(sidebar(lab).get_by_role("list", name="Runs")).to_contain_text("of yesterday")


def test_it_follows_notebooks_and_consoles(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    show(lab)
    name = panel_of(sidebar(lab)).locator(".nnw-name")
    expect(name).to_have_text("numpy run")
    also_open(lab, notebook(lab.folder, "other", [NUMPY.replace("numpy run", "another run")]))
    head = sidebar(lab).locator(".nnw-sidebar-name")
    expect(head).to_have_text("other.ipynb")
    expect(notice(lab)).to_have_text("No training in this kernel yet.")
    lab.run(0)
    expect(name).to_have_text("another run")
    bring(lab, "test.ipynb")
    expect(head).to_have_text("test.ipynb")
    expect(name).to_have_text("numpy run")
    # A console on the same kernel has the same trainings.
    lab.command("notebook:create-console")
    expect(head).not_to_have_text("test.ipynb")
    expect(name).to_have_text("numpy run")


def test_it_says_how_the_kernel_is(lab: Lab) -> None:
    lab.open(NUMPY, "import sys; sys.modules['nnwidgets'] = None", "del sys.modules['nnwidgets']")
    show(lab)
    lab.run(1)
    expect(notice(lab)).to_have_text("nnwidgets is not installed in this kernel.")
    expect(sidebar(lab).locator("pre")).to_have_text("%pip install nnwidgets")
    lab.run(2)
    expect(notice(lab)).to_have_text("No training in this kernel yet.")
    lab.run(0)
    expect(status_of(sidebar(lab))).to_have_text("finished")
    lab.page.evaluate(
        """() => {
          window.said = [];
          const sidebar = document.getElementById('nnwidgets-sidebar');
          const look = () => window.said.push(sidebar.querySelector('.nnw-notice-text')?.textContent);
          new MutationObserver(look).observe(sidebar, { childList: true, subtree: true, characterData: true });
          window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart();
        }"""
    )
    lab.page.wait_for_function("() => window.said.includes('The kernel is restarting …')")
    expect(notice(lab)).to_have_text("No training in this kernel yet.")
    expect(panel_of(sidebar(lab))).to_have_count(0)
    lab.page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); }"
    )
    expect(notice(lab)).to_have_text("No kernel.")


def test_the_end_is_notified_where_the_notebook_is_not_in_view(lab: Lab) -> None:
    lab.open(UNTIL_TOLD)
    lab.run(0, wait=False)
    expect(lab.page.locator(".nnw-status")).to_contain_text("epoch")
    also_open(lab, notebook(lab.folder, "other", ["1"]))
    expect(lab.page.locator(".nnw-status")).not_to_be_visible()
    (lab.folder / "go").touch()
    toast = lab.page.locator(".Toastify__toast")
    expect(toast).to_contain_text("until has finished.")
    toast.get_by_role("button", name="Show").click()
    expect(lab.page.locator(".jp-Cell:visible .nnw-panel")).to_be_visible()
    expect(toast).to_have_count(0)


def test_a_panel_stands_in_a_tab_and_says_when_its_kernel_is_gone(lab: Lab) -> None:
    lab.open(NUMPY.replace("numpy run", "for a tab"))  # the list has the runs of other tests, too
    lab.run(0)
    show(lab)
    sidebar(lab).get_by_role("button", name="More for “for a tab”").click()
    lab.page.get_by_role("menuitem", name="Open in a tab").click()
    tab = lab.page.locator(".nnw-tab-content")
    expect(status_of(tab)).to_have_text("finished")
    expect(lab.page.locator("#jp-main-dock-panel .lm-TabBar-tab").filter(has_text="for a tab")).to_have_count(
        1
    )
    lab.command("nnwidgets:open-tab")
    expect(tab).to_have_count(1)
    lab.page.evaluate(
        """async () => {
          for (const panel of window.jupyterapp.shell.widgets('main'))
            await panel.sessionContext?.session?.kernel.restart();
        }"""
    )
    expect(tab.locator(".nnw-notice-text")).to_have_text("The kernel of this training has ended.")


def test_settings_reach_the_kernel(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    show(lab)
    log = panel_of(sidebar(lab)).get_by_role("button", name="log")
    expect(log).to_have_attribute("aria-pressed", "false")
    lab.page.evaluate(
        "() => { window.jupyterapp.commands.execute('settingeditor:open', { query: 'nnwidgets' }); }"
    )
    lab.page.get_by_label("Logarithmic losses").check()
    expect(log).to_have_attribute("aria-pressed", "true")


def test_the_panel_is_back_in_its_cell_after_a_reload_of_an_unsaved_notebook(lab: Lab) -> None:
    lab.open(until("panel.view.log"))
    lab.run(0, wait=False)
    lab.wait_for_growth(0)
    lab.page.on("dialog", lambda dialog: dialog.accept())
    lab.page.goto(lab.url.format("test.ipynb"), wait_until="domcontentloaded")
    cell = lab.page.locator(".jp-Cell").first
    expect(status_of(cell)).to_have_text("running")
    panel_of(cell).get_by_role("button", name="log").click()
    expect(status_of(cell)).to_have_text("finished")
    lab.page.wait_for_function(
        """mime => window.jupyterapp.shell.currentWidget.content.widgets[0].model.outputs.toJSON()
                 .some(output => output.data?.[mime]?.still)""",
        arg=PANEL,
    )
    shown = [json.dumps(output) for output in lab.outputs(0) if PANEL in output.get("data", {})]
    assert len(shown) == 1


def test_it_is_in_the_right_area_of_notebook_7(lab: Lab) -> None:
    notebook(lab.folder, "seven", [NUMPY])
    lab.visit("seven.ipynb", app="notebooks")
    lab.run(0)
    show(lab)
    expect(status_of(sidebar(lab))).to_have_text("finished")
    expect(sidebar(lab).get_by_role("list", name="Runs")).to_contain_text("numpy run")
    assert lab.page.locator("#jp-right-stack").locator("#nnwidgets-sidebar").count() == 1
