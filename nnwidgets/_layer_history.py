"""What was measured inside the model on sampled steps: activations of its layers, gradients and updates."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from nnwidgets._errors import MissingDependencyError
from nnwidgets._i18n import t, told
from nnwidgets._layer_sample import OF_MODULES, OF_PARAMETERS, Layout, Sample

if TYPE_CHECKING:
    import pandas as pd

#: Samples, and bytes of them, that stay in memory at most.
MOST: Final = 2_000
MOST_BYTES: Final = 32 * 2**20
#: However large a model is, so many samples stay.
_FEWEST: Final = 16


class LayerHistory:
    """The samples of one run, oldest first. One thread appends (the worker's), any may read.

    Memory is bounded: of older samples every second, fourth, … is kept when there are many; the newest are all there.

    Attributes
    ----------
    version : int
        Grows with each sample and each note.
    notes : tuple of str
        What could not be measured and why, in sentences for people.

    Examples
    --------
    >>> layers = LayerHistory()
    >>> layout = Layout(("fc",), ("fc.weight",))
    >>> layers.append(Sample(1, 0.1, layout, np.array([0, 1, 0, np.nan, 0.5, 0.01, 2], np.float32)))
    >>> layers.series("fc.weight", "grad")
    (array([1]), array([0.5]))
    """

    def __init__(self, *, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self.version = 0
        self.notes: tuple[str, ...] = ()
        self._most, self._most_bytes = most, most_bytes
        self._lock = threading.Lock()
        #: Samples with their numbers in the order of arrival; replaced as a whole, so that readers need no lock.
        self._kept: tuple[tuple[int, Sample], ...] = ()
        self._steps: NDArray[np.int64] = np.empty(0, np.int64)
        self._count = 0
        self._stride = 1
        self._bytes = 0

    def append(self, *samples: Sample) -> None:
        """Take samples, in the order of their steps; one at a step that is known replaces what was there and after.

        Raises
        ------
        ValueError
            If a sample has another number of values than its layout.
        """
        if not samples:
            return
        with self._lock:
            kept = list(self._kept)
            for sample in samples:
                if sample.values.shape != (sample.layout.size,):
                    raise ValueError(
                        f"A sample of {sample.layout.size} numbers was given {sample.values.shape}."
                    )
                while kept and kept[-1][1].step >= sample.step:  # the training went back
                    self._bytes -= kept.pop()[1].values.nbytes
                kept.append((self._count, self._as_before(sample, kept)))
                self._count += 1
                self._bytes += sample.values.nbytes
                if len(kept) > self._most or self._bytes > self._most_bytes:
                    kept = self._thinned(kept)
            self._kept = tuple(kept)
            self._steps = np.array([sample.step for _, sample in kept], dtype=np.int64)
            self.version += 1

    def note(self, text: str) -> None:
        """Say what could not be measured; each sentence stands once."""
        with self._lock:
            if told(text) not in map(told, self.notes):  # a sampler may say it again in another language
                self.notes = (*self.notes, text)
                self.version += 1

    def __len__(self) -> int:
        return len(self._kept)

    def __repr__(self) -> str:
        layout = self.layout
        if layout is None:
            return "<LayerHistory without samples>"
        return (
            f"<LayerHistory of {len(self):,} samples: {len(layout.modules):,} layers, "
            f"{len(layout.parameters):,} parameters>"
        )

    @property
    def samples(self) -> list[Sample]:
        """Every sample that is kept."""
        return [sample for _, sample in self._kept]

    @property
    def steps(self) -> NDArray[np.int64]:
        """The steps of the samples that are kept, ascending."""
        return self._steps

    @property
    def layout(self) -> Layout | None:
        """The layout of the latest sample, or None before the first."""
        kept = self._kept
        return kept[-1][1].layout if kept else None

    def at(self, step: int | None = None) -> Sample | None:
        """Return the last sample at or before a step, or the latest; None if there is none."""
        kept = self._kept
        if step is None:
            return kept[-1][1] if kept else None
        place = int(np.searchsorted([sample.step for _, sample in kept], step, side="right"))
        return kept[place - 1][1] if place else None

    def series(self, key: str, statistic: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the steps at which a number was measured, and its values.

        Parameters
        ----------
        key
            The path of a layer, or the full name of a parameter.
        statistic
            ``mean``, ``std``, ``zeros`` or ``dead`` of a layer; ``grad``, ``update`` or ``weight`` of a parameter.

        Raises
        ------
        KeyError
            For a statistic that does not exist, or a layer or parameter that was in no sample.
        """
        steps, values, known = [], [], False
        for sample in self.samples:
            place = sample.layout.place(key, statistic)
            if place is None:
                continue
            known = True
            value = float(sample.values[place])
            if value == value:  # noqa: PLR0124 — it is not NaN, so it was measured
                steps.append(sample.step)
                values.append(value)
        if not known:
            raise KeyError(self._unknown(key, statistic))
        return np.array(steps, dtype=np.int64), np.array(values, dtype=np.float64)

    def recent(self, most: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the newest samples that have the latest layout: their steps, and their values (samples × size)."""
        kept, found = self._kept, list[Sample]()
        for _, sample in reversed(kept):
            if len(found) == most or sample.layout is not kept[-1][1].layout:
                break
            found.append(sample)
        found.reverse()
        steps = np.array([sample.step for sample in found], dtype=np.int64)
        values = np.stack([sample.values for sample in found]) if found else np.empty((0, 0), np.float32)
        return steps, values

    def to_pandas(self) -> pd.DataFrame:
        """Return a long table: a row for each number that was measured, ``step, time, key, statistic, value``.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingDependencyError(t("This needs pandas. Run: pip install pandas")) from error
        frames = [pd.DataFrame(_columns(sample)) for sample in self.samples]
        empty = pd.DataFrame({name: [] for name in ("step", "time", "key", "statistic", "value")})
        table: pd.DataFrame = pd.concat(frames, ignore_index=True) if frames else empty
        return table

    def _as_before(self, sample: Sample, kept: Sequence[tuple[int, Sample]]) -> Sample:
        """Return the sample with the very layout of the one before, where the two are equal."""
        before = kept[-1][1].layout if kept else sample.layout
        if before is sample.layout or before != sample.layout:
            return sample
        return Sample(sample.step, sample.time, before, sample.values)

    def _thinned(self, kept: list[tuple[int, Sample]]) -> list[tuple[int, Sample]]:
        """Let older samples go until there is room again, evenly over the whole training."""
        room, room_bytes = self._most * 3 // 4, self._most_bytes * 3 // 4
        recent = max(
            _FEWEST // 2, min(self._most, self._most_bytes // max(1, kept[-1][1].values.nbytes)) // 8
        )
        newest = self._count - recent
        # What was new when the others went comes first, with the stride of then; only after that a wider one.
        while True:
            kept = [one for one in kept if one[0] >= newest or one[0] % self._stride == 0]
            self._bytes = sum(sample.values.nbytes for _, sample in kept)
            enough = len(kept) <= room and self._bytes <= room_bytes
            if enough or len(kept) <= _FEWEST or self._stride > self._count:
                break
            self._stride *= 2
        return kept

    def _unknown(self, key: str, statistic: str) -> str:
        layout = self.layout
        if layout is None:
            return t(
                "Nothing was measured yet, so there is no {statistic} of {key}.",
                statistic=statistic,
                key=repr(key),
            )
        known = layout.modules if statistic in OF_MODULES else layout.parameters
        shown = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
        return t(
            "There is no {statistic} of {key}; it is known of {shown}.",
            statistic=statistic,
            key=repr(key),
            shown=shown or t("nothing"),
        )


def _columns(sample: Sample) -> dict[str, Any]:
    layout = sample.layout
    keys = np.repeat(
        np.array((*layout.modules, *layout.parameters), dtype=object),
        [len(OF_MODULES)] * len(layout.modules) + [len(OF_PARAMETERS)] * len(layout.parameters),
    )
    statistics = OF_MODULES * len(layout.modules) + OF_PARAMETERS * len(layout.parameters)
    known = ~np.isnan(sample.values)
    return {
        "step": sample.step,
        "time": sample.time,
        "key": keys[known],
        "statistic": np.array(statistics, dtype=object)[known],
        "value": sample.values[known].astype(np.float64),
    }
