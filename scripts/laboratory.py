"""A JupyterLab of one's own and a browser that drives it: for the browser tests and the pictures.

Nothing of the person's own Jupyter is read or written: configuration, settings, workspaces and runs live in a folder
that is given. Every wait is for a state of the page or of the server.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import nbformat
from playwright.sync_api import Page

from scripts import demo

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FOLDERS = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
#: What the environment has beside us and a person need not have: news from a server, and the button of Voilà.
UNWANTED = ("@jupyterlab/apputils-extension:announcements", "@voila-dashboards/jupyterlab-preview")
#: Where a laboratory's JupyterLab keeps what a person set in it, below its folder.
SETTINGS = Path(".jupyter/jupyterlab_settings_dir")


@contextmanager
def laboratory(folder: Path, environment: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """Run a JupyterLab whose root is ``folder``; give its address."""
    port, token = own_port(), secrets.token_hex(16)
    own = {name: str(folder / ".jupyter" / name.lower()) for name in FOLDERS}
    own["IPYTHONDIR"] = str(folder / ".ipython")
    own |= {"JUPYTER_TOKEN": token, "NNWIDGETS_HOME": str(folder / "runs"), "JUPYTER_PREFER_ENV_PATH": "1"}
    page_config = Path(own["JUPYTER_CONFIG_DIR"]) / "labconfig/page_config.json"
    page_config.parent.mkdir(parents=True)
    page_config.write_text(json.dumps({"disabledExtensions": dict.fromkeys(UNWANTED, True)}))
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": folder,
        "ServerApp.allow_root": True,
        "LabApp.expose_app_in_browser": True,
        "JupyterNotebookApp.expose_app_in_browser": True,
    }
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *(f"--{k}={v}" for k, v in options.items())],
            env={**os.environ, **environment, **own}, stdout=log, stderr=log,
        )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_served(f"{base}/api?token={token}", server, Path(log.name))
        yield f"{base}/lab/tree/{{}}?token={token}&reset"
    finally:
        server.terminate()
        server.wait(20)


def own_port() -> int:
    """Return a free port that the system gives to nobody else soon: several servers may start at one moment."""
    with socket.socket() as probe:
        probe.bind((demo.HOST, 0))
        return int(probe.getsockname()[1])


def wait_until_served(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server that was just started answers; end the program where it does not."""
    deadline = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 — our own server
            break
        except (urllib.error.URLError, OSError):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{server.args!r} did not start: see {log}") from None
            time.sleep(0.2)


def notebook(folder: Path, name: str, cells: list[str]) -> str:
    """Write a notebook; return its file name."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, folder / f"{name}.ipynb")
    return f"{name}.ipynb"


def open_notebook(page: Page, url: str, name: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(url.format(name), wait_until="domcontentloaded")
    page.wait_for_function(
        """() => {
          const panel = window.jupyterapp?.shell.currentWidget;
          return panel?.sessionContext?.session?.kernel?.status === 'idle' && panel.content.widgets.length > 0;
        }""",
        timeout=90_000,
    )
    page.evaluate(
        "() => { window.jupyterapp.shell.collapseLeft(); window.jupyterapp.shell.collapseRight(); }"
    )


def run_cell(page: Page, index: int, *, wait: bool = True) -> None:
    """Run a cell, to its end if ``wait``."""
    page.evaluate(
        """(index) => {
          const notebook = window.jupyterapp.shell.currentWidget.content;
          notebook.activeCellIndex = index; notebook.deselectAll();
          window.ran = false;
          const run = window.lastRun = {};
          // The end of a cell that was begun before says nothing about this one.
          const done = () => { window.ran ||= window.lastRun === run; };
          window.jupyterapp.commands.execute('notebook:run-cell').then(done);
        }""",
        index,
    )
    if wait:
        page.wait_for_function("() => window.ran", timeout=180_000)


def theme(page: Page, name: str) -> None:
    """Switch JupyterLab's theme and wait until it is there, its colours too."""
    look = """() => [document.body.dataset.jpThemeLight,
                     getComputedStyle(document.body).getPropertyValue('--jp-layout-color1')]"""
    light, paper = page.evaluate(look)
    page.evaluate(
        "name => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })", name
    )
    wanted = str("Dark" not in name).lower()
    # The page says that it is dark before the style sheet is there, and between two sheets there is no colour.
    page.wait_for_function(
        f"([wanted, same, paper]) => {{ const [light, now] = ({look})(); "
        "return light === wanted && (same || (now && now !== paper)); }",
        arg=[wanted, light == wanted, paper],
        timeout=30_000,
    )
    page.wait_for_function("() => !document.getElementById('jupyterlab-splash')", timeout=30_000)
