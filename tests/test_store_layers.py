"""Graphs and samples of layers in a run's file: bounded, in the same commits, and no hindrance to other readers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets import _layer_tables, _runfile
from nnwidgets._errors import StoreError
from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._layer_sample import Layout, Sample
from nnwidgets._layer_tables import LayerLog, read_graphs, read_samples
from nnwidgets.graph import Graph
from nnwidgets.store import RunStore
from tests.store_children import batch

LAYOUT = Layout(("conv", "ünï\ud800"), ("conv.weight",))
META = {"name": "x", "status": "finished", "started": "2026-01-02T03:04:05+00:00"}


def graph(width: int = 4) -> Graph:
    builder = GraphBuilder("torch", "forward")
    builder.node(None, op="Linear", kind="module", path="fc", detail=str(width))
    return builder.finish()


def sample(step: int, time: float | None = None, layout: Layout = LAYOUT) -> Sample:
    values = np.arange(step, step + layout.size, dtype=np.float32)
    values[0] = np.nan
    return Sample(step, step / 10 if time is None else time, layout, values)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs", _journal="wal")


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def written(store: RunStore) -> Path:
    writer = store.create("run", META)
    other = Layout(("conv",), ("conv.weight",))
    writer.append(batch(1), graphs=[(0, "at the start", graph())], samples=[sample(1), sample(2)])
    writer.append({}, graphs=[(3, "size × 2", graph(8))], samples=[sample(3, layout=other)])
    writer.close()
    return writer.path


def test_what_is_written_is_read_back(store: RunStore) -> None:
    written(store)
    with store.open("run") as reader:
        assert [(step, label) for step, label, _ in reader.graphs] == [(0, "at the start"), (3, "size × 2")]
        assert [one for _, _, one in reader.graphs] == [graph(), graph(8)]
        one, two, three = reader.samples
    assert [(s.step, s.time) for s in (one, two, three)] == [(1, 0.1), (2, 0.2), (3, 0.3)]
    assert one.layout is two.layout
    assert one.layout.modules[0] == "conv"
    assert three.layout == Layout(("conv",), ("conv.weight",))
    np.testing.assert_array_equal(one.values, sample(1).values)


def test_a_run_without_them_has_no_tables_for_them(store: RunStore) -> None:
    writer = store.create("run", META)
    writer.append(batch(1))
    writer.close()
    with store.open("run") as reader:
        assert (reader.graphs, reader.samples) == ([], [])
    with closing(sqlite3.connect(writer.path)) as connection:
        assert set(_runfile._tables(connection)) == set(_runfile._TABLES)


def test_who_does_not_know_the_tables_still_reads_the_rest(store: RunStore) -> None:
    path = written(store)
    with closing(_runfile.open_to_read(path)) as connection:
        assert {"graphs", "layouts", "samples"} <= set(_runfile._tables(connection))
        assert _runfile.get_meta(connection)[_runfile.SCHEMA_KEY] == 1
    assert store.list()[0].status == "finished"


def test_a_writer_that_comes_later_goes_on(store: RunStore) -> None:
    written(store)
    writer = store.reopen("run")
    writer.append({}, samples=[sample(4)])
    writer.close()
    with store.open("run") as reader:
        assert [one.step for one in reader.samples] == [1, 2, 3, 4]


def test_a_commit_that_fails_leaves_nothing_behind(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = store.create("run", META)
    writer.append({}, samples=[sample(1)])
    with monkeypatch.context() as patch:
        patch.setattr(LayerLog, "_add", lambda self, one: self._db.execute("INSERT INTO nowhere VALUES (1)"))
        with pytest.raises(StoreError):
            writer.append(batch(1), graphs=[(0, "", graph())], samples=[sample(2)])
    writer.append({}, samples=[sample(3)])
    writer.close()
    with store.open("run") as reader:
        assert (reader.names, reader.graphs, [one.step for one in reader.samples]) == ([], [], [1, 3])


@pytest.mark.parametrize(
    ("statement", "graphs", "steps"),
    [
        ("UPDATE graphs SET graph = x'00' WHERE id = 1", 1, [1, 2, 3]),
        ("UPDATE graphs SET graph = 'text'", 0, [1, 2, 3]),
        ("UPDATE graphs SET step = 'one' WHERE id = 2", 1, [1, 2, 3]),
        ("UPDATE samples SET data = x'0000' WHERE id = 2", 2, [1, 3]),
        ("UPDATE samples SET data = 17, time = 'now'", 2, []),
        ("UPDATE samples SET layout = 99 WHERE id = 1", 2, [2, 3]),
        ("UPDATE layouts SET layout = x'789c' WHERE id = 1", 2, [3]),
        ("DROP TABLE samples", 2, []),
        ("DROP TABLE layouts", 2, []),
        ("ALTER TABLE samples RENAME COLUMN data TO other", 2, []),
        ("UPDATE meta SET value = '7' WHERE key = 'layer_notes'", 2, [1, 2, 3]),
    ],
)
def test_what_is_damaged_is_left_out(store: RunStore, statement: str, graphs: int, steps: list[int]) -> None:
    path = written(store)
    change(path, statement)
    run = nnw.load("run", store=store.root)
    assert len(run._graphs.taken) == graphs
    assert run.history.layers.steps.tolist() == steps
    assert "train/loss" in run.history or len(run.history) > 0


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch, store: RunStore) -> None:
    monkeypatch.setattr(_layer_tables, "_UNPACKED", 100)
    written(store)
    with store.open("run") as reader:
        assert reader.graphs == []


def test_after_the_first_ones_at_most_one_sample_a_second_is_kept(db: sqlite3.Connection) -> None:
    log = LayerLog(db)
    log.add([], [sample(step, time=step / 10) for step in range(1, 1_001)])
    steps = [one.step for one in read_samples(db)]
    assert steps[:200] == list(range(1, 201))
    assert steps[200:] == list(range(210, 1_001, 10))


def test_what_is_full_keeps_every_second_sample_and_takes_fewer(db: sqlite3.Connection) -> None:
    size = LAYOUT.size * 4
    log = LayerLog(db, most_bytes=size * 300)
    log.add([], [sample(step, time=float(step)) for step in range(1, 2_001)])
    steps = [one.step for one in read_samples(db)]
    assert 100 <= len(steps) <= 300
    assert steps[0] == 1
    assert steps[-1] >= 1_980
    assert db.execute("SELECT sum(length(data)) FROM samples").fetchone()[0] <= size * 300


def test_one_sample_larger_than_everything_is_left_out(db: sqlite3.Connection) -> None:
    log = LayerLog(db, most_bytes=8)
    log.add([(0, "", graph())], [sample(1)])
    assert (read_samples(db), len(read_graphs(db))) == ([], 1)


def test_more_samples_than_memory_keeps_are_read_evenly(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_layer_tables, "MOST", 11)
    LayerLog(db).add([], [sample(step) for step in range(1, 102)])
    assert [one.step for one in read_samples(db)] == list(range(1, 102, 10))


def test_a_run_keeps_what_was_measured_and_is_loaded_with_it(tmp_path: Path) -> None:
    run = nnw.Run(store=tmp_path, show=False)
    run.log(loss=1.0)
    run.graph = graph()
    run._keeper.history.layers.note("No activations.")
    run._keeper._saver.samples([sample(1), sample(2)])
    run.finish()
    loaded = nnw.load(run.id, store=tmp_path)
    assert loaded.graph == graph()
    assert loaded.history.layers.steps.tolist() == [1, 2]
    assert loaded.history.layers.notes == ("No activations.",)
    assert loaded.history.layers.series("conv.weight", "grad")[1].tolist() == [9.0, 10.0]
