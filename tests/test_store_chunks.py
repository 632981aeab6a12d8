"""Many small batches become few large rows, and nothing but that changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnwidgets import _chunks
from nnwidgets._chunks import ChunkLog, read_names, read_points
from nnwidgets._points import Points
from nnwidgets._runfile import _CREATE
from nnwidgets.store import RunStore

FAN, BLOCK = 4, 50


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_chunks, "FAN", FAN)
    monkeypatch.setattr(_chunks, "BLOCK", BLOCK)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = fresh()
    yield connection
    connection.close()


def fresh() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(_CREATE)
    return connection


def points(n: int, start: int) -> Points:
    steps = np.arange(start, start + n) // 2
    return Points.of(steps, steps * 0.1, np.sin(np.arange(start, start + n)))


def rows(db: sqlite3.Connection) -> list[tuple[int, int]]:
    return db.execute("SELECT level, n FROM chunks ORDER BY series, id").fetchall()


sizes = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 12) | st.integers(30, 250)), max_size=80)


@settings(max_examples=60, deadline=None)
@given(sizes, st.integers(1, 20), st.integers(-10, 900), st.integers(0, 400))
def test_however_points_arrive_they_are_read_as_one_series(
    batches: list[tuple[str, int]], renew: int, lo: int, width: int
) -> None:
    db, expected = fresh(), {name: Points.of([], [], []) for name in "abc"}
    log = ChunkLog(db)
    for k, (name, n) in enumerate(batches):
        more = points(n, len(expected[name].step))
        expected[name] = Points(*(np.concatenate(pair) for pair in zip(expected[name], more, strict=True)))
        log.add({name: more})
        if k % renew == 0:
            log = ChunkLog(db)  # as after a reopening
    for name, whole in expected.items():
        for stored, wanted in zip(read_points(db, name, None, None), whole, strict=True):
            np.testing.assert_array_equal(stored, wanted)
        inside = (whole.step >= lo) & (whole.step <= lo + width)
        np.testing.assert_array_equal(read_points(db, name, lo, lo + width).value, whole.value[inside])
        check_rows(db, name)
    db.close()


def check_rows(db: sqlite3.Connection, name: str) -> None:
    query = "SELECT level, n FROM chunks WHERE series = (SELECT id FROM series WHERE name = ?) ORDER BY id"
    found = db.execute(query, (name,)).fetchall()
    finished = [n for level, n in found if level == _chunks.FINISHED]
    tail = [(level, n) for level, n in found if level != _chunks.FINISHED]
    assert all(BLOCK <= n < 2 * BLOCK for n in finished)
    assert sum(n for _, n in tail) < BLOCK
    levels = [level for level, _ in tail]
    assert levels == sorted(levels, reverse=True)
    assert all(levels.count(level) < FAN for level in levels)


def test_a_thousand_flushes_leave_few_rows(db: sqlite3.Connection) -> None:
    log = ChunkLog(db)
    for k in range(1000):
        log.add({"x": points(1 + k % 5, 3 * k)})
    assert len(read_points(db, "x", None, None).step) == 3000
    assert len(rows(db)) <= 3000 // BLOCK + 3 * FAN


def test_merging_is_spread_over_several_batches(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_chunks, "BUDGET", 1000)
    log, names = ChunkLog(db), [f"s{k}" for k in range(12)]
    merged = []
    for k in range(2 * FAN):
        log.add({name: points(1, k) for name in names})
        query = "SELECT count(DISTINCT series) FROM chunks WHERE level > 0"
        merged.append(db.execute(query).fetchone()[0])
    assert merged[FAN - 2] == 0
    assert 0 < merged[FAN - 1] < len(names)
    assert merged[-1] == len(names)
    for name in names:
        assert read_points(db, name, None, None).value.tolist() == points(2 * FAN, 0).value.tolist()


def test_names_are_kept_in_order_of_appearance(db: sqlite3.Connection) -> None:
    log = ChunkLog(db)
    log.add({"b": points(1, 0), "empty": points(0, 0), "a": points(1, 0)})
    ChunkLog(db).add({"c": points(1, 0), "a": points(1, 1)})
    assert [name for name in read_names(db) if name != "empty"] == ["b", "a", "c"]


def test_a_long_run_of_small_flushes_opens_and_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    writer = RunStore(tmp_path, _journal="wal").create("long", {"status": "running"})
    for k in range(3000):
        writer.append({"train/loss": points(1 + k % 5, 3 * k)})
    writer.close()
    with RunStore(tmp_path).open("long") as reader:
        assert len(reader.points("train/loss").step) == 9000
        (count,) = reader._db.execute("SELECT count(*) FROM chunks").fetchone()
        assert count < 2 * _chunks.FAN
