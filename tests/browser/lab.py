"""A notebook in a page, used as a person uses it; everything that is waited for is a state, never a time."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import ConsoleMessage, Error, Locator, Page

from scripts.laboratory import notebook, open_notebook, run_cell, theme

#: Milliseconds to wait for a state; a loaded machine may need them.
PATIENCE = 60_000

#: The length of the longest line drawn in a chart: that of the training curve.
LONGEST = """() => Math.max(0, ...[...document.querySelectorAll('.nnw-figure path.line')]
     .map(path => (path.getAttribute('d') ?? '').length))"""


#: The training curve as it is drawn.
CURVE = """() => [...document.querySelectorAll('.nnw-figure path.line')]
     .map(path => path.getAttribute('d') ?? '').reduce((one, other) => other.length > one.length ? other : one, '')"""


class Diary:
    """What a page says while it is used, for whoever has to find out why a test failed."""

    def __init__(self, page: Page) -> None:
        self.lines: list[str] = []
        self.errors: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", self._broke)

    def _said(self, message: ConsoleMessage) -> None:
        self.lines.append(f"{message.type}: {message.text}")

    def _broke(self, error: Error) -> None:
        where = error.stack or str(error)
        self.lines.append(f"uncaught: {where}")
        # Notebook 7 throws twice by itself at each start.
        frames = re.findall(r"https?://\S+", where)
        if not frames or not all("/static/notebook/notebook_core" in frame for frame in frames):
            self.errors.append(where)


class Lab:
    """A notebook in a page of JupyterLab, as a person has it before them.

    Parameters
    ----------
    page
        The page, empty.
    server
        The address of the server with ``{}`` where the path of a notebook belongs.
    folder
        Where the notebooks of this test are.
    """

    def __init__(self, page: Page, server: str, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.url = server.replace("{}", f"{folder.name}/{{}}")

    def open(self, *cells: str, name: str = "test") -> None:
        """Open a new notebook with these cells."""
        self.visit(notebook(self.folder, name, list(cells)))

    def visit(self, file: str, *, app: str = "lab/tree") -> None:
        """Open a notebook that is there, in JupyterLab or in ``notebooks``, and wait for its kernel."""
        open_notebook(self.page, self.url.replace("/lab/tree/", f"/{app}/"), file)

    def run(self, cell: int, *, wait: bool = True) -> None:
        """Run a cell."""
        run_cell(self.page, cell, wait=wait)

    def wait_until_ran(self) -> None:
        """Wait for the end of the cell that was begun."""
        self.page.wait_for_function("() => window.ran", timeout=2 * PATIENCE)

    @property
    def is_running(self) -> bool:
        """Whether the cell that was begun still runs."""
        return not self.page.evaluate("() => window.ran")

    def outputs(self, cell: int) -> list[dict[str, Any]]:
        """Return the outputs of a cell as the notebook keeps them."""
        found: list[dict[str, Any]] = self.page.evaluate(
            "cell => window.jupyterapp.shell.currentWidget.content.widgets[cell].model.outputs.toJSON()", cell
        )
        return found

    def printed(self, cell: int) -> str:
        """Return what a cell printed."""
        return "".join("".join(o["text"]) for o in self.outputs(cell) if o["output_type"] == "stream")

    def read(self, cell: int) -> Any:
        """Return what a cell printed as JSON."""
        return json.loads(self.printed(cell))

    def panel(self, place: int = 0) -> Locator:
        """Return a panel of the page."""
        return self.page.locator(".nnw-panel").nth(place)

    def value(self, role: str = "train", place: int = 0) -> Locator:
        """Return the number in the legend of the loss of a panel."""
        return self.panel(place).locator(".nnw-legend").first.locator(f".nnw-item-{role} b")

    def longest_line(self) -> int:
        """Return the length of the longest path drawn now: that of the training curve."""
        return int(self.page.evaluate(LONGEST))

    def curve(self) -> str:
        """Return the training curve as it is drawn now."""
        return str(self.page.evaluate(CURVE))

    def wait_for_another(self, curve: str) -> None:
        """Wait until it is drawn in another way: it has a most of rows, so it does not grow for ever."""
        self.page.wait_for_function(f"before => ({CURVE})() !== before", arg=curve)

    def wait_for_growth(self, beyond: int) -> None:
        """Wait until the training curve has grown well beyond this length."""
        self.page.wait_for_function(f"beyond => ({LONGEST})() > beyond + 100", arg=beyond)

    def command(self, name: str) -> None:
        """Do what an entry of the menus does, to its end."""
        self.page.evaluate("async name => { await window.jupyterapp.commands.execute(name); }", name)

    def theme(self, name: str) -> None:
        """Switch the theme."""
        theme(self.page, name)

    def end_kernels(self) -> None:
        """End the kernels of this test's notebooks, whatever page they were opened in."""
        for session in self._api("sessions") or []:
            if session["path"].startswith(f"{self.folder.name}/"):
                self._api(f"sessions/{session['id']}", method="DELETE")

    def _api(self, path: str, method: str = "GET") -> Any:
        address = urlsplit(self.url)
        token = parse_qs(address.query)["token"][0]
        request = urllib.request.Request(
            f"{address.scheme}://{address.netloc}/api/{path}",
            method=method,
            headers={"Authorization": f"token {token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            body = reply.read()
        return json.loads(body) if body else None
