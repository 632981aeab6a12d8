"""A history in a CSV file comes back without loss, and a spreadsheet runs nothing of it."""

from __future__ import annotations

import csv
import io
import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnwidgets._csv import write_rows
from nnwidgets._points import Points
from nnwidgets.history import History
from tests.history_points import Formula, points, same

names = st.text(min_size=0, max_size=20).filter(lambda name: "\0" not in name)
columns = arrays.arrays(
    np.float64, st.integers(1, 20), elements=st.floats(width=64, allow_nan=False) | st.just(math.nan)
)


def round_trip(history: History) -> History:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.csv"
        history.to_csv(path)
        return History.from_csv(path)


@given(st.dictionaries(names, columns, max_size=5), st.lists(st.integers(1, 50), max_size=5))
@example({"epoch": np.ones(1), "'epoch": np.ones(1), "''": np.ones(1), "": np.ones(1)}, [])
@example({"=1+1": np.ones(1), "'=1+1": np.ones(1), 'a,"b"\r\nc': np.ones(1), "🙂": np.ones(1)}, [3])
def test_everything_comes_back(series: dict[str, np.ndarray], lengths: list[int]) -> None:
    history = History()
    history.extend({name: points(values) for name, values in series.items()})
    for epoch, step in enumerate(np.cumsum([0, *lengths])):
        history.epochs.begin(int(step), float(epoch))
    again = round_trip(history)
    assert list(again) == list(history)
    for name in history:
        assert same(again[name].points(), history[name].points())
    assert again.epochs.boundaries == history.epochs.boundaries


def test_numbers_keep_every_bit() -> None:
    values = [0.1, 1 / 3, -0.0, 5e-324, 1.7976931348623157e308, math.nan, math.inf, -math.inf, 2.0**53 + 2]
    steps = [1, 2, 3, 2**31, 2**31, 2**53 + 1, 2**60, 2**63 - 2, 2**63 - 1]
    history = History()
    history.extend({"x": Points.of(steps, np.sqrt(np.arange(9)), values)})
    assert same(round_trip(history)["x"].points(), history["x"].points())


@pytest.mark.parametrize("name", ["=SUM(A1)", "+1", "-1", "@x", "\tx", "\rx", "\nx", "\uff1dx"])
def test_no_cell_is_a_formula(name: str) -> None:
    history = History()
    history.extend({name: points([1.0])})
    text = io.StringIO(newline="")
    write_rows(text, ((key, series.points()) for key, series in history.items()), [])
    cell = list(csv.reader(io.StringIO(text.getvalue(), newline="")))[1][0]
    assert cell == "'" + name
    assert list(round_trip(history)) == [name]


def test_the_file_reads_well(tmp_path: Path) -> None:
    history = History()
    history.extend({"train/loss": points([0.5, 0.25])})
    history.epochs.begin(0, 0.0)
    history.epochs.begin(2, 1.0)
    path = tmp_path / "history.csv"
    history.to_csv(path)
    assert path.read_text().splitlines() == [
        "series,step,time,value",
        "epoch,0,,0.0",
        "epoch,2,,1.0",
        "train/loss,1,0.01,0.5",
        "train/loss,2,0.02,0.25",
    ]


def test_a_file_saved_again_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "saved.csv"
    path.write_bytes(b"\xef\xbb\xbfseries,step,time,value\nlr,1,0.5,0.1\n")
    assert History.from_csv(path)["lr"].last == (1, 0.5, 0.1)


def test_an_apostrophe_that_guards_nothing_stays(tmp_path: Path) -> None:
    path = tmp_path / "written.csv"
    path.write_text("series,step,time,value\n'quoted,1,0.5,0.1\n")
    assert list(History.from_csv(path)) == ["'quoted"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "first line"),
        ("a,b\n1,2\n", "first line"),
        ("series,step,time,value\nx,1,2\n", "line 2"),
        ("series,step,time,value\nx,1,2,3\nx,1.5,2,3\n", "line 3"),
        ("series,step,time,value\nepoch,1,,one\n", "line 2"),
        ("series,step,time,value\nx,2,0,0\nx,1,0,0\n", "decrease"),
    ],
)
def test_another_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        History.from_csv(path)


def test_series_may_alternate(tmp_path: Path) -> None:
    path = tmp_path / "alternating.csv"
    rows = "".join(f"{name},{step},0.0,{step}.0\n" for step in range(1, 50_000) for name in ("a", "b"))
    path.write_text("series,step,time,value\n" + rows)
    history = History.from_csv(path)
    assert history["a"].count == history["b"].count == 49_999
    assert history["b"].points().value.tolist() == list(range(1, 50_000))


def test_a_long_series_is_not_built_in_memory(tmp_path: Path) -> None:
    class Measured(Formula):
        longest = 0

        def points(self, name: str, lo: int | None, hi: int | None) -> Points:
            found = super().points(name, lo, hi)
            self.longest = max(self.longest, len(found.step))
            return found

    source, count = Measured(), 300_000
    history = History(source=source, keep=0)
    whole = Formula().points("x", 1, count)
    history.extend({"x": whole})
    history.committed("x", count)
    path = tmp_path / "long.csv"
    history.to_csv(path)
    assert 0 < source.longest < count / 4
    assert same(History.from_csv(path)["x"].points(), whole)
