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
from nnwidgets._points import Points
from nnwidgets._series import Extreme, PointSource, Series, Window

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
    version : int
        Grows with everything that is recorded.
    refused : set of str
        Some names that found no room among the 1,000 series.
    """

    def __init__(self, *, source: PointSource | None = None, keep: int = 1_000_000) -> None:
        self.epochs = EpochAxis()
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
        """Append points to their series, new ones among them while there is room."""
        with self._lock:
            for name, points in batch.items():
                series = self._series.get(name)
                if series is None:
                    if len(self._series) >= MAX_SERIES:
                        if len(self.refused) < _REFUSED:
                            self.refused.add(name)
                        continue
                    series = Series(name, source=self._source, keep=self._keep, lock=self._lock)
                    self._series[name] = series
                series.extend(points)
            self.version += 1

    def committed(self, name: str, count: int) -> None:
        """Say that the source holds ``count`` more points of a series; old ones may leave memory."""
        series = self._series.get(name)
        if series is not None:
            series.committed(count)

    def to_pandas(self) -> pd.DataFrame:
        """Return a table with a row for each step, and columns ``epoch``, ``time`` and one for each series.

        Where a series has several points at one step the last is taken; where it has none the cell is NaN.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingDependencyError("This needs pandas. Run: pip install pandas") from error
        columns, times = {}, []
        for name, series in self.items():
            points = series.points()
            column = pd.Series(points.value, index=points.step, name=name)
            columns[name] = column[~column.index.duplicated(keep="last")]
            times.append(pd.Series(points.time, index=points.step))
        frame: pd.DataFrame = pd.DataFrame(columns)
        frame.index.name = "step"
        moments = pd.concat(times) if times else pd.Series(dtype=float)
        frame.insert(0, "time", moments[~moments.index.duplicated(keep="last")].reindex(frame.index))
        frame.insert(0, "epoch", self.epochs.at(frame.index.to_numpy(dtype=np.float64)))
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
        """Make a history of what `to_dict` returned."""
        points = {name: Points.of(**columns) for name, columns in data["series"].items()}
        return cls._of(points, [(int(step), float(epoch)) for step, epoch in data["epochs"]])

    def to_csv(self, path: str | Path) -> None:
        """Write every point to a CSV file: ``series,step,time,value``, in blocks, without loss."""
        _csv.write_csv(
            path, ((name, series.points()) for name, series in self.items()), self.epochs.boundaries
        )

    @classmethod
    def from_csv(cls, path: str | Path) -> History:
        """Read what `to_csv` wrote.

        Raises
        ------
        ValueError
            If the file has other columns.
        """
        return cls._of(*_csv.read_csv(path))

    @classmethod
    def _of(cls, points: Mapping[str, Points], epochs: list[tuple[int, float]]) -> History:
        history = cls()
        for step, epoch in epochs:
            history.epochs.begin(step, epoch)
        history.extend(points)
        return history
