"""How runs end, what begins beside them, and what a run with odd numbers shows."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.trainings import NUMPY, until


def test_running_a_cell_again_begins_a_new_run_beside_the_old_one(lab: Lab) -> None:
    cell = NUMPY.replace("numpy run", "begun twice")
    lab.open(cell, "print(len({info.id for info in nnw.runs() if info.name == 'begun twice'}))")
    for _ in range(2):
        lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    expect(lab.page.locator(".nnw-panel")).to_have_count(1)
    lab.run(1)
    assert lab.printed(1) == "2\n"
    before = lab.panel().locator(".nnw-figure path.line").count()
    lab.panel().get_by_role("tab", name="Runs").click()
    lab.panel().get_by_role("checkbox", name="begun twice").first.check()
    ghost = lab.panel().locator(".nnw-item-ghost").first
    expect(ghost).to_contain_text("begun twice")
    lab.panel().get_by_role("tab", name="Curves").click()
    expect(ghost).to_be_visible()
    assert lab.panel().locator(".nnw-figure path.line").count() > before


def test_an_interrupt_keeps_the_curves(lab: Lab) -> None:
    lab.open(
        until("False"), "print(run.status, run.history['train/loss'].count > 0, nnw.load(run.id).status)"
    )
    lab.run(0, wait=False)
    expect(lab.value()).not_to_have_text("")
    lab.wait_for_growth(0)
    lab.command("notebook:interrupt-kernel")
    expect(lab.panel().get_by_role("status")).to_have_text("interrupted")
    assert lab.longest_line() > 100
    # The panel knows before the cell is over, and what is sent until then is given up with it, as Jupyter does.
    lab.wait_until_ran()
    lab.run(1)
    assert lab.printed(1) == "interrupted True interrupted\n"
    assert lab.outputs(0)[-1]["ename"] == "KeyboardInterrupt"


def test_an_exception_is_shown_with_its_reason(lab: Lab) -> None:
    lab.open(NUMPY.replace("run.log(loss", "1 / (epoch < 20)\n        run.log(loss"), "print(run.status)")
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("failed")
    expect(lab.panel().locator(".nnw-head .nnw-error")).to_have_text("ZeroDivisionError: division by zero")
    assert lab.longest_line() > 100
    lab.run(1)
    assert lab.printed(1) == "failed\n"
    assert [o["ename"] for o in lab.outputs(0) if o["output_type"] == "error"] == ["ZeroDivisionError"]


def test_values_that_are_not_finite_are_gaps_and_counted(lab: Lab) -> None:
    lab.open("""
import nnwidgets as nnw
with nnw.Run(name="gaps") as run:
    for i in range(20):
        run.log(loss=float("nan") if i == 7 else float("inf") if i == 13 else 1.0 / (i + 1))
""")
    lab.run(0)
    panel = lab.panel()
    expect(panel.locator(".nnw-notfinite")).to_have_text("2 not finite")
    expect(panel.locator(".nnw-notice")).to_contain_text("first at step 8")
    pieces = """() => Math.max(...[...document.querySelectorAll('.nnw-figure path.line')]
         .map(line => (line.getAttribute('d')?.match(/M/g) ?? []).length))"""
    lab.page.wait_for_function(f"() => ({pieces})() === 3")


def test_names_are_text_everywhere(lab: Lab) -> None:
    name = '<img src=x onerror="window.pwned=1">'
    command = 'data-commandlinker-command="nnw:test"'
    lab.open(f"""
import nnwidgets as nnw
for name in ({name!r}, {command!r}):
    with nnw.Run(name=name) as run:
        for i in range(5):
            run.log(**{{"loss": 1.0, {name!r}: 0.5, {command!r}: 0.1, "val_" + {name!r}: 0.2}})
""")
    lab.run(0)
    expect(lab.panel(0).locator(".nnw-name")).to_have_text(name)
    panel = lab.panel(1)
    expect(panel.locator(".nnw-name")).to_have_text(command)
    expect(panel.get_by_role("status")).to_have_text("finished")
    picker = panel.get_by_role("combobox", name="Metric")
    for metric in (command, name):
        picker.select_option(metric)
        expect(panel.locator(".nnw-figure").nth(1)).to_be_visible()
    panel.get_by_role("tab", name="Table").click()
    expect(panel.get_by_role("rowheader", name=f"train/{name}")).to_be_visible()
    panel.get_by_role("tab", name="Runs").click()
    panel.get_by_role("checkbox", name=name).first.check()
    expect(panel.locator(".nnw-item-ghost").first).to_contain_text(name)
    panel.get_by_role("tab", name="Events").click()
    assert lab.page.evaluate("() => window.pwned") is None
    assert lab.page.locator(".jp-OutputArea img:not(.nnw-output-still img)").count() == 0
    assert lab.page.locator("[data-commandlinker-command*=nnw]").count() == 0
