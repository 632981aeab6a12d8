"""The flags of one run: its validation loss is watched as it is recorded. On the worker thread."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np

from nnwidgets._divergence_words import evidence, retraction, standing
from nnwidgets._i18n import ENGLISH, Said, as_kept, from_kept, language, t, tn, told
from nnwidgets._metrics import more_is_better
from nnwidgets._names import split_of
from nnwidgets._points import NO_POINTS, Floats, Points
from nnwidgets.controls import Intervention
from nnwidgets.desk_facts import FlagLevel
from nnwidgets.divergence import DivergenceMonitor, Raised, Withdrawn
from nnwidgets.history import History

Flag = Raised | Withdrawn

#: Changes after which the loss is the same as before: what follows is still the same curve.
_SAME_CURVE: Final = ("device",)
#: Validations for which a withdrawn flag is still shown, faded.
_FADES: Final = 10
#: Flags kept at most.
_MOST: Final = 1000


class Flags:
    """Feeds a `DivergenceMonitor` with what is recorded, and keeps what it says.

    What it says depends on the recorded values alone, not on how they happened to arrive together.

    Parameters
    ----------
    history
        Knows the epochs, for the words.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._series: str | None = None
        self._monitor = DivergenceMonitor()
        #: Sum and number of the training values since the last validation, by series.
        self._sums: dict[str, tuple[float, int]] = {}
        self._last_mean: float | None = None
        self._changes: list[Intervention] = []
        self.entries: list[Flag] = []
        #: Validations since the last of them.
        self._validations = 0
        self._listeners: list[Callable[[Flag], object]] = []

    @property
    def series(self) -> str:
        """The name of the series that is watched, or that will be."""
        return self._series or "val/loss"

    @property
    def standing(self) -> Raised | None:
        """The flag that stands."""
        last = self.entries[-1] if self.entries else None
        return last if isinstance(last, Raised) else None

    @property
    def shown(self) -> Flag | None:
        """The flag that stands, or the one that was withdrawn within the last validations."""
        last = self.entries[-1] if self.entries else None
        return last if isinstance(last, Raised) or self._validations <= _FADES else None

    @property
    def level(self) -> FlagLevel:
        """Whether a flag stands, or was withdrawn a short while ago."""
        shown = self.shown
        return "none" if shown is None else "raised" if isinstance(shown, Raised) else "withdrawn"

    def now(self) -> str | None:
        """Return what followed a flag that stands, in a sentence; None where nothing did."""
        raised, series = self.standing, self._history.get(self.series)
        last = None if series is None else series.last
        if raised is None or last is None or last.step <= raised.step:
            return None
        return standing(raised, float(last.value), self._where)

    def recall(self, entries: list[Flag]) -> None:
        """Take what was found in a run that is over."""
        self.entries = entries
        names = [name for name in self._history if split_of(name)[0] == "val"]
        self._series = "val/loss" if "val/loss" in names else names[0] if names else None
        if entries and isinstance(entries[-1], Withdrawn) and self._series is not None:
            self._validations = int((self._history[self._series].points().step > entries[-1].step).sum())

    def listen(self, callback: Callable[[Flag], object]) -> Callable[[], None]:
        """Have every flag told; return what ends that."""
        self._listeners.append(callback)

        def forget() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return forget

    def take(
        self, batch: Mapping[str, Points], changes: Iterable[Intervention], ended: float | None = None
    ) -> list[Flag]:
        """Take what was recorded, and what was changed meanwhile; return the flags that follow.

        Parameters
        ----------
        batch, changes
            What is new.
        ended
            Seconds after which the run had ended, if it has: what was changed then waits until somebody trains on.
        """
        self._changes += changes
        changes = [change for change in self._changes if ended is None or change.moment < ended]
        self._changes = [change for change in self._changes if change not in changes]
        if self._series is None:
            self._choose(batch)
        # At one step the training loss comes first, then the validation, then a change: as they are recorded.
        happened: list[tuple[int, int, float]] = [
            (change.step, 1, math.nan)
            for change in changes
            if change.changes and change.control not in _SAME_CURVE
        ]
        val = batch.get(self._series or "", NO_POINTS)
        happened += [(int(step), 0, float(value)) for step, value in zip(val.step, val.value, strict=True)]
        train = batch.get(self._train_series, NO_POINTS)
        train = train.part(np.isfinite(train.value))
        taken = 0
        new = []
        for step, order, value in sorted(happened, key=lambda entry: entry[:2]):
            until = int(np.searchsorted(train.step, step, side="right"))
            self._add(self._train_series, train.value[taken:until])
            taken = max(taken, until)
            self._validations += 1 - order
            flag = self._monitor.restart(step) if order else self._monitor.update(step, value, self._mean())
            if flag is not None:
                self._validations = 0
                flag = self._in_words(flag)
                self.entries.append(flag)
                new.append(flag)
        self._add(self._train_series, train.value[taken:])
        del self.entries[:-_MOST]
        return new

    def tell(self, flag: Flag) -> None:
        """Call whoever listens."""
        for listener in tuple(self._listeners):
            listener(flag)

    @property
    def _train_series(self) -> str:
        return "" if self._series is None else f"train/{split_of(self._series)[1]}"

    def _choose(self, batch: Mapping[str, Points]) -> None:
        """Watch the validation loss, or the first validation metric where there is none."""
        names = [name for name in batch if split_of(name)[0] == "val"]
        if not names:
            for name, points in batch.items():
                self._add(name, points.value[np.isfinite(points.value)])
            return
        self._series = "val/loss" if "val/loss" in names else names[0]
        self._monitor = DivergenceMonitor("max" if more_is_better(split_of(self._series)[1]) else "min")

    def _add(self, name: str, values: Floats) -> None:
        if len(values):
            total, count = self._sums.get(name, (0.0, 0))
            # One after another, so that the sum is the same to the last bit however the values arrive together.
            self._sums[name] = float(np.cumsum(np.concatenate(([total], values)))[-1]), count + len(values)

    def _mean(self) -> float | None:
        """Return the mean of the training loss since the last validation, or the one before if there is none."""
        total, count = self._sums.pop(self._train_series, (0.0, 0))
        if count:
            self._last_mean = total / count
        return self._last_mean

    def sentence(self, flag: Flag) -> str:
        """Return what a flag says, in the language in force."""
        if isinstance(flag.text, Said) or (flag.text and language() == ENGLISH):
            return told(flag.text)
        return self._in_words(flag).text  # a file of a version that knew no other language

    def _in_words(self, flag: Flag) -> Flag:
        metric = split_of(self.series)[1]
        if isinstance(flag, Raised):
            text = evidence(flag, metric, self._where, self._over)
        else:
            text = retraction(flag, metric, self._where)
            return dataclasses.replace(flag, text=text, raised=self.standing or flag.raised)
        return dataclasses.replace(flag, text=text)

    def _where(self, step: float) -> str:
        if not self._history.epochs.known:
            return t("step {step}", step=f"{step:,.0f}")
        return t("epoch {epoch}", epoch=_plain(float(self._history.epochs.at(step))))

    def _over(self, begin: float, end: float) -> str:
        if not self._history.epochs.known:
            return tn(round(end - begin), "{n} step", "{n} steps")
        first, last = (float(self._history.epochs.at(step)) for step in (begin, end))
        length = _plain(last - first)
        if "." in length:
            return t("{length} epochs", length=length)
        return tn(round(last - first), "{n} epoch", "{n} epochs")


def _plain(epoch: float) -> str:
    return f"{epoch:,.0f}" if abs(epoch - round(epoch)) < 0.05 else f"{epoch:,.1f}"


def as_event(flag: Flag) -> dict[str, Any]:
    """Return a flag as it is stored with the run."""
    what = "raised" if isinstance(flag, Raised) else "withdrawn"
    event = {"kind": "divergence", "what": what, "flag": dataclasses.asdict(flag)}
    made_of = as_kept(flag.text)
    return event if made_of is None else {**event, "said": made_of}


def from_event(event: Mapping[str, Any]) -> Flag:
    """Read what `as_event` wrote; entries of a later version are left out."""
    entries = dict(event["flag"])
    entries["text"] = from_kept(str(entries.get("text", "")), event.get("said"))
    if event["what"] == "raised":
        return Raised(**_known(Raised, entries))
    raised = Raised(**_known(Raised, entries.pop("raised")))
    return Withdrawn(raised=raised, **_known(Withdrawn, entries))


def _known(kind: type, entries: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in dataclasses.fields(kind)}
    return {name: value for name, value in entries.items() if name in names}
