"""Which journal is chosen, and what the file is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nnwidgets import _journal, _mounts, store
from nnwidgets._points import Points
from nnwidgets.store import RunStore, choose_journal

AFFECTED = [
    (3, 7, 0), (3, 22, 0), (3, 31, 1), (3, 40, 1), (3, 44, 0), (3, 44, 5), (3, 45, 0), (3, 45, 3), (3, 46, 0),
    (3, 49, 9), (3, 50, 0), (3, 50, 6), (3, 51, 0), (3, 51, 1), (3, 51, 2),
]  # fmt: skip
REPAIRED = [(3, 44, 6), (3, 44, 7), (3, 50, 7), (3, 50, 12), (3, 51, 3), (3, 51, 10), (3, 52, 0), (4, 0, 0)]
BEFORE_WAL = [(3, 6, 23), (2, 8, 17)]

MOUNTS = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 0:40 / /home rw shared:5 master:2 - nfs4 server:/home rw,vers=4.2
31 30 0:41 / /home/ann/local rw - xfs /dev/vdb rw
32 27 0:42 / /mnt/my\040share\134x rw - cifs //server/share rw
33 27 0:43 / /mnt/bucket rw - fuse.gcsfuse bucket rw
34 27 0:44 / /mnt/stick rw - fuseblk /dev/sda1 rw
35 27 0:45 / /over rw - nfs server:/a rw
36 27 0:46 / /over rw - ext4 /dev/vdc rw
garbage
"""


@pytest.mark.parametrize("version", AFFECTED + BEFORE_WAL)
def test_an_affected_sqlite_gets_a_rollback_journal(version: tuple[int, int, int]) -> None:
    """Case 8: SQLite in the affected range: the safe journal."""
    assert choose_journal(version, network_fs=False) == "truncate"


@pytest.mark.parametrize("version", REPAIRED)
def test_a_repaired_sqlite_gets_a_write_ahead_log(version: tuple[int, int, int]) -> None:
    """Case 8: the other side of it."""
    assert choose_journal(version, network_fs=False) == "wal"


@pytest.mark.parametrize("version", AFFECTED + REPAIRED + BEFORE_WAL)
def test_a_network_file_system_never_gets_a_write_ahead_log(version: tuple[int, int, int]) -> None:
    """Case 9: network file system: no WAL."""
    assert choose_journal(version, network_fs=True) == "truncate"


@pytest.mark.parametrize(
    ("path", "kind", "network"),
    [
        ("/data", "ext4", False),
        ("/", "ext4", False),
        ("/homestead/x", "ext4", False),
        ("/home", "nfs4", True),
        ("/home/ann/runs", "nfs4", True),
        ("/home/ann/local/runs", "xfs", False),
        ("/mnt/my share\\x/runs", "cifs", True),
        ("/mnt/bucket/runs", "fuse.gcsfuse", True),
        ("/mnt/stick", "fuseblk", False),
        ("/over/it", "ext4", False),
    ],
)
def test_the_file_system_of_a_folder(path: str, kind: str, network: bool) -> None:
    """Case 9: the longest mount point counts, and of two on one the later."""
    found = _mounts.file_system(path, list(_mounts.parse_mountinfo(MOUNTS)))
    assert found == kind
    assert _mounts.is_network(found) is network


def test_an_unknown_file_system_is_taken_for_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 9: where nothing can be found out, the careful answer."""
    monkeypatch.setattr(_mounts, "_MOUNTINFO", tmp_path / "none")
    monkeypatch.setattr(_mounts, "_from_psutil", list)
    assert _mounts.on_network(tmp_path)


def test_where_there_is_no_mountinfo_psutil_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = _mounts._from_psutil()
    assert told
    monkeypatch.setattr(_mounts, "_MOUNTINFO", tmp_path / "none")
    monkeypatch.setattr(_mounts, "_from_psutil", lambda: [("/", "apfs"), (str(tmp_path.resolve()), "smbfs")])
    assert _mounts.on_network(tmp_path)
    assert not _mounts.on_network(tmp_path.parent)


@pytest.mark.parametrize(
    ("version", "network", "expected"),
    [
        ((3, 40, 1), False, ("truncate", 2)),
        ((3, 51, 3), False, ("wal", 1)),
        ((3, 51, 3), True, ("truncate", 2)),
    ],
)
def test_the_choice_reaches_the_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: tuple[int, int, int],
    network: bool,
    expected: tuple[str, int],
) -> None:
    """Cases 8 and 9: what the writer's connection is really set to."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    monkeypatch.setattr(store, "on_network", lambda path: network)
    writer = RunStore(tmp_path).create(None, {})
    assert writer._db is not None
    found = [writer._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert tuple(found) == expected
    writer.close()


def test_a_closed_run_is_one_plain_file_for_any_sqlite(tmp_path: Path) -> None:
    writer = RunStore(tmp_path, _journal="wal").create("mine", {})
    writer.append({"x": Points.of([1], [0.0], [2.0])})
    writer.close()
    assert [file.name for file in tmp_path.glob("mine*")] == ["mine.sqlite"]
    with closing(sqlite3.connect(tmp_path / "mine.sqlite")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_log_left_by_another_sqlite_is_turned_into_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    RunStore(tmp_path).create("mine", {}).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=wal")
        db.execute("SELECT count(*) FROM meta").fetchone()
        other = sqlite3.connect(path, isolation_level=None, timeout=0)
        with closing(other), pytest.raises(sqlite3.OperationalError):
            _journal.set_journal(other, "truncate")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        assert _journal.set_journal(db, "truncate") == "truncate"


def test_a_file_that_cannot_have_a_log_gets_a_journal() -> None:
    with closing(sqlite3.connect("", isolation_level=None)) as temporary:
        assert _journal.set_journal(temporary, "wal") == "truncate"
