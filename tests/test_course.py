"""The notebooks of the course: an exercise with gaps runs and says what is missing; its solution reaches all."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import nnwidgets as nnw

COURSE = Path(__file__).resolve().parent.parent / "examples" / "course"
NOTEBOOKS = ("low-level", "cancer", "cancer-solution", "digits", "digits-solution")
#: Tables of checks in each, and rows of each table.
TABLES = {"low-level": [1], "cancer": [1, 4], "digits": [4, 2]}


def test_every_notebook_of_the_course_is_run_here() -> None:
    assert {path.stem for path in COURSE.glob("*.ipynb")} == set(NOTEBOOKS)


@pytest.mark.parametrize("name", ["cancer", "digits"])
def test_a_solution_differs_from_its_exercise_in_the_gaps_alone(name: str) -> None:
    with_gaps, solved = (cells(one) for one in (name, f"{name}-solution"))
    assert [cell.id for cell in with_gaps] == [cell.id for cell in solved]
    for gap, filled in zip(with_gaps, solved, strict=True):
        if gap.id.startswith(("check-", "task-", "data", "setup")):
            assert gap.source == filled.source


def cells(name: str) -> list[Any]:
    notebook = nbformat.read(COURSE / f"{name}.ipynb", as_version=4)
    return [*notebook.cells]


def execute(names: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """Run notebooks one after another in one kernel, which begins each without the names of the one before."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    parts = {name: cells(name) for name in names}
    joined = nbformat.v4.new_notebook()
    for name, part in parts.items():
        # One of the two exercises speaks another language.
        language = "%nnwidgets lang uk" if name == "digits-solution" else "%nnwidgets lang en"
        part.insert(1, part.pop(next(i for i, cell in enumerate(part) if cell.id == "setup")))
        between = [nbformat.v4.new_code_cell("%reset -f"), *part[:2], nbformat.v4.new_code_cell(language)]
        joined.cells += [*between, *part[2:]]
    client = NotebookClient(
        joined, timeout=150, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return parts


def tables(part: list[Any]) -> list[list[tuple[str, str, str]]]:
    """Return the tables of checks that a notebook shows: sign, what is to be reached, and what is said of it."""
    found = []
    for cell in part:
        for output in cell.get("outputs", []):
            page = output.get("data", {}).get("text/html", "")
            if cell.id.startswith("check-") and page:
                rows = re.findall(r"<tr>(.*?)</tr>", page)
                found.append([tuple(map(words, re.split(r"</t[hd]>", row)[:3])) for row in rows])
    return found  # type: ignore[return-value]  # three parts each


def words(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def printed(part: list[Any], cell: str) -> str:
    (found,) = (one for one in part if one.id == cell)
    return "".join(output.get("text", "") for output in found.outputs)


@pytest.mark.examples
@pytest.mark.timeout(600)  # five notebooks
def test_the_notebooks_of_the_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # In few kernels: most of the time of such a test goes into starting one, and into importing torch. TensorFlow has
    # one of its own: where torch has triton, a first optimizer of torch after TensorFlow ends the process.
    first, *others = NOTEBOOKS
    parts = {
        **execute((first,), tmp_path, monkeypatch),
        **execute(tuple(others), tmp_path, monkeypatch),
    }
    for name, part in parts.items():
        rows = [row for table in tables(part) for row in table]
        assert [len(table) for table in tables(part)] == TABLES[name.removesuffix("-solution")]
        if name in ("cancer", "digits"):
            assert all(sign.startswith("✗") and "→" in said for sign, _, said in rows), rows
        else:
            assert all(sign.startswith("✓") for sign, _, _ in rows), rows
    assert "валідації" in tables(parts["digits-solution"])[0][1][1]
    assert "not smaller yet" in printed(parts["cancer"], "check-2")
    assert "not smaller" not in printed(parts["cancer-solution"], "check-2")
    assert {run.status for run in nnw.runs()} == {"finished"}
    check_low_level(parts["low-level"])


def check_low_level(part: list[Any]) -> None:
    """Assert that the three ways find the same gradients, learn the same, and have their graphs drawn."""
    differences = re.findall(r"numpy: (\S+)", printed(part, "same"))
    assert len(differences) == 2
    assert all(float(one) < 1e-12 for one in differences)
    ends = [float(one) for one in re.findall(r" (0\.\d+)  in", printed(part, "ends"))]
    assert len(ends) == 3
    assert max(ends) - min(ends) < 1e-9
    pictures = {
        cell.id: output.data["image/svg+xml"]
        for cell in part
        for output in cell.get("outputs", [])
        if cell.id.startswith("graph-") and "image/svg+xml" in output.get("data", {})
    }
    assert "TanhBackward" in pictures["graph-torch"]
    assert "AccumulateGrad" in pictures["graph-torch"]
    assert "tanh" in pictures["graph-tf"]
