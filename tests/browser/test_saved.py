"""A saved notebook shows its curves where no kernel runs, and nothing in it comes to life that should not."""

from __future__ import annotations

import re
from urllib.parse import unquote

import nbformat
from playwright.sync_api import Locator, expect

from tests.browser.lab import Lab
from tests.browser.trainings import NUMPY, until

PANEL = "application/vnd.nnwidgets.panel+json"
#: A picture as somebody with bad intentions would write it into a notebook.
HOSTILE = """<svg xmlns="http://www.w3.org/2000/svg" class="nnw-light" viewBox="0 0 90 60" width="90" height="60">
<script>window.top.pwned = 1; window.pwned = 1</script>
<style>.nnw-light rect { fill: #ffffff } .nnw-dark rect { fill: #111111 }</style>
<rect width="90" height="60" onload="window.pwned = 1"/><a href="javascript:window.pwned=1"><text y="20">x</text></a>
<foreignObject width="9" height="9"><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="window.pwned=1"/>
</foreignObject></svg>"""


def still(lab: Lab) -> Locator:
    """Return the picture of the first panel."""
    return lab.page.locator(".nnw-output-still img").first


def source(lab: Lab) -> str:
    """Return the SVG of the picture."""
    return unquote((still(lab).get_attribute("src") or "").partition(",")[2])


def save_and_reopen_without_kernel(lab: Lab) -> None:
    """Do what a person does who saves, closes everything and comes back the next day."""
    lab.command("docmanager:save")
    lab.page.goto("about:blank")
    lab.end_kernels()
    show_without_kernel(lab)


def show_without_kernel(lab: Lab, name: str = "test") -> None:
    """Open a notebook whose kernel is not to be started."""
    path = lab.folder / f"{name}.ipynb"
    saved = nbformat.read(path, as_version=4)
    # Without them JupyterLab asks for a kernel, and gets none.
    for told in ("kernelspec", "language_info"):
        saved.metadata.pop(told, None)
    nbformat.write(saved, path)
    lab.page.goto(lab.url.format(path.name), wait_until="domcontentloaded")
    dialog = lab.page.get_by_role("dialog")
    dialog.get_by_role("button", name="No Kernel").click()
    dialog.wait_for(state="detached")


def test_a_saved_notebook_shows_the_curves_without_a_kernel(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    save_and_reopen_without_kernel(lab)
    expect(still(lab)).to_be_visible()
    assert "numpy run" in source(lab)
    assert "finished" in source(lab)
    assert re.search(r'class="train" d="M[^"]{100,}', source(lab))
    assert lab.page.locator(".nnw-panel").count() == 0
    assert still(lab).evaluate("picture => picture.naturalWidth > 300")


def test_a_notebook_saved_while_it_trained_shows_a_picture_too(lab: Lab) -> None:
    lab.open(until("False"))
    lab.run(0, wait=False)
    lab.wait_for_growth(0)
    save_and_reopen_without_kernel(lab)
    expect(still(lab)).to_be_visible()
    assert "until" in source(lab)
    assert lab.page.locator(".nnw-panel").count() == 0


def test_an_interrupt_after_a_reload_ends_the_run_in_the_panel(lab: Lab) -> None:
    lab.open(until("False"))
    lab.run(0, wait=False)
    lab.wait_for_growth(0)
    lab.command("docmanager:save")
    lab.page.goto(lab.url.format("test.ipynb"), wait_until="domcontentloaded")
    kernel = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
    lab.page.wait_for_function(f"() => {kernel}?.connectionStatus === 'connected'")
    lab.command("notebook:interrupt-kernel")
    expect(lab.panel().get_by_role("status")).to_have_text("interrupted")
    expect(still(lab)).not_to_be_visible()
    assert lab.longest_line() > 100


def test_a_reload_with_an_idle_kernel_brings_the_live_panel_back(lab: Lab) -> None:
    lab.open(NUMPY, "run.panel.view")
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    lab.command("docmanager:save")
    lab.visit("test.ipynb")
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    expect(lab.panel().locator(".nnw-figure path.line").first).to_be_attached()
    lab.panel().get_by_role("button", name="log").click()
    expect(lab.panel().get_by_role("button", name="log")).to_have_attribute("aria-pressed", "true")
    expect(still(lab)).not_to_be_visible()


def test_a_picture_from_a_stranger_is_inert_and_follows_the_theme(lab: Lab) -> None:
    name = '<img src=x onerror="window.pwned=1">'
    data = {"version": 1, "model_id": "no-such-model", "run_id": name, "still": HOSTILE}
    output = nbformat.v4.new_output("display_data", {PANEL: data, "text/plain": "a run"})
    cell = nbformat.v4.new_code_cell("run", outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), lab.folder / "test.ipynb")
    show_without_kernel(lab)
    expect(still(lab)).to_be_visible()
    expect(still(lab)).to_have_attribute("alt", f"Training curves of run {name}")
    assert 'class="nnw-light"' in source(lab)
    light = still(lab).screenshot()
    lab.theme("JupyterLab Dark")
    expect(still(lab)).to_have_attribute("src", re.compile("nnw-dark%22%20viewBox"))
    assert still(lab).screenshot() != light
    assert lab.page.evaluate("() => window.pwned") is None
    assert lab.page.locator(".nnw-output").locator("script, svg, a, [onerror]").count() == 0
