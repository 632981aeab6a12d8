"""Every run is kept: one SQLite file for each, in one folder, with one writer.

The folder is ``$NNWIDGETS_HOME``, or ``.nnwidgets`` in the current folder. It is made with the first run. A
run's file is named by its id, never by its name.
"""

from __future__ import annotations

import builtins
import contextlib
import difflib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from nnwidgets import _runfile, _temporaries
from nnwidgets._errors import (
    MissingDependencyError,
    OptionError,
    RunActiveError,
    RunExistsError,
    RunNotFoundError,
    StoreError,
)
from nnwidgets._i18n import now, t
from nnwidgets._journal import JournalMode, choose_journal
from nnwidgets._liveness import owner
from nnwidgets._mounts import on_network
from nnwidgets._naming import new_id
from nnwidgets._runamend import amend
from nnwidgets._runinfo import RunInfo, read_info
from nnwidgets._runlist import RunList
from nnwidgets._runreader import RunReader
from nnwidgets._runwriter import ADVICE, RunWriter, stored_meta
from nnwidgets.protocol import OPEN_STATUSES, RUN_ID

__all__ = ["RunInfo", "RunList", "RunReader", "RunStore", "RunWriter", "can_store", "choose_journal"]

_HOME: Final = ".nnwidgets"


def can_store() -> bool:
    """Return whether runs can be stored at all: a Python in a browser may lack SQLite."""
    try:
        _runfile.sqlite()
    except MissingDependencyError:
        return False
    return True


class RunStore:
    """The stored runs of one folder. May be used from any thread; nothing is made before the first `create`.

    Parameters
    ----------
    root
        The folder. Default: ``$NNWIDGETS_HOME``, else ``.nnwidgets`` in the current folder.
    _journal
        Use this journal, whatever is known of SQLite and the file system.
    """

    def __init__(self, root: Path | str | None = None, *, _journal: JournalMode | None = None) -> None:
        chosen = root or os.environ.get("NNWIDGETS_HOME") or _HOME
        self.root = Path(chosen).expanduser().resolve()
        self._forced = _journal

    def create(self, run_id: str | None, meta: Mapping[str, Any]) -> RunWriter:
        """Make the file of a new run.

        Parameters
        ----------
        run_id
            Its id: small letters, digits and hyphens, 64 at most. None makes one.
        meta
            First facts of the run, as in `RunWriter.append`.

        Raises
        ------
        RunExistsError
            If a run of that id is stored, also by another process at the same moment.
        OptionError
            If the id cannot be one.
        StoreError
            If the folder cannot be written.
        """
        if run_id is not None and not RUN_ID.fullmatch(run_id):
            raise OptionError(
                t(
                    "A run id is made of 1 to 64 small letters, digits and hyphens, unlike {id}. "
                    "Put free text into name=.",
                    id=repr(run_id[:80]),
                )
            )
        path = self._path(run_id or new_id())
        with self._writing():
            self._make_root()
            _temporaries.sweep(self.root)
            for folder in self.root.glob("snapshots/*/"):
                _temporaries.sweep(folder)
            try:
                self._make(path, {**stored_meta(meta), **owner()})
            except FileExistsError:
                raise RunExistsError(
                    t(
                        "Run {id} is stored already in {root}. Choose another id, or leave it out.",
                        id=repr(path.stem),
                        root=self.root,
                    )
                ) from None
            return RunWriter(path, self._journal())

    def reopen(self, run_id: str) -> RunWriter:
        """Go on writing a run that this process wrote before, or that its writer left.

        Raises
        ------
        RunNotFoundError
            If there is no such run.
        RunActiveError
            If it is being written.
        StoreError
            If its file cannot be written.
        """
        return RunWriter(self._find(run_id), self._journal())

    def list(self) -> RunList:
        """Return all stored runs, newest first. One that cannot be read is ``"damaged"``, with a reason.

        Raises
        ------
        StoreError
            If the folder cannot be read.
        """
        runs = [read_info(path) for path in self.paths()]
        return RunList(sorted(runs, key=lambda run: (run.started, run.id), reverse=True))

    def open(self, run_id: str) -> RunReader:
        """Open a stored run for reading, also one that is being written.

        Raises
        ------
        RunNotFoundError
            If there is no such run.
        RunDamagedError
            If its file cannot be read, or was written by a newer nnwidgets.
        """
        return RunReader(self._find(run_id))

    def amend(self, run_id: str, meta: Mapping[str, Any]) -> None:
        """Set some facts of a run anew that nobody writes any more.

        Raises
        ------
        RunNotFoundError
            If there is no such run.
        RunActiveError
            If it is being written.
        RunDamagedError, StoreError
            If its file cannot be read, or not be written.
        """
        amend(self._find(run_id), meta)

    def delete(self, run_id: str) -> None:
        """Remove a stored run for good, a damaged one as well.

        Raises
        ------
        RunNotFoundError
            If there is no such run.
        RunActiveError
            If it is being written.
        StoreError
            If the folder cannot be written.
        """
        path = self._find(run_id)
        info = read_info(path)
        if info.status in OPEN_STATUSES:
            raise RunActiveError(
                t("Run {name} is still being written. Stop it first, then delete it.", name=repr(info.name))
            )
        with self._writing():
            _remove_side_files(path)
            path.unlink(missing_ok=True)
            shutil.rmtree(self.snapshots(run_id), ignore_errors=True)

    def has(self, run_id: str) -> bool:
        """Return whether there is a file of that run."""
        return RUN_ID.fullmatch(run_id) is not None and self._path(run_id).exists()

    def snapshots(self, run_id: str) -> Path:
        """Return the folder of a run's snapshots, which need not exist."""
        return self.root / "snapshots" / run_id

    def _path(self, run_id: str) -> Path:
        return self.root / f"{run_id}{_runfile.SUFFIX}"

    def paths(self) -> builtins.list[Path]:
        """Return the files of all stored runs, in no order.

        Raises
        ------
        StoreError
            If the folder cannot be read.
        """
        try:
            return [path for path in self.root.iterdir() if path.name.endswith(_runfile.SUFFIX)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise StoreError(
                t("The folder {root} cannot be read: {why}.", root=self.root, why=error.strerror)
            ) from error

    def _find(self, run_id: str) -> Path:
        if RUN_ID.fullmatch(run_id) and self._path(run_id).exists():
            return self._path(run_id)
        near = difflib.get_close_matches(run_id[:100], [path.stem for path in self.paths()])
        hint = t(" The nearest: {names}.", names=", ".join(near)) if near else ""
        raise RunNotFoundError(
            t("No run {id} is stored in {root}.{hint}", id=repr(run_id[:80]), root=self.root, hint=hint)
        )

    def _journal(self) -> JournalMode:
        return self._forced or choose_journal(_runfile.sqlite().sqlite_version_info, on_network(self.root))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Tell in our own words why the folder cannot be written."""
        try:
            yield
        except (StoreError, RunExistsError):
            raise
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise StoreError(
                t(
                    "The folder {root} cannot be written: {why}. {advice}",
                    root=self.root,
                    why=why,
                    advice=now(ADVICE),
                )
            ) from error

    def _make_root(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        # In a folder that someone keeps other things in, it would hide those from git.
        if self.root.name == _HOME or not any(self.root.iterdir()):
            with contextlib.suppress(FileExistsError), (self.root / ".gitignore").open("x") as file:
                file.write("*\n")

    def _make(self, path: Path, meta: dict[str, Any]) -> None:
        if path.exists():
            raise FileExistsError
        temporary = _temporaries.temporary(path)
        try:
            _runfile.create(temporary, meta)
            _temporaries.publish(temporary, path)
            # Left by someone who removed only the main file; SQLite would play them into the new one.
            _remove_side_files(path)
        finally:
            temporary.unlink(missing_ok=True)


def _remove_side_files(path: Path) -> None:
    for suffix in _runfile.SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
