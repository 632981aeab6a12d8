"""The store as the run uses it: append, read, go on."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from nnwidgets._errors import (
    MetricError,
    RunActiveError,
    RunClosedError,
    StoreError,
)
from nnwidgets._points import Points
from nnwidgets.store import RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def some(n: int, start: int = 1) -> Points:
    steps = np.arange(start, start + n)
    return Points.of(steps, steps / 10, 1 / steps)


def same(a: Points, b: Points) -> bool:
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in zip(a, b, strict=True))


def test_what_was_appended_is_read_back(store: RunStore) -> None:
    writer = store.create(None, {"name": "first", "status": "running"})
    writer.append({"train/loss": some(3), "lr": some(1)}, epochs=[(0, 0.0)])
    writer.append({"train/loss": some(2, 4)}, epochs=[(5, 1.0)], events=[{"kind": "x"}, {"kind": "y"}])
    writer.append({}, meta={"status": "finished", "step": 5})
    writer.close()
    with store.open(writer.run_id) as reader:
        assert reader.names == ["train/loss", "lr"]
        assert same(reader.points("train/loss"), some(5))
        assert reader.epochs == [(0, 0.0), (5, 1.0)]
        assert [event["kind"] for event in reader.events] == ["x", "y"]
        assert (reader.meta["name"], reader.meta["status"], reader.meta["step"]) == ("first", "finished", 5)
        assert not any(key.startswith(".") for key in reader.meta)


def test_values_keep_every_bit(store: RunStore) -> None:
    values = [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 0.1]
    steps = [-(2**63), -1, 0, 1, 2**31, 2**53 + 1, 2**63 - 1]
    writer = store.create(None, {})
    writer.append({"x": Points.of(steps, values, values)})
    points = writer.points("x")
    writer.close()
    assert points.step.tolist() == steps
    assert points.value.tobytes() == points.time.tobytes() == np.array(values).tobytes()
    assert [column.dtype for column in points] == [np.int64, np.float64, np.float64]


def test_a_range_of_steps_includes_both_ends(store: RunStore) -> None:
    writer = store.create(None, {})
    for start in range(1, 100, 3):
        writer.append({"x": some(3, start)})
    assert writer.points("x", 10, 20).step.tolist() == list(range(10, 21))
    assert writer.points("x", lo=95).step.tolist() == list(range(95, 100))
    assert writer.points("x", hi=np.int64(2)).step.tolist() == [1, 2]
    assert writer.points("x", 200, 300).step.tolist() == writer.points("unknown").step.tolist() == []
    writer.close()


def test_a_reader_sees_a_run_grow(store: RunStore) -> None:
    writer = store.create(None, {"status": "running"})
    with store.open(writer.run_id) as reader:
        for n in range(1, 4):
            writer.append({"x": some(1, n)}, meta={"step": n})
            assert len(reader.points("x").step) == n
            assert reader.meta["step"] == n
        assert reader.meta["status"] == "running"
    writer.close()
    with pytest.raises(RunClosedError):
        reader.points("x")


def test_points_are_read_from_another_thread_while_batches_are_appended(tmp_path: Path) -> None:
    writer = RunStore(tmp_path, _journal="wal").create(None, {})
    lengths: list[int] = []
    enough = threading.Event()

    def zoom() -> None:
        while not enough.is_set():
            steps = writer.points("x").step
            assert np.array_equal(steps, np.arange(1, len(steps) + 1))
            lengths.append(len(steps))

    thread = threading.Thread(target=zoom)
    thread.start()
    for n in range(1, 200):
        writer.append({"x": some(1, n)})
    enough.set()
    thread.join()
    writer.close()
    assert lengths
    assert lengths == sorted(lengths)


def test_points_are_still_there_after_close(store: RunStore) -> None:
    writer = store.create(None, {})
    writer.append({"x": some(9)})
    writer.close()
    writer.close()
    assert same(writer.points("x", 1, 4), some(4))
    with pytest.raises(RunClosedError):
        writer.append({"x": some(1)})


def test_columns_of_different_lengths_are_refused_whole(store: RunStore) -> None:
    writer = store.create(None, {})
    with pytest.raises(MetricError, match="'bad'"):
        writer.append({"good": some(2), "bad": Points.of([1, 2], [0.0], [0.0])})
    assert len(writer.points("good").step) == 0
    writer.close()


def test_a_fault_in_the_middle_of_a_batch_leaves_nothing_of_it(store: RunStore) -> None:
    writer = store.create(None, {})
    writer.append({"x": some(2)})
    with pytest.raises(ValueError, match="epoch"):
        writer.append({"x": some(2, 3), "new": some(1)}, epochs=[(4, "no epoch")])  # type: ignore[list-item]
    writer.append({"x": some(2, 3), "other": some(1)})
    assert same(writer.points("x"), some(4))
    writer.close()
    with store.open(writer.run_id) as reader:
        assert reader.names == ["x", "other"]


def test_facts_are_json_and_anything_else_is_kept_as_its_text(store: RunStore) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    cycle: dict[str, object] = {"fine": 1}
    cycle["self"] = cycle
    config = {
        "lr": np.float32(0.5), "n": np.int64(3), "nan": math.nan, "inf": -math.inf, "none": None, "path": Path("a"),
        "set": {2, 1}, "broken": Broken(), 7: "seven", "list": [1, (2, 3)], "half": "\ud800",
    }  # fmt: skip
    writer = store.create(None, {"config": config, "cycle": cycle, "odd": {(1, 2): [3], "x": Path("b")}})
    writer.append({"half\ud800": some(1)}, events=[{"what": Path("c"), "value": math.nan}])
    writer.close()
    with store.open(writer.run_id) as reader:
        stored, event, odd = reader.meta["config"], reader.events[0], reader.meta["odd"]
        assert reader.names == ["half\\ud800"]
        assert reader.meta["cycle"]["fine"] == 1
    assert (stored["lr"], stored["n"], stored["none"], stored["path"]) == (0.5, 3, None, "a")
    assert (stored["set"], stored["7"], stored["list"]) == (["1", "2"], "seven", [1, [2, 3]])
    assert (stored["broken"], stored["half"]) == ("<Broken>", "\ud800")
    assert math.isnan(stored["nan"])
    assert stored["inf"] == -math.inf
    assert odd == {"(1, 2)": [3], "x": "b"}
    assert event["what"] == "c"
    assert math.isnan(event["value"])


def test_a_caller_cannot_say_who_the_writer_is(store: RunStore) -> None:
    writer = store.create(None, {"status": "running", "pid": -1, "host": "elsewhere", ".schema": 99})
    writer.append({}, meta={"pid": -2, "create_time": 0, ".beat": 0})
    assert store.list()[0].status == "running"
    writer.close()


def test_a_run_can_be_gone_on_with(store: RunStore) -> None:
    writer = store.create("mine", {"status": "running"})
    writer.append({"x": some(3)}, meta={"status": "finished"})
    with pytest.raises(RunActiveError):
        store.reopen("mine")
    writer.close()
    writer = store.reopen("mine")
    writer.append({"x": some(3, 4), "y": some(1)}, meta={"status": "running"})
    with pytest.raises(RunActiveError):
        store.reopen("mine")
    assert same(writer.points("x"), some(6))
    writer.close()


def test_a_removed_file_is_told_and_not_written_into_the_void(store: RunStore) -> None:
    writer = store.create("mine", {})
    writer.append({"x": some(1)})
    for file in store.root.glob("mine*"):
        file.unlink()
    with pytest.raises(StoreError, match="gone"):
        writer.append({"x": some(1, 2)})
    writer.close()


def test_importing_the_store_loads_no_sqlite() -> None:
    code = "import sys, json, nnwidgets.store; print(json.dumps([m in sys.modules for m in ('sqlite3', 'psutil')]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert json.loads(done.stdout) == [False, False]
