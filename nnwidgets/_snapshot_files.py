"""The files of one run's snapshots: which is where, and what is found there later."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnwidgets import _random, _runjson, _snapshot_file
from nnwidgets._contents import Contents
from nnwidgets._errors import SnapshotError
from nnwidgets._framework import Framework
from nnwidgets._i18n import t
from nnwidgets._snapshot_writer import writer
from nnwidgets.protocol import Notice
from nnwidgets.snapshots import Snapshot

if TYPE_CHECKING:
    from nnwidgets._archive import Archive
    from nnwidgets.run import Run

#: Those of which there is one at a time: each next one takes the place of the one before in an instant.
_SINGLE = ("best", "last")


class SnapshotFiles:
    """Reads and writes the files of one run's snapshots. Any thread.

    Parameters
    ----------
    run
        Whose.
    folder
        Where they go, or None to write none.
    """

    def __init__(self, run: Run, folder: Path | None) -> None:
        self._run, self._folder = run, folder

    @property
    def kept(self) -> bool:
        """Whether there is a place for files."""
        return self._folder is not None

    def place(self, snapshot: Snapshot) -> Path:
        """Return where a snapshot belongs."""
        assert self._folder is not None
        name = snapshot.reason if snapshot.reason in _SINGLE else f"{snapshot.number:04d}"
        return self._folder / f"{name}{_snapshot_file.SUFFIX}"

    def save(
        self,
        snapshot: Snapshot,
        contents: Callable[[], Contents | None],
        *,
        best: bool,
        then: Callable[[Snapshot, Path], None],
    ) -> None:
        """Have a snapshot written by the writer's thread.

        Parameters
        ----------
        snapshot
            Which.
        contents
            Gives what to write, on that thread, or None where it is not wanted any more.
        best
            Whether it is that of the best validation.
        then
            Is told where it is, once it is on the disk.
        """
        if self._folder is None:
            return
        path = self.place(snapshot)

        def job() -> None:
            with self._run._steering.shielded():
                self._write(snapshot, path, contents(), best=best, then=then)

        writer.put(path, job)

    def read(self, snapshot: Snapshot) -> Contents:
        """Read a snapshot.

        Raises
        ------
        SnapshotError
            If it is gone, damaged, or another has taken its place.
        """
        if snapshot.path is None:
            raise SnapshotError(
                t(
                    "Snapshot {number} is no longer kept. Those that are: run.snapshots.",
                    number=snapshot.number,
                )
            )
        if _snapshot_file.about(snapshot.path).get("number") != snapshot.number:
            raise SnapshotError(
                t(
                    "Snapshot {number} is no longer kept: another one has taken its place. Those that are kept: "
                    "run.snapshots.",
                    number=snapshot.number,
                )
            )
        return _snapshot_file.read(snapshot.path)

    def found(self, archive: Archive) -> tuple[list[Snapshot], Snapshot | None]:
        """Return the snapshots in the folder, the oldest first, and that of the best. What is damaged is left out."""
        found: dict[int, Snapshot] = {}
        best: int = 0
        for path in sorted(
            self._folder.glob(f"*{_snapshot_file.SUFFIX}") if self._folder is not None else ()
        ):
            with contextlib.suppress(SnapshotError, KeyError, TypeError):
                facts = _snapshot_file.about(path)
                was_best = facts.pop("best")
                snapshot = Snapshot(archive, **facts, nbytes=path.stat().st_size, path=path)
                # One that was pinned while it was the best has a file of its own as well.
                if snapshot.number not in found or snapshot.reason == "pinned":
                    found[snapshot.number] = snapshot
                best = max(best, snapshot.number) if was_best else best
        return [found[number] for number in sorted(found)], found.get(best)

    def _write(
        self,
        snapshot: Snapshot,
        path: Path,
        contents: Contents | None,
        *,
        best: bool,
        then: Callable[[Snapshot, Path], None],
    ) -> None:
        if contents is None:
            return
        names = ("number", "reason", "step", "epoch", "value", "label")
        facts: dict[str, Any] = {name: getattr(snapshot, name) for name in names}
        try:
            _snapshot_file.write(path, contents, {**facts, "best": best})
        except OSError as error:
            self.tell(
                t(
                    "The snapshot of step {step} is in memory only: {why}.",
                    step=f"{snapshot.step:,}",
                    why=error.strerror or error,
                )
            )
        else:
            then(snapshot, path)

    def tell(self, text: str) -> None:
        """Tell the person something about snapshots."""
        keeper = self._run._keeper
        keeper.call_soon(lambda: keeper.notify(Notice("snapshots", "warning", text)))


def as_read(contents: Contents) -> Contents:
    """Return what a file of this would hold: lists where there were tuples, and so on."""
    return Contents(contents.arrays, _runjson.loads(_runjson.dumps(contents.facts)), contents.types)


def put_into(adapter: Framework, held: Contents) -> None:
    """Put what a file held into a model, its optimizer, and the random states: all of it or nothing.

    Raises
    ------
    SnapshotError
        If it does not fit, or is damaged; nothing was changed.
    """
    put_back = _random.way_to(held)
    adapter.load(held)
    put_back()
