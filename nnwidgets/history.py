"""History: what was recorded, append-only, drawn at any scale."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnwidgets import _csv
from nnwidgets._epochs import EpochAxis
from nnwidgets._errors import MissingDependencyError
from nnwidgets._i18n import t
from nnwidgets._layer_history import LayerHistory
from nnwidgets._points import Points
from nnwidgets._series import Extreme, PointSource, Series
from nnwidgets._window import Window

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MAX_SERIES", "Extreme", "History", "PointSource", "Series", "Window"]

#: Metrics of one run at most.
MAX_SERIES: Final = 1000
#: Names of refused metrics remembered at most.
_REFUSED: Final = 100


class History(Mapping[str, Series]):
    """What a run recorded: a mapping from the names of its series (``train/loss``, ``val/loss``, ``lr`` …).

    One thread writes (the worker's), any may read.

    Parameters
    ----------
    source
        Where points are that memory has let go. None: everything stays in memory.
    keep
        Points of each series that stay in memory in any case.

    Attributes
    ----------
    epochs : EpochAxis
        Where the epochs lie on the axis of steps.
    layers : LayerHistory
        What was measured inside the model on sampled steps: activations, gradients, updates.
    version : int
        Grows by one with each `extend`.
    refused : set of str
        Some names (100 at most) that found no room among the 1,000 series.

    Examples
    --------
    >>> history = History()
    >>> history.extend({"train/loss": Points.of([1, 2, 3], [0.1, 0.2, 0.3], [0.9, 0.5, 0.7])})
    >>> history["train/loss"].lowest
    Extreme(step=2, time=0.2, value=0.5)
    """

    def __init__(self, *, source: PointSource | None = None, keep: int = 1_000_000) -> None:
        self.epochs = EpochAxis()
        self.layers = LayerHistory()
        self.version = 0
        self.refused: set[str] = set()
        self._source, self._keep = source, keep
        self._lock = threading.RLock()
        self._series: dict[str, Series] = {}

    def __getitem__(self, name: str) -> Series:
        return self._series[name]

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._series))

    def __len__(self) -> int:
        return len(self._series)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name} ({series.count:,})" for name, series in tuple(self._series.items())[:8])
        return f"<History of {len(self)} series: {inside}{', …' if len(self) > 8 else ''}>"

    def extend(self, batch: Mapping[str, Points]) -> None:
        """Append points to their series, new ones among them while there is room. The worker thread.

        Raises
        ------
        ValueError
            If the points of one series cannot be appended (see `Series.extend`); then nothing of the batch is.
        """
        with self._lock:
            new: dict[str, Series] = {}
            taken: list[tuple[Series, Points]] = []
            for name, points in batch.items():
                series = self._series.get(name)
                if series is None:
                    if len(self._series) + len(new) >= MAX_SERIES:
                        self._refuse(name)
                        continue
                    series = new[name] = Series(name, source=self._source, keep=self._keep, lock=self._lock)
                series.check(points)
                taken.append((series, points))
            self._series.update(new)
            for series, points in taken:
                series.take(points)
            self.version += 1

    def committed(self, name: str, count: int) -> None:
        """Say that the source holds ``count`` more points of a series; old ones may leave memory."""
        series = self._series.get(name)
        if series is not None:
            series.committed(count)

    def to_pandas(self) -> pd.DataFrame:
        """Return a table with a row for each step, and columns ``epoch``, ``time`` and one for each series.

        Where a series has several points at one step the last is taken; where it has none the cell is NaN. ``time``
        is when the last of a step's values was recorded, in seconds since the run began.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingDependencyError(t("This needs pandas. Run: pip install pandas")) from error
        columns, times = {}, []
        for name, series in self.items():
            points = series.points()
            column = pd.Series(points.value, index=points.step)
            columns[name] = column[~column.index.duplicated(keep="last")]
            times.append(pd.Series(points.time, index=points.step))
        frame: pd.DataFrame = pd.DataFrame(columns).sort_index().rename_axis("step")
        moments = pd.concat(times) if times else pd.Series(dtype=float)
        frame.insert(0, "time", moments.groupby(level=0).max().reindex(frame.index), allow_duplicates=True)
        epochs = self.epochs.at(frame.index.to_numpy(dtype=np.float64))
        frame.insert(0, "epoch", epochs, allow_duplicates=True)
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists that JSON can hold (NaN and infinities excepted); `from_dict` reads it."""
        series = {
            name: {key: column.tolist() for key, column in one.points()._asdict().items()}
            for name, one in self.items()
        }
        return {"series": series, "epochs": [list(pair) for pair in self.epochs.boundaries]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> History:
        """Make a history of what `to_dict` returned.

        Raises
        ------
        ValueError
            If it is something else.
        """
        history = cls()
        try:
            points = {name: Points.of(**columns) for name, columns in data["series"].items()}
            boundaries = [(int(step), float(epoch)) for step, epoch in data["epochs"]]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                t("This is not what History.to_dict() returns: {error}.", error=repr(error))
            ) from error
        for step, epoch in boundaries:
            history.epochs.begin(step, epoch)
        history.extend(points)
        return history

    def to_csv(self, path: str | Path) -> None:
        """Write every point to a CSV file: ``series,step,time,value``, block by block, without loss.

        Rows of the series ``epoch`` say at which step each epoch began. A name that a spreadsheet would take for a
        formula begins with an apostrophe in the file, which `from_csv` takes away.
        """
        blocks = ((name, block) for name, series in self.items() for block in series.blocks())
        _csv.write_csv(path, blocks, self.epochs.boundaries)

    @classmethod
    def from_csv(cls, path: str | Path) -> History:
        """Read what `to_csv` wrote.

        Raises
        ------
        ValueError
            If the file has other columns, or a row that is not three numbers after a name.
        """
        history = cls()
        _csv.read_csv(path, extend=history.extend, begin=history.epochs.begin)
        return history

    def _refuse(self, name: str) -> None:
        if len(self.refused) < _REFUSED:
            self.refused.add(name)
