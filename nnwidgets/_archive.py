"""Which snapshots of a run are kept, and where."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._captured import State
from nnwidgets._contents import Contents
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets._metrics import more_is_better
from nnwidgets._names import split_of
from nnwidgets._position import Next
from nnwidgets._refusals import from_file
from nnwidgets._room import lacks_room
from nnwidgets._services import services
from nnwidgets._snapshot_files import SnapshotFiles, as_read, put_into
from nnwidgets._snapshot_values import moment
from nnwidgets._snapshot_writer import writer
from nnwidgets.snapshots import Reason, Snapshot, Snapshots

if TYPE_CHECKING:
    from nnwidgets.controls import Command
    from nnwidgets.run import Run

#: Memory that snapshots may take together; beyond it, those that have a file live there alone.
_BYTES: Final = 2**30
#: The same after the end of the run.
_BYTES_AFTERWARDS: Final = 2**28
#: Snapshots before interventions kept at most.
_BEFORE: Final = 20


class Archive:
    """The snapshots of one run. `take` and `validated` belong to the training thread, the rest to any.

    Parameters
    ----------
    run
        Whose.
    folder
        Where their files go, or None to keep them in memory only.
    automatic
        Whether each new best validation is kept, and the state before each change.
    """

    def __init__(self, run: Run, folder: Path | None, *, automatic: bool = True) -> None:
        self._run = run
        self._files = SnapshotFiles(run, folder)
        self._automatic = automatic
        self.entries: list[Snapshot] = []
        self.best: Snapshot | None = None
        self.snapshots = Snapshots(self)
        self._memory: dict[int, State] = {}
        # The training thread takes, the writer's thread lets go.
        self._lock = threading.RLock()
        self._count = 0
        #: The least value so far, turned so that less is better, and of which series.
        self._lowest, self._series = math.inf, ""
        self._value: float | None = None
        self._due: tuple[str, float] | None = None

    def validated(self, series: str, value: float) -> None:
        """Take a validation; keep the state if it is the best so far. The training thread, between two steps."""
        if self._run._steering.evaluating:  # when that is over, the state is that of the training again
            self._due = (series, value)
            return
        if series != self._series:  # the loss came, after a metric that was logged before it
            self._series, self._lowest = series, math.inf
        self._value = value
        turned = -value if more_is_better(split_of(series)[1]) else value
        if not turned < self._lowest:  # NaN is not, either
            return
        self._lowest = turned
        if self._keeps_by_itself():
            before, self.best = self.best, self.take("best", t("best, {where}", where=self._where()))
            if before is not None and before.reason == "best":
                with self._lock:
                    self._drop(before)

    def evaluated(self) -> None:
        """Say that a validation in between is over."""
        due, self._due = self._due, None
        if due is not None:
            self.validated(*due)

    def run_ends(self) -> None:
        """Keep how the training ended, to go on from there another day. The thread that ends the run."""
        run = self._run
        if not (run.steps and self._keeps_by_itself()):
            return
        for snapshot in [one for one in self.entries if one.reason == "last"]:  # of an end before this one
            self._drop(snapshot)
        now = self._of_this_step()
        if not now or now[-1][0].reason == "before":  # else it is kept already
            self.take("last", t("end, {where}", where=self._where()))

    def capture(self, *, on_host: bool = False) -> State:
        """Copy the state of this moment."""
        way_back = self._run._adapter.snapshot(on_host=on_host)
        return State(way_back, self._run._steering.loop.here())

    def pass_begins(self) -> None:
        """Say that the next step follows: what was kept since the last one goes on from here.

        Between a validation and the next step people step their schedules, and draw random numbers.
        """
        for snapshot, state in self._of_this_step():
            if state.settled or state.point.began is not None:
                continue
            before, state.point = state.point, self._run._steering.loop.here()
            changed = state.way_back.refresh()
            if changed or not before.now.same_as(state.point.now):
                self._save(snapshot, state)

    def changed(self) -> None:
        """Say that the training was changed: what was kept before has nothing to do with what follows."""
        for _, state in self._of_this_step():
            state.settled = True

    def before(self, change: str, state: State) -> None:
        """Keep the state from before a change."""
        state.settled = True
        if self._automatic and self._run._adapter.keeps_state:
            self.take("before", t("before {change}", change=change), state)

    def take(self, reason: Reason, label: str, state: State | None = None) -> Snapshot:
        """Keep the state of this moment, or one that was copied already."""
        run = self._run
        state = state or self.capture(on_host=True)
        self._count += 1
        snapshot = Snapshot(
            self,
            number=self._count,
            reason=reason,
            step=run.steps,
            epoch=run._position.coordinate,
            value=self._value,
            label=label,
            nbytes=state.nbytes,
        )
        with self._lock:
            self._memory[snapshot.number] = state
            self.entries.append(snapshot)
            self._thin()
        if reason != "before":
            self._save(snapshot, state)
        run._keeper.touch()
        return snapshot

    def find(self, which: Any) -> Snapshot:
        """Return a snapshot by its number, or by ``"best"`` or ``"last"``.

        Raises
        ------
        RefusedError
            If there is none.
        """
        named = {"best": self.best, "last": self.snapshots.last}
        found = named.get(which) or next((s for s in self.entries if s.number == which), None)
        if found is None:
            reason = "" if self._run._adapter.keeps_state else f" {self._run._adapter.no_state}"
            raise RefusedError(t("There is no snapshot {which}.{reason}", which=repr(which), reason=reason))
        return found

    def way_to(self, snapshot: Snapshot) -> Callable[[], Next]:
        """Return what puts the state of a snapshot back, even if it is let go meanwhile. The training thread calls it.

        Returns
        -------
        Callable
            Returns which batches follow.

        Raises
        ------
        SnapshotError
            If its file is gone or damaged; later also if it is of another model or size. Nothing was changed.
        """
        run = self._run
        kept = self._memory.get(snapshot.number)
        held = self._files.read(snapshot) if kept is None else None

        def go() -> Next:
            if held is not None:
                put_into(run._adapter, held)
                return "onwards"
            assert kept is not None
            kept.way_back.restore()
            kept.way_back.rewind()
            follows = run._steering.loop.go_to(kept.point)
            return "onwards" if run._intake.fitting else follows

        return go

    def restore(self, snapshot: Snapshot, model: Any, optimizer: Any) -> Command | None:
        """See `Snapshot.restore`."""
        if model is not None:
            kept = self._memory.get(snapshot.number)
            held = self._files.read(snapshot) if kept is None else as_read(kept.contents())
            put_into(services.adapter(model, optimizer), held)
            return None
        if self._run._keeper.recorded:
            raise RefusedError(from_file())
        return self._run._steering.post("restore", snapshot.number)

    def ask(self, label: str | None) -> Command:
        """See `Snapshots.take`."""
        return self._run._steering.post("snapshot", label)

    def pin(self, snapshot: Snapshot) -> None:
        """See `Snapshot.pin`."""
        before, snapshot.reason = snapshot.path, "pinned"
        if (state := self._memory.get(snapshot.number)) is not None:
            self._save(snapshot, state)
        elif before is not None and before != self._files.place(snapshot):
            # Its name is that of the best, which the next one will take.
            snapshot.path = before.replace(self._files.place(snapshot))
        self._run._keeper.touch()

    def open_files(self) -> None:
        """List what lies in the folder, for a run that was opened from a file. What cannot be read is left out."""
        self.entries, self.best = self._files.found(self)

    def close(self) -> None:
        """Wait until everything is on the disk, and hold less in memory: the run is over."""
        if self._files.kept and any(snapshot.path is None for snapshot in self.entries):
            writer.drain()
        with self._lock:
            self._thin(_BYTES_AFTERWARDS)

    def _keeps_by_itself(self) -> bool:
        """Tell whether a state is kept that nobody asked for: never one that could take the training's memory away."""
        adapter = self._run._adapter
        reason = lacks_room(adapter.state_bytes()) if self._automatic and adapter.keeps_state else ""
        if reason:
            self._files.tell(reason)
        return reason is None

    def _of_this_step(self) -> list[tuple[Snapshot, State]]:
        """Return what was kept since the last step."""
        with self._lock:
            return [
                (snapshot, self._memory[snapshot.number])
                for snapshot in self.entries
                if snapshot.step == self._run.steps and snapshot.number in self._memory
            ]

    def _where(self) -> str:
        return moment(self._run.steps, self._run._position.coordinate, self._run._position.epochs)

    def _save(self, snapshot: Snapshot, state: State) -> None:
        best = snapshot is self.best or snapshot.reason == "best"
        self._files.save(snapshot, partial(self._contents, snapshot, state), best=best, then=self._saved)

    def _contents(self, snapshot: Snapshot, state: State) -> Contents | None:
        """Return what is to be written, on the writer's thread; None where it was let go meanwhile."""
        return state.contents() if snapshot in self.entries else None

    def _saved(self, snapshot: Snapshot, path: Path) -> None:
        with self._lock:
            snapshot.path = path
            self._thin()

    def _thin(self, limit: int = _BYTES) -> None:
        """Let go of what is beyond the bounds; the best and the pinned ones stay, in memory or on disk."""
        before = [snapshot for snapshot in self.entries if snapshot.reason == "before"]
        for snapshot in before[: max(0, len(before) - _BEFORE)]:
            self._drop(snapshot)
        taken = sum(state.nbytes for state in self._memory.values())
        for snapshot in list(self.entries):
            if taken <= limit:
                return
            if snapshot is self.entries[-1] and snapshot.path is None:
                return  # one always stays
            if snapshot.path is not None:
                taken -= self._forget(snapshot)
            elif snapshot.reason == "before":
                taken -= self._forget(snapshot)
                self._drop(snapshot)

    def _forget(self, snapshot: Snapshot) -> int:
        kept = self._memory.pop(snapshot.number, None)
        return 0 if kept is None else kept.nbytes

    def _drop(self, snapshot: Snapshot) -> None:
        self._memory.pop(snapshot.number, None)
        with contextlib.suppress(ValueError):
            self.entries.remove(snapshot)
        path, snapshot.path = snapshot.path, None
        if path is not None and path != (self._files.place(self.best) if self.best else None):
            with contextlib.suppress(OSError):
                path.unlink()
