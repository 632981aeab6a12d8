"""The file of a run: its tables, and the three ways to open it.

::

    meta    key, value          JSON; keys that begin with a dot are the store's own
    series  id, name
    chunks  id, series, level, n, first, last, step, time, value
                                some consecutive points of one series, in the order of id: three little-endian
                                arrays (int64, float64, float64) of n numbers; first and last step; how often
                                merged
    epochs  step, epoch         the epoch coordinate at that step is exactly epoch
    events  id, event           JSON, in the order in which they happened

Graphs and samples of layers have tables of their own, made when first needed: see `nnwidgets._layer_tables`.

A file is only ever opened through SQLite: closing a second, plain handle to it would drop this process's
locks on it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from nnwidgets import _runjson
from nnwidgets._errors import MissingDependencyError, RunClosedError, RunDamagedError, StoreError
from nnwidgets._i18n import t

if TYPE_CHECKING:
    import sqlite3

SUFFIX: Final = ".sqlite"
SIDE_FILES: Final = ("-journal", "-wal", "-shm")

#: Version of the tables below; files with a higher one are left alone.
SCHEMA: Final = 1
SCHEMA_KEY: Final = ".schema"
BEAT_KEY: Final = ".beat"

#: Seconds to wait for another process that has the file locked.
PATIENCE: Final = 10.0

_TABLES: Final = ("chunks", "epochs", "events", "meta", "series")
_CREATE: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, level INTEGER NOT NULL, n INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, step BLOB NOT NULL, time BLOB NOT NULL, value BLOB NOT NULL
);
CREATE INDEX chunks_of_series ON chunks (series);
CREATE TABLE epochs (step INTEGER NOT NULL, epoch REAL);
CREATE TABLE events (id INTEGER PRIMARY KEY, event TEXT NOT NULL);
"""


def create(path: Path, meta: dict[str, Any]) -> None:
    """Write a run's file that holds only its first facts, down to the disk.

    Raises
    ------
    OSError
        If that is not possible.
    """
    sqlite3 = sqlite()
    try:
        with closing(_connect(path, "rwc", PATIENCE)) as db:
            # Nobody sees the file before it is whole, so it needs no journal; it is synced all the same.
            db.execute("PRAGMA journal_mode=MEMORY")
            db.execute("PRAGMA synchronous=FULL")
            db.executescript(f"BEGIN; {_CREATE}")
            put_meta(db, {**meta, SCHEMA_KEY: SCHEMA})
            db.execute("COMMIT")
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def open_to_write(path: Path) -> sqlite3.Connection:
    """Open an existing file for its one writer.

    Raises
    ------
    RunDamagedError
        If the file is not one of ours, or newer than we are.
    sqlite3.Error
        If SQLite cannot open it.
    """
    db = _connect(path, "rw", PATIENCE)
    try:
        _check(db, _tables(db))
    except RunDamagedError as error:
        db.close()
        raise RunDamagedError(t("{path} cannot be written: {error}.", path=path, error=error)) from None
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(path: Path, patience: float = PATIENCE) -> sqlite3.Connection:
    """Open a file in a way that cannot change it, and check that it is a run's.

    The one exception: what a killed writer left half-done is rolled back first, as SQLite does for whoever
    comes next. A writer that is alive keeps its locks and is not disturbed.

    Raises
    ------
    RunDamagedError
        If the file is not one of ours, or newer than we are.
    sqlite3.Error
        If SQLite cannot read it.
    """
    db = _connect(path, "ro", patience)
    try:
        try:
            tables = _tables(db)
        except sqlite().OperationalError as error:
            if "readonly" not in str(error):
                raise
            _roll_back(path, patience)
            tables = _tables(db)
        _check(db, tables)
        if _cut_short(db, path):
            raise RunDamagedError(t("its end is missing"))
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Tell in our own words what goes wrong while the file at ``path`` is read."""
    sqlite3 = sqlite()
    try:
        yield
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise StoreError(
                t("{path} is being written and could not be read just now; try again.", path=path)
            ) from error
        raise RunDamagedError(t("{path} cannot be read: {error}.", path=path, error=error)) from error
    except sqlite3.ProgrammingError as error:
        raise RunClosedError(t("{path} was closed and cannot be read any more.", path=path)) from error
    except (
        sqlite3.Error,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:  # the last two: not the types we wrote
        raise RunDamagedError(t("{path} cannot be read: {error}.", path=path, error=error)) from error


def is_busy(error: Exception) -> bool:
    """Return whether ``error`` only means that another process had the file locked."""
    return isinstance(error, sqlite().OperationalError) and "locked" in str(error)


def get_meta(db: sqlite3.Connection) -> dict[str, Any]:
    """Return everything in ``meta``, also the store's own keys; what is not JSON raises `ValueError`."""
    return {key: _runjson.loads(value) for key, value in db.execute("SELECT key, value FROM meta")}


def put_meta(db: sqlite3.Connection, entries: dict[str, Any]) -> None:
    """Set some entries of ``meta``."""
    db.executemany(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        [(_runjson.text(str(key)), _runjson.dumps(value)) for key, value in entries.items()],
    )


def _connect(path: Path, mode: str, patience: float) -> sqlite3.Connection:
    """Open a file; a transaction begins and ends only where we say so."""
    if path.exists() and not path.is_file():  # a named pipe would be waited for without end
        raise RunDamagedError(t("it is not a file"))
    name = quote(os.fsencode(path.as_posix()))
    uri = f"file://{'' if name.startswith('/') else '/'}{name}?mode={mode}"
    db: sqlite3.Connection = sqlite().connect(
        uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False
    )
    # A file from elsewhere must not make SQLite run what stands in its schema.
    db.execute("PRAGMA trusted_schema=OFF")
    return db


def _tables(db: sqlite3.Connection) -> tuple[str, ...]:
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return tuple(name for (name,) in found)


def _check(db: sqlite3.Connection, tables: tuple[str, ...]) -> None:
    row = None
    if "meta" in tables:
        row = db.execute("SELECT value FROM meta WHERE key = ?", (SCHEMA_KEY,)).fetchone()
    version = _runjson.loads(row[0]) if row else None
    if not isinstance(version, int):
        raise RunDamagedError(t("it is not the file of a run"))
    if version > SCHEMA:
        raise RunDamagedError(
            t(
                "it was written by a newer nnwidgets (format {version}, this one reads up to {known}); "
                "upgrade nnwidgets to open it",
                version=version,
                known=SCHEMA,
            )
        )
    if not set(_TABLES) <= set(tables):
        raise RunDamagedError(t("some of its tables are missing"))


def _cut_short(db: sqlite3.Connection, path: Path) -> bool:
    """Return whether the last page is not whole, which SQLite would fill up with zeros."""
    (page,) = db.execute("PRAGMA page_size").fetchone()
    if path.stat().st_size % page == 0:
        return False
    # Where something is still to be written or to be taken back, the file need not be whole.
    sides = (path.with_name(path.name + suffix) for suffix in ("-journal", "-wal"))
    return not any(side.exists() and side.stat().st_size for side in sides)


def _roll_back(path: Path, patience: float) -> None:
    with closing(_connect(path, "rw", patience)) as db:
        _tables(db)


def sqlite() -> Any:
    """Return Python's module for SQLite.

    Raises
    ------
    MissingDependencyError
        If this Python has none.
    """
    try:
        import sqlite3
    except ImportError as error:
        raise MissingDependencyError(
            t("This Python has no sqlite3 module, so no run can be stored. Pass store=False, or install it.")
        ) from error
    return sqlite3
