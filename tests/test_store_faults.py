"""Disks that refuse, locks that are held, folders that cannot be written, forks."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from nnwidgets import _held, _runfile, _runinfo
from nnwidgets._errors import MissingDependencyError, StoreError
from nnwidgets._journal import JournalMode
from nnwidgets._points import Points
from nnwidgets.store import RunStore
from tests.store_children import RUN, batch

ROOT = Path(__file__).parents[1]
JOURNALS: list[JournalMode] = ["truncate", "wal"]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs limits, links and forks of POSIX")


def child(program: str, root: Path, journal: str) -> str:
    command = [sys.executable, str(ROOT / "tests" / "store_children.py"), program, str(root), journal]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout


def steps_of(numbers: range) -> list[int]:
    return [int(step) for k in numbers for step in batch(k)["train/loss"].step]


def sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@contextmanager
def locked(path: Path, how: str) -> Iterator[None]:
    """Lock a file as another process would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(how)
        db.execute("SELECT count(*) FROM meta").fetchone()
        yield
        db.execute("ROLLBACK")


@posix
@pytest.mark.parametrize("journal", JOURNALS)
def test_a_disk_that_lets_no_file_grow(tmp_path: Path, journal: str) -> None:
    """Case 4: disk full; what was acknowledged stays, nothing is half there, and it works again with room."""
    told = json.loads(child("fill_disk", tmp_path, journal))
    n = told["acknowledged"]
    assert told["steps"] == steps_of(range(1, n + 1))
    for error in told["errors"]:
        assert str(tmp_path) in error
        assert "NNWIDGETS_HOME" in error
    with RunStore(tmp_path).open(RUN) as reader:
        assert reader.points("train/loss").step.tolist() == steps_of(range(1, n + 6))
        assert [event["k"] for event in reader.events] == list(range(1, n + 6))
    assert sound(tmp_path / f"{RUN}.sqlite")


@pytest.mark.parametrize("journal", JOURNALS)
def test_a_file_that_may_have_no_more_pages(tmp_path: Path, journal: JournalMode) -> None:
    """Case 4: the same as SQLite itself reports it."""
    writer = RunStore(tmp_path, _journal=journal).create(RUN, {})
    writer.append({"x": Points.of([1], [0], [0])})
    assert writer._db is not None
    (pages,) = writer._db.execute("PRAGMA page_count").fetchone()
    writer._db.execute(f"PRAGMA max_page_count={pages + 2}")
    big = {"x": Points.of(range(2, 9000), range(2, 9000), range(2, 9000)), "new": Points.of([2], [0], [0])}
    with pytest.raises(StoreError, match="full"):
        writer.append(big, epochs=[(2, 1.0)], events=[{"kind": "lost?"}], meta={"step": 2})
    assert writer.points("x").step.tolist() == [1]
    with RunStore(tmp_path).open(RUN) as reader:
        assert (reader.names, reader.epochs, reader.events, "step" in reader.meta) == (["x"], [], [], False)
        writer.append(big)
        assert len(reader.points("x").step) == 8999
    writer.close()


def refuse(root: Path) -> str:
    store = RunStore(root)
    assert store.list() == []
    with pytest.raises(StoreError) as caught:
        store.create(None, {})
    assert isinstance(caught.value, OSError)
    return str(caught.value)


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 5: read-only folder; the error says which, and what to do."""
    (tmp_path / "file").touch()
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        message = refuse(root)
        assert str(root) in message
        assert "NNWIDGETS_HOME" in message
        assert "store=False" in message
    monkeypatch.setenv("NNWIDGETS_HOME", str(tmp_path / "file"))
    with pytest.raises(StoreError):
        RunStore().create(None, {})


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that not even root can write")
def test_a_folder_that_nobody_can_write() -> None:
    """Case 5: it exists, and it is full of other things."""
    assert "/proc" in refuse(Path("/proc"))


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    """Case 5: permissions as most people meet them."""
    tmp_path.chmod(0o500)
    try:
        assert str(tmp_path) in refuse(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_is_removed_meanwhile(tmp_path: Path) -> None:
    """Case 5: never silence."""
    writer = RunStore(tmp_path / "runs").create(None, {})
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)
    with pytest.raises(StoreError, match="gone"):
        writer.append(batch(1))
    writer.close()


@pytest.mark.parametrize("journal", JOURNALS)
def test_runs_do_not_wait_for_one_another(
    tmp_path: Path, journal: JournalMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 7: two notebooks, different runs: the lock on one is nothing to the other."""
    monkeypatch.setattr(_runinfo, "PATIENCE", 0.01)
    store = RunStore(tmp_path, _journal=journal)
    one, other = store.create("one", {"status": "running"}), store.create("other", {"status": "running"})
    with locked(one.path, "BEGIN EXCLUSIVE"):
        other.append(batch(1))
        third = store.create("third", {"status": "running"})
        third.append(batch(1))
        assert {run.id: run.status for run in store.list()} == dict.fromkeys(
            ("one", "other", "third"), "running"
        )
        with store.open("other") as reader:
            assert reader.points("train/loss").step.tolist() == steps_of(range(1, 2))
    one.append(batch(1))
    for writer in (one, other, third):
        writer.close()


def test_a_reader_that_holds_its_lock_delays_a_commit_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_runfile, "PATIENCE", 0.01)
    writer = RunStore(tmp_path, _journal="truncate").create(RUN, {})
    writer.append(batch(1))
    with locked(writer.path, "BEGIN"), pytest.raises(StoreError, match="locked"):
        writer.append(batch(2))
    writer.append(batch(2))
    assert writer.points("train/loss").step.tolist() == steps_of(range(1, 3))
    writer.close()


def test_a_reader_does_not_delay_a_write_ahead_log(tmp_path: Path) -> None:
    writer = RunStore(tmp_path, _journal="wal").create(RUN, {})
    with locked(writer.path, "BEGIN"):
        writer.append(batch(1))
        # It cannot be turned into a plain file under a reader's feet.
        writer.close()
    with RunStore(tmp_path).open(RUN) as reader:
        assert reader.points("train/loss").step.tolist() == steps_of(range(1, 2))


@pytest.mark.parametrize("journal", JOURNALS)
@pytest.mark.parametrize("finished", [True, False])
def test_reading_changes_no_file(tmp_path: Path, journal: JournalMode, finished: bool) -> None:
    def state() -> dict[str, tuple[int, int]]:
        facts = {file.name: file.stat() for file in tmp_path.iterdir() if not file.name.endswith("-shm")}
        return {name: (fact.st_size, fact.st_mtime_ns) for name, fact in facts.items()}

    store = RunStore(tmp_path, _journal=journal)
    writer = store.create(RUN, {"status": "running"})
    writer.append(batch(3))
    if finished:
        writer.close()
    before = state()
    with store.open(RUN) as reader:
        assert len(reader.points("val/loss").step) == 1
        assert reader.meta
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._db.execute("DELETE FROM meta")
    assert len(store.list()) == 1
    assert state() == before
    writer.close()


@posix
@pytest.mark.parametrize("journal", JOURNALS)
def test_a_forked_process_is_refused_and_harms_nothing(tmp_path: Path, journal: str) -> None:
    refused = json.loads(child("fork", tmp_path, journal))
    assert len(refused) == 3
    assert all("forked" in message for message in refused)
    with RunStore(tmp_path).open(RUN) as reader:
        assert reader.points("train/loss").step.tolist() == steps_of(range(1, 4))
    assert sound(tmp_path / f"{RUN}.sqlite")


@posix
def test_a_fork_waits_for_a_commit(tmp_path: Path) -> None:
    writer = RunStore(tmp_path).create(RUN, {})

    def commits_elsewhere() -> bool:
        taken: list[bool] = []

        def take() -> None:
            taken.append(writer.lock.acquire(blocking=False))
            if taken[0]:
                writer.lock.release()

        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        return taken[0]

    _held._before_fork()
    assert not commits_elsewhere()
    _held._after_fork()
    assert commits_elsewhere()
    writer.close()


def test_a_python_without_sqlite_can_import_and_is_told(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['sqlite3'] = None\n"
        "from nnwidgets.store import RunStore\n"
        f"store = RunStore({str(tmp_path)!r})\n"
        "assert store.list() == []\n"
        "try: store.create(None, {})\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert "store=False" in done.stdout
    assert issubclass(MissingDependencyError, ImportError)
