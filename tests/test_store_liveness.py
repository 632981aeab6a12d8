"""Which runs go on, and which were cut off."""

from __future__ import annotations

import gc
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from nnwidgets._errors import RunActiveError
from nnwidgets._liveness import SILENCE, process_lives
from nnwidgets.store import RunStore
from tests.store_children import RUN, batch

ROOT = Path(__file__).parents[1]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def status(store: RunStore) -> str:
    (run,) = store.list()
    with store.open(RUN) as reader:
        assert reader.meta["status"] == run.status
    return run.status


def written_by(store: RunStore, **owner: object) -> None:
    """Say that another process wrote the run."""
    with closing(sqlite3.connect(store.root / f"{RUN}.sqlite", isolation_level=None)) as db:
        for key, value in owner.items():
            stored = (json.dumps(value), ".beat" if key == "beat" else key)
            db.execute("UPDATE meta SET value = ? WHERE key = ?", stored)


def start(program: str, root: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(ROOT / "tests" / "store_children.py"), program, str(root), "truncate"]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)


@pytest.mark.parametrize("said", ["running", "paused"])
def test_a_run_goes_on_as_long_as_its_writer_has_it(store: RunStore, said: str) -> None:
    writer = store.create(RUN, {"status": said})
    assert status(store) == said
    writer.close()
    assert status(store) == "interrupted"
    writer = store.reopen(RUN)
    assert status(store) == said
    writer.close()


@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_a_writer_that_was_forgotten_is_gone(store: RunStore) -> None:
    writer = store.create(RUN, {"status": "running"})
    del writer
    gc.collect()
    assert status(store) == "interrupted"


@pytest.mark.parametrize("said", ["finished", "failed", "interrupted"])
def test_an_ended_run_stays_as_it_ended(store: RunStore, said: str) -> None:
    writer = store.create(RUN, {"status": said})
    assert status(store) == said
    writer.close()
    assert status(store) == said


def test_a_process_that_ended_without_a_word(store: RunStore) -> None:
    with start("leave_running", store.root) as process:
        process.communicate()
    (run,) = store.list()
    assert run.status == "interrupted"
    assert run.step == batch(1)["train/loss"].step.max()
    store.delete(RUN)
    assert store.list() == []


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="needs to wait for an end without taking note of it")
def test_a_run_of_another_process_goes_on_until_that_is_killed(store: RunStore) -> None:
    with start("append_until_killed", store.root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        assert status(store) == "running"
        for refused in (store.delete, store.reopen):
            with pytest.raises(RunActiveError):
                refused(RUN)
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        # Nobody has waited for it: there still is a process of that number, and it is dead.
        assert psutil.pid_exists(process.pid)
        assert status(store) == "interrupted"


def test_a_process_id_that_was_taken_over_is_not_the_writer(store: RunStore) -> None:
    store.create(RUN, {"status": "running"}).close()
    parent = psutil.Process(os.getppid())
    written_by(store, pid=parent.pid, create_time=parent.create_time())
    assert status(store) == "running"
    written_by(store, pid=parent.pid, create_time=parent.create_time() - 3600)
    assert status(store) == "interrupted"


@pytest.mark.parametrize("pid", [None, "1", -1, 0, 2**40, 2**80])
def test_odd_process_ids_are_nobody(store: RunStore, pid: object) -> None:
    store.create(RUN, {"status": "running"}).close()
    written_by(store, pid=pid)
    assert status(store) == "interrupted"


def test_on_another_machine_the_heartbeat_tells(store: RunStore) -> None:
    store.create(RUN, {"status": "running"}).close()
    now = time.time()
    written_by(store, host="elsewhere", pid=os.getpid(), beat=now - SILENCE / 2)
    assert status(store) == "running"
    with pytest.raises(RunActiveError):
        store.delete(RUN)
    for beat in (now - SILENCE - 1, None, "now"):
        written_by(store, beat=beat)
        assert status(store) == "interrupted"


def test_a_heartbeat_is_written_where_no_commit_was(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def heard() -> float:
        with closing(sqlite3.connect(f"{writer.path.as_uri()}?mode=ro", uri=True)) as db:
            return float(db.execute("SELECT value FROM meta WHERE key = '.beat'").fetchone()[0])

    monkeypatch.setattr(time, "time", lambda: 1000.0)
    writer = store.create(RUN, {"status": "running"})
    monkeypatch.setattr(time, "time", lambda: 2000.0)
    writer.beat()
    assert heard() == 1000.0
    monkeypatch.setattr(writer, "_written", time.monotonic() - 60)
    writer.beat()
    assert heard() == 2000.0
    writer.close()


def test_a_process_that_may_not_be_looked_at_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: psutil.Process) -> float:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "create_time", denied)
    assert process_lives(os.getppid(), 0.0)
