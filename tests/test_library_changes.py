"""Renaming, pinning and the flag of runs that are kept: while they go on, after their end, and of other processes."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest

import nnwidgets as nnw
from nnwidgets._errors import OptionError, RunActiveError, RunDamagedError, RunNotFoundError
from nnwidgets._points import Points
from nnwidgets._recent import recent
from nnwidgets._runrows import RunRows
from nnwidgets._spark import read_spark
from nnwidgets.store import RunInfo, RunStore


def info(run_id: str) -> RunInfo:
    return next(run for run in nnw.runs() if run.id == run_id)


def ended(name: str = "before") -> nnw.Run:
    with nnw.Run(name=name, show=False) as run:
        run.log(loss=1.0, val_loss=0.5)
    return run


@pytest.fixture(autouse=True)
def in_home(home: Path) -> Path:
    return home


def forget(run: nnw.Run) -> str:
    """Leave a run to its file alone, as for another process."""
    recent.forget(run)
    return run.id


def put(run_id: str, **entries: object) -> None:
    with closing(sqlite3.connect(RunStore().root / f"{run_id}.sqlite")) as db, db:
        for key, value in entries.items():
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))


def test_a_live_run_is_renamed_and_pinned_where_it_stands_and_in_its_file() -> None:
    with nnw.Run(name="before", show=False) as run:
        run.log(loss=1.0)
        assert run.flush()
        nnw.rename(run.id, "after\nthat")
        nnw.pin(run.id)
        assert run.name == "after that"
        assert run.flush()
        assert (info(run.id).name, info(run.id).pinned, info(run.id).status) == (
            "after that",
            True,
            "running",
        )
    assert (info(run.id).name, info(run.id).pinned, info(run.id).status) == ("after that", True, "finished")


def test_a_run_without_a_file_yet_takes_its_pin_along() -> None:
    with nnw.Run(show=False) as run:
        nnw.pin(run.id)
        run.log(loss=1.0)
    assert info(run.id).pinned


def test_a_run_of_this_process_that_is_over_is_renamed_in_memory_too() -> None:
    run = ended()
    nnw.rename(run.id, "after")
    nnw.pin(run.id)
    nnw.pin(run.id, False)
    assert run.name == "after"
    assert (info(run.id).name, info(run.id).pinned) == ("after", False)


def test_a_run_that_only_the_store_knows_keeps_everything_else() -> None:
    run_id = forget(ended())
    before = info(run_id)
    nnw.rename(run_id, "after")
    nnw.pin(run_id, pinned=True)
    after = info(run_id)
    assert (after.name, after.pinned) == ("after", True)
    facts = ("started", "duration", "step", "status", "best")
    assert [getattr(after, fact) for fact in facts] == [getattr(before, fact) for fact in facts]
    assert nnw.load(run_id).name == "after"


def test_an_interrupted_run_stays_interrupted() -> None:
    run_id = forget(ended())
    put(run_id, status="running", pid=-1)
    nnw.rename(run_id, "after")
    assert (info(run_id).name, info(run_id).status) == ("after", "interrupted")


def test_a_run_that_another_process_writes_is_refused() -> None:
    run_id = forget(ended())
    parent = psutil.Process(os.getppid())
    put(run_id, status="running", pid=parent.pid, create_time=parent.create_time())
    with pytest.raises(RunActiveError, match=r"is still being written\. Stop it first"):
        nnw.rename(run_id, "after")
    with pytest.raises(RunActiveError):
        nnw.pin(run_id)
    assert (info(run_id).name, info(run_id).pinned) == ("before", False)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(RunNotFoundError):
        nnw.rename("nothing", "x")
    with pytest.raises(RunNotFoundError):
        nnw.pin("nothing")
    run = ended()
    nnw.delete(run.id)
    with pytest.raises(RunNotFoundError):
        nnw.rename(run.id, "after")


def test_a_run_in_memory_has_a_name_and_no_pin() -> None:
    run = nnw.Run(show=False, store=False)
    nnw.rename(run.id, "after")
    assert run.name == "after"
    with pytest.raises(RunNotFoundError, match="in memory only"):
        nnw.pin(run.id)


@pytest.mark.parametrize("name", ["", "  \n", 3])
def test_a_name_is_text(name: object) -> None:
    run = ended()
    with pytest.raises(OptionError):
        nnw.rename(run.id, name)  # type: ignore[arg-type]
    assert run.name == "before"


def test_a_damaged_run_is_neither_renamed_nor_pinned(home: Path) -> None:
    run_id = forget(ended())
    (RunStore().root / f"{run_id}.sqlite").write_bytes(b"nothing of ours" * 100)
    for change in (lambda: nnw.rename(run_id, "after"), lambda: nnw.pin(run_id)):
        with pytest.raises(RunDamagedError):
            change()


def overfit(name: str) -> nnw.Run:
    """A run whose validation loss leaves its minimum for good."""
    with nnw.Run(name=name, show=False) as run:
        for i in range(40):
            run.log(loss=1 / (1 + i), val_loss=0.5 + abs(i - 10) * 0.02 + (i % 2) * 1e-3)
    return run


def test_the_flag_stands_in_the_list_and_in_the_table() -> None:
    run, plain = overfit("too far"), ended()
    assert run.divergence is not None
    assert (info(run.id).flag, info(plain.id).flag) == ("raised", "none")
    heads, *rows = repr(nnw.runs()).splitlines()
    assert "flag" in heads.split()
    assert ["raised" in row for row in rows] == [run.name in row for row in rows]


def test_a_file_of_before_tells_its_flag_by_its_events() -> None:
    run, plain = overfit("too far"), ended()
    for each in (run, plain):
        with closing(sqlite3.connect(RunStore().root / f"{each.id}.sqlite")) as db, db:
            db.execute("DELETE FROM meta WHERE key IN ('flag', 'pinned')")
    assert (info(run.id).flag, info(run.id).pinned) == ("raised", False)
    assert info(plain.id).flag == "none"


def spark(run_id: str) -> tuple[tuple[float | None, ...], str]:
    rows = RunRows().read(RunStore())
    found = next(row.spark for row in rows if row.info.id == run_id)
    return found.values, found.of


def test_a_sparkline_is_the_validation_loss_else_the_training_loss() -> None:
    with nnw.Run(show=False) as both:
        for value in (0.5, float("nan"), 0.25):
            both.log(loss=9.0, val_loss=value)
    with nnw.Run(show=False) as train:
        train.log(loss=1.0)
    with nnw.Run(show=False) as neither:
        neither.log(accuracy=1.0)
    assert spark(both.id) == ((0.5, None, 0.25), "val")
    assert spark(train.id) == ((1.0,), "train")
    assert spark(neither.id) == ((), "none")


@pytest.mark.parametrize("batch", [1_000, 100_000])
def test_a_sparkline_of_a_long_run_follows_it(tmp_path: Path, batch: int) -> None:
    store = RunStore(tmp_path)
    n = 300_000
    values = 1 / (1 + 0.0001 * np.arange(n))
    with closing(store.create("long", {})) as writer:
        for start in range(0, n, batch):
            part = slice(start, start + batch)
            writer.append({"train/loss": Points.of(range(n)[part], range(n)[part], values[part])})
    with store.open("long") as reader:
        found = reader._read(read_spark)
    expected = [values[round((i + 0.5) * n / 40)] for i in range(40)]
    assert len(found.values) == 40
    assert found.values == pytest.approx(expected, rel=0.02)


def test_only_changed_files_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnwidgets import _runrows

    first, second = ended("first"), ended("second")
    read: list[str] = []
    real = _runrows._read
    monkeypatch.setattr(_runrows, "_read", lambda path: read.append(path.stem) or real(path))  # type: ignore[func-returns-value]
    rows = RunRows()
    assert [row.info.name for row in rows.read(RunStore())] == ["second", "first"]
    assert sorted(read) == sorted([first.id, second.id])
    read.clear()
    rows.read(RunStore())
    assert read == []
    nnw.rename(first.id, "other")
    assert "other" in [row.info.name for row in rows.read(RunStore())]
    assert read == [first.id]


def test_a_damaged_run_is_a_row_with_its_reason(home: Path) -> None:
    run = ended()
    (RunStore().root / f"{run.id}.sqlite").write_bytes(b"")
    (row,) = RunRows().read(RunStore())
    assert (row.info.status, row.info.reason) == ("damaged", "it is empty")
