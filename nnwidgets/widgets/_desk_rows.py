"""The list of runs beside the panel: those of this kernel from memory while they go on, all others from their files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timezone
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._errors import StoreError
from nnwidgets._i18n import language, told
from nnwidgets._metrics import number
from nnwidgets._runrows import Row, listed
from nnwidgets._spark import SERIES, Spark, spark_of
from nnwidgets.desk_facts import MOST_SPARKS, DeskRow, RunListState
from nnwidgets.protocol import OPEN_STATUSES, WIRE
from nnwidgets.store import RunStore

if TYPE_CHECKING:
    from nnwidgets.history import History
    from nnwidgets.run import Run

#: Rows at most, the newest and those that are pinned: the page is sent all of them.
_ROWS: Final = 1000
#: Seconds to read files at once: frames and commits wait meanwhile.
_SLICE: Final = 0.05


def no_list() -> RunListState:
    """Return the list before anyone looked."""
    return {"wire": WIRE, "rows": [], "shown": None, "store": "", "error": None}


class DeskRows:
    """Makes the list, from what is known of unchanged files. The worker thread."""

    def __init__(self) -> None:
        #: What each row was made from; the same row again is found to be unchanged at once.
        self._made: dict[str, tuple[Row, bool, DeskRow]] = {}
        self._spoken = language()

    @property
    def behind(self) -> bool:
        """Whether some files are still to be read."""
        return listed.behind

    def state(
        self, here: Iterable[Run], shown: str | None, ghosts: Mapping[str, tuple[int, Any]]
    ) -> RunListState:
        """Return the list as far as it can be read in a short time.

        Parameters
        ----------
        here
            The runs of this kernel.
        shown
            The id of the run whose panel is shown.
        ghosts
            What is drawn beside it: the places in the palette, by id.
        """
        if self._spoken != language():
            self._made, self._spoken = {}, language()
        store, error = RunStore(), None
        mine = {run.id: run for run in here}
        try:
            stored = listed.read(store, _SLICE)
        except StoreError as fault:
            stored, error = [], str(fault)
        rows = {row.info.id: self._stored(row, here=row.info.id in mine) for row in stored}
        self._made = {run_id: self._made[run_id] for run_id in rows}
        for run in mine.values():
            if run.status in OPEN_STATUSES or (run.id not in rows and _elsewhere(run, store)):
                rows[run.id] = _live(run)
        for run_id, (place, _) in ghosts.items():
            if run_id in rows:
                rows[run_id] = {**rows[run_id], "place": place}
        newest = sorted(rows.values(), key=lambda row: (row["started"], row["id"]), reverse=True)
        kept = [row for i, row in enumerate(newest) if i < _ROWS or row["pinned"]]
        return {"wire": WIRE, "rows": kept, "shown": shown, "store": str(store.root), "error": error}

    def _stored(self, row: Row, *, here: bool) -> DeskRow:
        made = self._made.get(row.info.id)
        if made is None or made[0] is not row or made[1] is not here:
            made = self._made[row.info.id] = (row, here, _stored(row, here=here))
        return made[2]


def _elsewhere(run: Run, store: RunStore) -> bool:
    """Whether a run that is over is kept in memory only, or in another folder."""
    root = run._keeper.root
    return root is None or (root != store.root and run._keeper.is_stored)


def _stored(row: Row, *, here: bool) -> DeskRow:
    info, spark = row
    return {
        "id": info.id,
        "name": info.name,
        "status": info.status,
        "started": info.started.isoformat(),
        "epochs": info.epochs,
        "best": "" if info.best is None else number(info.best),
        "best_value": info.best,
        "flag": info.flag,
        "spark": list(spark.values),
        "spark_of": spark.of,
        "pinned": info.pinned,
        "place": None,
        "here": here,
        "reason": None if info.reason is None else told(info.reason),
    }


def _live(run: Run) -> DeskRow:
    loss = run.history.get("val/loss")
    lowest = None if loss is None or loss.lowest is None else float(loss.lowest.value)
    best = lowest if lowest is not None and math.isfinite(lowest) else None
    spark = _spark(run.history)
    return {
        "id": run.id,
        "name": run.name,
        "status": run.status,
        "started": run.started.astimezone(timezone.utc).isoformat(),
        "epochs": run.progress.epoch,
        "best": "" if best is None else number(best),
        "best_value": best,
        "flag": run._keeper.flags.level,
        "spark": list(spark.values),
        "spark_of": spark.of,
        "pinned": run._keeper.pinned,
        "place": None,
        "here": True,
        "reason": None,
    }


def _spark(history: History) -> Spark:
    for split, name in SERIES:
        series = history.get(name)
        if series is not None and series.count:
            return Spark(spark_of(series.window(MOST_SPARKS).mean), split)
    return Spark()
