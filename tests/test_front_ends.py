"""Where no page is: notebooks that are executed and converted by programs show the curves, end, and say nothing odd."""

from __future__ import annotations

import base64
import logging
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter, MarkdownExporter
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "where-it-works.md"
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
PICTURE = "image/svg+xml"
CURVES = re.compile(r'class="train" d="M[^"]{100,}')
TRAIN = """
import numpy as np, nnwidgets as nnw
rng = np.random.default_rng(0)
x = rng.normal(size=(256, 8)); y = x.sum(1)
w = np.zeros(8)
with nnw.Run(name="no page") as run:
    for epoch in run.epochs(40):
        error = x[:192] @ w - y[:192]
        w -= 0.05 * x[:192].T @ error / 192
        run.log(loss=(error ** 2).mean(), val_loss=((x[192:] @ w - y[192:]) ** 2).mean())
"""
BEHIND = """
import nnwidgets as nnw
run = nnw.Run(name="behind")
def train():
    for epoch in run.epochs(40):
        run.log(loss=1 / (1 + epoch))
run.start(train)
"""


def executed(*cells: str, store: bool = True) -> Any:
    """Execute a notebook as ``jupyter execute`` and ``nbconvert --execute`` do."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3", store_widget_state=store).execute()
    nbformat.validate(notebook)
    return notebook


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the programs complained about, such as messages that they did not know."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.fixture(scope="module")
def notebook() -> Any:
    return executed(TRAIN)


@pytest.mark.parametrize("store", [True, False])
def test_an_executed_notebook_keeps_the_last_picture_beside_the_panel(
    store: bool, caplog: pytest.LogCaptureFixture
) -> None:
    notebook = executed(TRAIN, store=store)
    outputs = notebook.cells[0].outputs
    (shown,) = [one for one in outputs if one.output_type == "display_data"]
    assert CURVES.search(shown.data[PICTURE])
    assert "finished" in shown.data[PICTURE]
    assert ("widgets" in notebook.metadata) == store
    if store:
        assert shown.data[VIEW]["model_id"] in notebook.metadata.widgets[STATE]["state"]
    assert [one for one in outputs if one.output_type in ("stream", "error")] == []
    assert warnings(caplog) == []


def test_a_training_in_the_background_that_is_waited_for_is_whole(caplog: pytest.LogCaptureFixture) -> None:
    notebook = executed(BEHIND, "assert run.wait(60)\nprint(run.status, run.steps)")
    (shown,) = [one for one in notebook.cells[0].outputs if one.output_type == "display_data"]
    assert "finished" in shown.data[PICTURE]
    assert notebook.cells[1].outputs[0].text == "finished 40\n"
    assert warnings(caplog) == []


def pictures(html: str) -> list[str]:
    """Return the SVG pictures of a page."""
    return [
        base64.b64decode(data).decode() for data in re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", html)
    ]


def test_an_html_page_shows_the_picture_unless_the_notebook_kept_the_state_of_its_widgets(
    notebook: Any, caplog: pytest.LogCaptureFixture
) -> None:
    plain = Config({"ClearMetadataPreprocessor": {"enabled": True}})
    html, _ = HTMLExporter(config=plain).from_notebook_node(notebook)
    assert any(CURVES.search(picture) for picture in pictures(html))
    # With the state the page asks a server in the network for what draws widgets: offline it would show nothing.
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert not any(CURVES.search(picture) for picture in pictures(html))
    assert VIEW in html
    # A picture of a notebook has no description, and there is no place for one.
    assert [text for text in warnings(caplog) if not text.startswith("Alternative text is missing")] == []


def test_a_page_without_scripts_has_the_picture_as_a_file(
    notebook: Any, caplog: pytest.LogCaptureFixture
) -> None:
    text, resources = MarkdownExporter().from_notebook_node(notebook)
    (name,) = [name for name in resources["outputs"] if name.endswith(".svg")]
    assert f"({name})" in text
    assert CURVES.search(resources["outputs"][name].decode())
    assert warnings(caplog) == []


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"\]\((\.\./tests/[^)]+)\)", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 5
    assert [name for name in named if not (PAGE.parent / name).is_file()] == []
