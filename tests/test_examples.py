"""Every notebook of examples/ runs from top to bottom, learns, is kept, and still shows its curves when it is saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pytest
from nbclient import NotebookClient

import nnwidgets as nnw
from nnwidgets import Run
from nnwidgets.store import RunInfo

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
PICTURE = "image/svg+xml"
FOUR = ["cancer, one layer", "cancer, many layers", "digits, one layer", "digits, many layers"]

CASES = [
    pytest.param("01-first-panel", {}, id="01-first-panel"),
    pytest.param("02-steering", {}, id="02-steering"),
    pytest.param("03-overfitting", {}, id="03-overfitting"),
    pytest.param("04-graph", {}, id="04-graph"),
    pytest.param("05-sidebar", {}, id="05-sidebar"),
    pytest.param("pytorch", {}, id="pytorch"),
    pytest.param("keras", {"KERAS_BACKEND": "tensorflow"}, id="keras on tensorflow"),
    pytest.param("keras", {"KERAS_BACKEND": "torch"}, id="keras on torch"),
    pytest.param("lightning", {}, id="lightning"),
    pytest.param("numpy-by-hand", {}, id="numpy-by-hand"),
    pytest.param("tensorflow-low-level", {}, id="tensorflow-low-level"),
]


def read(name: str) -> Any:
    return nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)


def test_every_notebook_is_run_here() -> None:
    assert {case.values[0] for case in CASES} == {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize(
    "path", [*NOTEBOOKS, *sorted(EXAMPLES.glob("course/*.ipynb"))], ids=lambda path: path.stem
)
def test_notebooks_are_stored_clean(path: Path) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def execute(name: str, folder: Path) -> Any:
    notebook = read(name)
    client = NotebookClient(
        notebook,
        timeout=150,
        kernel_name="python3",
        store_widget_state=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return notebook


def outputs_with(notebook: Any, mime: str) -> Iterator[tuple[str, Any]]:
    """Yield the id of the cell and the bundle of every output of a kind."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if mime in output.get("data", {}):
                yield cell.id, output.data


def points_drawn(svg: str, series: str) -> int:
    """Return the number of points in the longest line of a series, "train" or "val"."""
    lines = [node.get("d", "") for node in ET.fromstring(svg).iter() if node.get("class") == series]
    return max((len(re.findall(r"[ML][-\d.]+ [-\d.]+", line)) for line in lines), default=0)


def check_panels(notebook: Any, trainings: int) -> None:
    """Assert that each training left a panel with its state, and a picture of its curves beside it."""
    # A bare figure in someone's own layout is theirs to keep; a panel brings its picture. That of a training in the
    # background is taken when its cell is over, before the training has begun.
    shown = [
        (cell, data) for cell, data in outputs_with(notebook, VIEW) if cell not in ("curves", "background")
    ]
    assert len(shown) >= trainings
    states = notebook.metadata.widgets[STATE].state
    for cell, data in shown:
        assert data[VIEW]["model_id"] in states, cell
        assert PICTURE in data, f"{cell} has no picture beside its panel"
        # What `fit` returned has a number an epoch; a run of ours has every step.
        steps, epochs = (20, 20) if cell == "history" else (100, 20)
        assert points_drawn(data[PICTURE], "train") >= steps, f"the picture of {cell} has no training curve"
        assert points_drawn(data[PICTURE], "val") >= epochs, f"the picture of {cell} has no validation curve"


def run_names(runs: list[RunInfo]) -> list[str]:
    return [run.name for run in reversed(runs)]


def accuracy(run: RunInfo) -> float:
    last = nnw.load(run.id).history["val/accuracy"].last
    assert last is not None
    return last.value


@pytest.mark.examples
@pytest.mark.parametrize(("name", "environment"), CASES)
def test_notebook(
    name: str, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The kernel inherits these. One thread is what small networks need, and it leaves the other core to other tests.
    for key, value in {
        "OMP_NUM_THREADS": "1",
        "IPYTHONDIR": str(tmp_path / "ipython"),
        **environment,
    }.items():
        monkeypatch.setenv(key, value)
    notebook = execute(name, tmp_path)
    runs = nnw.runs()
    assert {run.status for run in runs} == {"finished"}
    if name == "01-first-panel":
        check_first(runs, tmp_path)
    elif name == "02-steering":
        check_steering(runs)
    elif name == "03-overfitting":
        check_overfitting(runs, notebook)
    elif name == "04-graph":
        check_graph(runs, notebook)
    elif name == "05-sidebar":
        check_sidebar(runs, notebook)
        return  # no panel stands in a cell
    else:
        check_four(runs, notebook)
    check_panels(notebook, len(runs) - (name == "02-steering"))  # one run there goes on after its cell


def check_first(runs: list[RunInfo], folder: Path) -> None:
    """Assert that the first example lasts long enough to be watched, memorises, and exports."""
    (run,) = runs
    assert run.duration is not None
    assert run.duration >= 15
    assert accuracy(run) > 0.8
    validation = nnw.load(run.id).history["val/loss"]
    assert validation.lowest.step < run.step / 2
    assert validation.last.value > 1.2 * validation.lowest.value
    assert points_drawn((folder / "first-panel.svg").read_text(encoding="utf-8"), "train") >= 100
    assert len((folder / "first-panel.csv").read_text(encoding="utf-8").splitlines()) > run.step


def check_steering(runs: list[RunInfo]) -> None:
    """Assert that what the text says of the changes is true."""
    assert run_names(runs) == [
        "by hand",
        "dropout after 12 epochs",
        "grows after 5 epochs",
        "in the background",
    ]
    background, growing, steered, plain = (nnw.load(run.id) for run in runs)
    assert plain.elapsed >= 15
    (dropout,) = steered.interventions
    assert (dropout.text, dropout.step, dropout.applied) == ("dropout 0 → 0.6", 120, True)
    losses = [run.history["val/loss"] for run in (plain, steered)]
    assert losses[0].last.value > 1.15 * losses[0].lowest.value
    assert losses[1].last.value < 0.9 * losses[0].last.value
    (size,) = growing.interventions
    assert size.facts["parameters"][1] > 2 * size.facts["parameters"][0]
    assert size.loss_after == pytest.approx(size.loss_before, rel=1e-3)
    assert background.status == "finished"
    assert [one.control for one in background.interventions] == ["pause", "resume", "stop"]


def check_sidebar(runs: list[RunInfo], notebook: Any) -> None:
    """Assert that the first run lasts long enough for a reload, that the cells stay free, and who wins."""
    assert run_names(runs) == ["128 units, the best of three", "4 units", "24 units"]
    small, tiny, wide = runs
    assert wide.duration is not None
    assert wide.duration >= 15
    assert [run.pinned for run in runs] == [False, False, True]
    assert wide.best < small.best < tiny.best
    assert list(outputs_with(notebook, PICTURE)) == []


def check_overfitting(runs: list[RunInfo], notebook: Any) -> None:
    """Assert that the flag rose where hindsight says, and that the remedy made the validation loss lower."""
    assert run_names(runs) == [
        "a straight line",
        "seven parameters",
        "untouched",
        "dropout after the flag",
        "a quarter of the size after the flag",
    ]
    smaller, dropped, untouched, seven, line = (nnw.load(run.id) for run in runs)
    assert line.divergence is None
    assert seven.history["train/loss"].last.value < 1e-4
    assert seven.history["val/loss"].last.value > 2 * line.history["val/loss"].last.value
    check_flag(seven, 200)
    assert untouched.elapsed >= 15
    check_flag(untouched, 60)
    for steered, change in ((dropped, "dropout 0 → 0.5"), (smaller, "size 1× → 0.25×")):
        (branch,) = steered.interventions
        assert branch.applied
        assert branch.text.startswith("branch from best, epoch ")
        assert branch.text.endswith(change)
        # The training before the branch is that of the first cell, value for value.
        first, again = (run.history["val/loss"].points() for run in (untouched, steered))
        before = again.step <= branch.facts["from_step"]
        assert again.value[before].tolist() == first.value[: before.sum()].tolist()
    assert dropped.history["val/loss"].lowest.value < 0.95 * untouched.history["val/loss"].lowest.value
    verdict = next(
        data["text/plain"] for cell, data in outputs_with(notebook, "text/html") if cell == "compare-dropout"
    )
    assert "better by more than the noise" in verdict
    (cell,) = [cell for cell in notebook.cells if cell.id == "restored"]
    end, best = re.findall(
        r"validation loss ([\d.]+)", "".join(output.get("text", "") for output in cell.outputs)
    )
    assert float(best) == pytest.approx(untouched.history["val/loss"].lowest.value, abs=6e-4)
    assert float(end) > 1.15 * float(best)
    assert untouched.snapshots.best.value == untouched.history["val/loss"].lowest.value


def check_graph(runs: list[RunInfo], notebook: Any) -> None:
    """Assert that the pictures hold what the text says, and that the statistics find what is wrong."""
    assert run_names(runs) == ["ten sigmoids", "ten ReLUs", "wider after ten epochs"]
    pictures = {cell: data[PICTURE] for cell, data in outputs_with(notebook, PICTURE)}
    for words in ("MeanBackward", "AccumulateGrad", "squared_error"):
        assert words in pictures["formula"]
    assert "maximum" in pictures["numpy"]
    assert "× 3" in pictures["residual"]
    wider, mended, sigmoid = (nnw.load(run.id) for run in runs)
    assert accuracy(runs[2]) < 0.2
    assert accuracy(runs[1]) > 0.9
    assert [finding.kind for finding in sigmoid.findings] == ["vanishing"]
    assert mended.findings == []
    _, first = sigmoid.history.layers.series("0.weight", "grad")
    _, last = sigmoid.history.layers.series("18.weight", "grad")
    assert first[-1] < 1e-4 * last[-1]
    assert [taken.label for taken in wider.graphs] == ["at the start", "size 1× → 2×"]
    before, after = (taken.graph for taken in wider.graphs)
    assert after.changes_since(before)["0"] == "64 → 128 features"


def check_flag(run: Run, validations: int) -> None:
    """Assert that the first flag rose within a third of the run after the true minimum, and names that minimum."""
    points = run.history["val/loss"].points()
    at = int(points.value.argmin())
    raised = run._keeper.flags.entries[0]
    assert raised.best_step == points.step[at]
    assert 0 < raised.validations <= max(10, 0.35 * validations)
    assert raised.kind == "overfitting"
    assert "while the training loss fell" in raised.text


def check_four(runs: list[RunInfo], notebook: Any) -> None:
    """Assert that all four networks learned, and that the lesson's conclusions are true."""
    assert run_names(runs) == FOUR
    cancer_one, cancer_many, digits_one, digits_many = reversed(runs)
    assert min(map(accuracy, (cancer_one, cancer_many))) > 0.9
    assert min(map(accuracy, (digits_one, digits_many))) > 0.94
    assert digits_many.best < digits_one.best
    many = nnw.load(cancer_many.id).history["val/loss"]
    assert many.last.value > 1.15 * many.lowest.value
    assert many.last.value > nnw.load(cancer_one.id).history["val/loss"].last.value
    table = next(data for cell, data in outputs_with(notebook, "text/html") if cell == "table")
    assert all(name in table["text/html"] for name in FOUR)
