"""The runs of a folder: made under an id, listed, deleted."""

from __future__ import annotations

import math
import shutil
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from nnwidgets import _naming
from nnwidgets._errors import (
    RunActiveError,
    RunExistsError,
    RunNotFoundError,
)
from nnwidgets._points import Points
from nnwidgets.protocol import RUN_ID
from nnwidgets.store import RunList, RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def some(n: int, start: int = 1) -> Points:
    steps = np.arange(start, start + n)
    return Points.of(steps, steps / 10, 1 / steps)


def same(a: Points, b: Points) -> bool:
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in zip(a, b, strict=True))


def test_the_newest_run_is_listed_first(store: RunStore) -> None:
    now = datetime.now(timezone.utc)
    for age in (2, 0, 1):
        meta = {
            "name": f"{age} days",
            "started": (now - timedelta(days=age)).isoformat(),
            "status": "finished",
        }
        store.create(None, meta).close()
    runs = store.list()
    assert [run.name for run in runs] == ["0 days", "1 days", "2 days"]
    assert runs[0].started == now
    assert isinstance(runs[:2], RunList)


def test_a_list_shows_what_a_run_says_of_itself(store: RunStore) -> None:
    meta = {
        "name": "a", "status": "failed", "framework": "torch", "started": "2026-01-02T03:04:05+02:00",
        "duration": 61.5, "step": 7, "epochs_done": 2, "best": 0.25, "pinned": True,
    }  # fmt: skip
    store.create("one", meta).close()
    (run,) = store.list()
    assert (run.id, run.name, run.status, run.framework) == ("one", "a", "failed", "torch")
    assert (run.duration, run.step, run.epochs, run.best, run.pinned) == (61.5, 7, 2, 0.25, True)
    assert run.started == datetime(2026, 1, 2, 1, 4, 5, tzinfo=timezone.utc)
    assert run.size == run.path.stat().st_size > 0
    assert run.reason is None


def test_facts_of_the_wrong_kind_do_not_break_a_list(store: RunStore) -> None:
    meta = {
        "name": ["x"],
        "status": {},
        "step": "many",
        "best": math.nan,
        "epochs_done": math.inf,
        "started": 5,
    }
    store.create("20260102-030405-abcdef", meta).close()
    (run,) = store.list()
    assert (run.name, run.step, run.epochs, run.best) == (run.id, 0, 0, None)
    assert run.started == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def test_hundreds_of_runs_are_listed(store: RunStore) -> None:
    writer = store.create("run-0", {"status": "finished", "step": 7})
    writer.close()
    for k in range(1, 300):
        shutil.copy(writer.path, store.root / f"run-{k}.sqlite")
    runs = store.list()
    assert {run.id for run in runs} == {f"run-{k}" for k in range(300)}
    assert {run.step for run in runs} == {7}


def test_deleting(store: RunStore) -> None:
    writer = store.create("mine", {"status": "running"})
    with pytest.raises(RunActiveError, match="Stop it first"):
        store.delete("mine")
    writer.close()
    for suffix in ("-journal", "-wal", "-shm"):
        (store.root / f"mine.sqlite{suffix}").touch()
    store.delete("mine")
    assert [file.name for file in store.root.iterdir()] == [".gitignore"]
    assert store.list() == []


def test_an_unknown_run_is_answered_with_the_nearest_ones(store: RunStore) -> None:
    store.create("20260102-030405-abcdef", {}).close()
    for call in (store.open, store.reopen, store.delete):
        with pytest.raises(RunNotFoundError, match="20260102-030405-abcdef"):
            call("20260102-030405-abcdeg")


def test_the_same_id_twice_is_refused(store: RunStore) -> None:
    """Case 6: two notebooks, same run id: the second is refused, the first goes on."""
    first = store.create("mine", {"status": "running"})
    first.append({"x": some(1)})
    with pytest.raises(RunExistsError, match="another id"):
        RunStore(store.root).create("mine", {})
    first.append({"x": some(1, 2)})
    first.close()
    with store.open("mine") as reader:
        assert same(reader.points("x"), some(2))


def test_of_many_that_create_one_id_at_once_one_succeeds(store: RunStore) -> None:
    """Case 6: the same moment makes no difference."""
    start = threading.Barrier(8)
    made, refused = [], []

    def create() -> None:
        start.wait()
        try:
            made.append(store.create("mine", {}))
        except RunExistsError as error:
            refused.append(error)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 7)
    made[0].append({"x": some(1)})
    made[0].close()
    assert sorted(file.name for file in store.root.iterdir()) == [".gitignore", "mine.sqlite"]


def test_a_given_id_of_its_own_sorts_by_time(store: RunStore) -> None:
    assert RUN_ID.fullmatch(_naming.new_id())
    writer = store.create(None, {})
    assert RUN_ID.fullmatch(writer.run_id)
    assert writer.path == store.root / f"{writer.run_id}.sqlite"
    writer.close()


def test_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NNWIDGETS_HOME", raising=False)
    store = RunStore()
    assert store.list() == []
    assert not store.root.exists()
    store.create(None, {}).close()
    assert store.root == tmp_path / ".nnwidgets"
    assert (store.root / ".gitignore").read_text() == "*\n"
    monkeypatch.setenv("NNWIDGETS_HOME", str(tmp_path / "a b#?%41" / "ü"))
    elsewhere = RunStore()
    elsewhere.create("mine", {}).close()
    assert elsewhere.open("mine").close() is None
    assert (tmp_path / "a b#?%41" / "ü" / "mine.sqlite").exists()


def test_a_folder_with_other_things_in_it_is_not_hidden_from_git(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    RunStore(tmp_path).create(None, {}).close()
    assert not (tmp_path / ".gitignore").exists()
