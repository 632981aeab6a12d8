"""Files that are not what they seem, and names that want out."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from nnwidgets import _runfile
from nnwidgets._errors import OptionError, RunDamagedError, RunNotFoundError
from nnwidgets._points import Points
from nnwidgets.store import RunStore
from tests.store_children import batch, extras


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """A store with one good run in it."""
    store = RunStore(tmp_path / "runs", _journal="wal")
    write(store, "good")
    return store


def write(store: RunStore, run_id: str) -> Path:
    writer = store.create(
        run_id, {"name": run_id, "status": "finished", "started": "2026-01-02T03:04:05+00:00"}
    )
    for k in range(1, 11):
        writer.append(batch(k), events=extras(k)["events"], epochs=extras(k)["epochs"])
    writer.close()
    return writer.path


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def foreign(path: Path) -> None:
    path.unlink()
    change(path, "CREATE TABLE meta (a, b, c)", "INSERT INTO meta VALUES (1, 2, 3)")


def foreign_view(path: Path) -> None:
    path.unlink()
    change(path, "CREATE VIEW meta AS SELECT '.schema' AS key, '1' AS value")


def cut(fraction: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(path.stat().st_size * fraction))


def become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def become_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def become_broken_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": cut(0),
    "header only": lambda path: os.truncate(path, 100),
    "half": cut(0.5),
    "a byte short": lambda path: os.truncate(path, path.stat().st_size - 1),
    "garbage": lambda path: path.write_bytes(random.Random(0).randbytes(20_000)),
    "text": lambda path: path.write_text("this is not a run\n" * 99),
    "garbage after the header": lambda path: path.write_bytes(path.read_bytes()[:100] + b"\xff" * 20_000),
    "foreign": foreign,
    "foreign view": foreign_view,
    "no meta": lambda path: change(path, "DROP TABLE meta"),
    "no points": lambda path: change(path, "DROP TABLE chunks"),
    "no version": lambda path: change(path, "DELETE FROM meta WHERE key = '.schema'"),
    "version as text": lambda path: change(path, "UPDATE meta SET value = '\"1\"' WHERE key = '.schema'"),
    "version not JSON": lambda path: change(path, "UPDATE meta SET value = '{' WHERE key = '.schema'"),
    "meta not JSON": lambda path: change(path, "UPDATE meta SET value = 'x' WHERE key = 'name'"),
    "meta not text": lambda path: change(path, "UPDATE meta SET value = x'ff00' WHERE key = 'name'"),
    "meta too deep": lambda path: change(path, f"UPDATE meta SET value = '{'[' * 10**5}' WHERE key = 'name'"),
    "folder": become_folder,
}
if sys.platform != "win32":
    DAMAGES |= {"pipe": become_pipe, "broken link": become_broken_link}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_listed_as_such_and_hides_no_other(store: RunStore, damage: str) -> None:
    """Case 10: truncated or garbage file: that run is listed as damaged, the others open."""
    path = write(store, "bad")
    DAMAGES[damage](path)
    runs = {run.id: run for run in store.list()}
    assert runs.pop("good").status == "finished"
    if damage == "broken link":
        assert [run.status for run in runs.values()] == ["damaged"]
        return
    assert runs["bad"].status == "damaged"
    assert runs["bad"].reason
    assert "damaged" in repr(store.list())
    with pytest.raises(RunDamagedError, match=r"bad\.sqlite"):
        _ = store.open("bad").meta
    with store.open("good") as reader:
        assert len(reader.points("train/loss").step)


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name not in ("folder", "broken link")])
def test_a_damaged_file_can_be_deleted(store: RunStore, damage: str) -> None:
    path = write(store, "bad")
    DAMAGES[damage](path)
    store.delete("bad")
    assert [run.id for run in store.list()] == ["good"]


def read_all(store: RunStore, run_id: str) -> None:
    with store.open(run_id) as reader:
        assert isinstance(reader.meta, dict)
        assert isinstance(reader.events, list)
        assert isinstance(reader.epochs, list)
        for name in reader.names:
            reader.points(name, 3, 40)


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bytes_are_read_or_refused(store: RunStore, seed: int) -> None:
    """Case 10: whatever stands in a file, a list does not raise and a reader raises one thing only."""
    path = write(store, "bad")
    whole, chance = path.read_bytes(), random.Random(seed)
    for _ in range(25):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 40)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        assert {run.id for run in store.list()} == {"good", "bad"}
        try:
            read_all(store, "bad")
        except RunDamagedError:
            continue


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chunks SET step = 5",
        "UPDATE chunks SET value = NULL",
        "UPDATE chunks SET time = x'00'",
        "UPDATE chunks SET value = x'0000000000000000' || value",
        "DELETE FROM series",
    ],
)
def test_points_that_do_not_fit_together_are_refused(store: RunStore, statement: str) -> None:
    path = write(store, "bad")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("CREATE TABLE loose AS SELECT * FROM chunks")
        db.execute("DROP TABLE chunks")
        db.execute("ALTER TABLE loose RENAME TO chunks")
        db.execute(statement)
    with store.open("bad") as reader:
        if "series" in statement:
            assert len(reader.points("train/loss").step) == 0
        else:
            with pytest.raises(RunDamagedError):
                reader.points("train/loss")


def test_a_file_of_a_newer_version_is_left_alone(store: RunStore) -> None:
    path = write(store, "new")
    change(path, f"UPDATE meta SET value = '{_runfile.SCHEMA + 1}' WHERE key = '.schema'")
    (info,) = (run for run in store.list() if run.id == "new")
    assert info.status == "damaged"
    assert "newer" in str(info.reason)
    with pytest.raises(RunDamagedError, match="upgrade"):
        store.open("new")
    with pytest.raises(RunDamagedError, match="upgrade"):
        store.reopen("new")


NAMES = [
    "../../x", "..", "/etc/passwd", "C:\\x", "a\0b", "x" * 300, "🙂 loss", "<img src=x onerror=alert(1)>",
    '<button data-commandlinker-command="x">', "a\nb\x1b[31m", "\u202egpj.exe", "con", "", " ", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_never_becomes_a_path(store: RunStore, name: str) -> None:
    """Case 13: run name ``../../x``, absolute, NUL, 300 characters, emoji: stays text, the file stays in the root."""
    writer = store.create(None, {"name": name, "status": "finished"})
    writer.append({name: Points.of([1], [0.0], [1.0])})
    writer.close()
    assert {file.name for file in store.root.iterdir()} == {".gitignore", "good.sqlite", writer.path.name}
    assert [file.name for file in store.root.parent.iterdir()] == ["runs"]
    (info,) = (run for run in store.list() if run.id == writer.run_id)
    assert info.name == (name[:200] if name.strip() else info.id)
    with store.open(writer.run_id) as reader:
        assert reader.meta["name"] == name[:200]
        assert len(reader.points(reader.names[0]).step) == len(reader.points(name).step) == 1


@pytest.mark.parametrize(
    "run_id", [*(n for n in NAMES if n != "con"), "-x", "A", "x" * 65, "a.b", "a/b", "good\n"]
)
def test_an_id_that_is_not_one_is_refused(store: RunStore, run_id: str) -> None:
    """Case 13: the same texts where an id belongs."""
    with pytest.raises(OptionError, match="name="):
        store.create(run_id, {})
    for call in (store.open, store.reopen, store.delete):
        with pytest.raises(RunNotFoundError):
            call(run_id)
    assert [run.id for run in store.list()] == ["good"]
    assert [file.name for file in store.root.parent.iterdir()] == ["runs"]


def test_a_file_whose_name_is_no_id_is_listed_with_the_reason(store: RunStore) -> None:
    path = write(store, "copy")
    path.rename(path.with_name("good (copy).sqlite"))
    (info,) = (run for run in store.list() if run.status == "damaged")
    assert info.reason == "its name is not the id of a run"


@pytest.mark.parametrize("name", NAMES)
def test_a_table_of_runs_shows_names_as_text(store: RunStore, name: str) -> None:
    store.create(None, {"name": name, "framework": name, "status": "finished"}).close()
    runs = store.list()
    shown = runs._repr_html_()
    for mark in ("<img", "<button", "<script"):
        assert mark not in shown
    assert shown.count("<tr>") == 3
    lines = repr(runs).split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() and len(line) < 250 for line in lines)


def test_an_empty_table() -> None:
    runs = RunStore("nowhere").list()
    assert "No stored runs" in repr(runs)
    assert "No stored runs" in runs._repr_html_()


def test_nothing_is_pickled(store: RunStore) -> None:
    with closing(sqlite3.connect(store.root / "good.sqlite")) as db:
        for (value,) in db.execute("SELECT value FROM meta UNION ALL SELECT event FROM events"):
            json.loads(value)
