"""Files that exist only while a run is made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnwidgets import _temporaries
from nnwidgets.store import RunStore
from tests.store_children import batch


def dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_temporaries_of_killed_processes_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 3: what a kill left half-made is swept by the next run; what is being made elsewhere is not."""
    alive = _temporaries.temporary(tmp_path / "a.sqlite")
    with monkeypatch.context() as patch:
        pid = dead_pid()
        patch.setattr(os, "getpid", lambda: pid)
        dead = _temporaries.temporary(tmp_path / "b.sqlite")
        patch.setattr(_temporaries, "_machine", lambda: "0" * 8)
        foreign, old = (_temporaries.temporary(tmp_path / f"{name}.sqlite") for name in "cd")
    journal = dead.with_name(dead.name + "-journal")
    other = tmp_path / "notes.tmp"
    for file in (alive, dead, journal, foreign, old, other):
        file.touch()
    os.utime(old, (0, 0))
    store = RunStore(tmp_path)
    store.create("mine", {}).close()
    left = set(tmp_path.iterdir())
    assert left == {alive, foreign, other, tmp_path / "mine.sqlite"}
    assert [run.id for run in store.list()] == ["mine"]


def test_halves_of_snapshots_are_swept_with_the_next_run_and_go_with_their_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 3 for snapshots: the folder of a killed run is never written again, so the next run looks there."""
    store = RunStore(tmp_path)
    store.create("killed", {"status": "interrupted"}).close()
    folder = store.snapshots("killed")
    folder.mkdir(parents=True)
    whole = folder / "best.safetensors"
    with monkeypatch.context() as patch:
        pid = dead_pid()
        patch.setattr(os, "getpid", lambda: pid)
        half = _temporaries.temporary(whole)
    alive = _temporaries.temporary(whole)
    for file in (whole, half, alive):
        file.touch()
    store.create("next", {}).close()
    assert set(folder.iterdir()) == {whole, alive}
    store.delete("killed")
    assert not folder.exists()


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    store = RunStore(tmp_path)
    store.create("mine", {"name": "kept"}).close()
    with pytest.raises(FileExistsError):
        store.create("mine", {})
    assert [run.name for run in store.list()] == ["kept"]
    assert not list(tmp_path.glob("*.tmp*"))


def test_a_stale_journal_is_not_played_into_a_new_run(tmp_path: Path) -> None:
    (tmp_path / "mine.sqlite-journal").write_bytes(os.urandom(8192))
    store = RunStore(tmp_path)
    writer = store.create("mine", {"name": "new"})
    writer.append(batch(1))
    writer.close()
    assert np.array_equal(writer.points("train/loss").value, batch(1)["train/loss"].value)
