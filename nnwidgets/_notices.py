"""What a person should know about a run, one notice of each kind, with the words for what is found in the data."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnwidgets._i18n import as_kept, from_kept, t, tn
from nnwidgets._points import Points
from nnwidgets.history import MAX_SERIES, History
from nnwidgets.protocol import Notice

logger = logging.getLogger("nnwidgets")


def cannot_stop() -> Notice:
    """Return the notice that a flagged training goes on, whatever ``stop_on_divergence`` says."""
    return Notice(
        "stop_on_divergence",
        "warning",
        t(
            "The validation loss has left its minimum, and stop_on_divergence cannot end this loop: it is not made of "
            "run.epochs or run.train, and not inside `with nnw.Run() as run`. Look at run.divergence in the loop, and "
            "break."
        ),
    )


class Notices:
    """The notices of one run, the newest last. Written on the worker thread."""

    def __init__(self) -> None:
        self._by_kind: dict[str, Notice] = {}
        self._nonfinite: dict[str, int] = {}
        self._first: dict[str, int] = {}

    def all(self) -> list[Notice]:
        """Return the notices, oldest first."""
        return list(self._by_kind.values())

    def add(self, notice: Notice) -> None:
        """Take a notice in place of the last one of its kind."""
        self._by_kind.pop(notice.kind, None)
        self._by_kind[notice.kind] = notice

    def fault(self, error: Exception) -> None:
        """Say that something of ours broke; log its traceback once for each kind of error."""
        kind = f"fault {type(error).__name__}"
        if kind not in self._by_kind:
            logger.error("nnwidgets: a fault of its own; the training is not affected", exc_info=error)
        self.add(
            Notice(
                kind,
                "warning",
                t(
                    "Something in nnwidgets failed ({error_kind}: {error}). The training goes on.",
                    error_kind=type(error).__name__,
                    error=error,
                ),
            )
        )

    def after(self, batch: Mapping[str, Points], history: History) -> None:
        """Look at what was just recorded: numbers that are not finite, too many metrics."""
        found = False
        for name, points in batch.items():
            bad = ~np.isfinite(points.value)
            if bad.any():
                self._first.setdefault(name, int(points.step[bad.argmax()]))
                self._nonfinite[name] = self._nonfinite.get(name, 0) + int(bad.sum())
                found = True
        if found:
            self._say_nonfinite()
        if history.refused and "cap" not in self._by_kind:
            self.add(
                Notice(
                    "cap",
                    "warning",
                    t(
                        "More than {most} metrics: further ones are not recorded. "
                        "Log fewer names, for example means over layers.",
                        most=f"{MAX_SERIES:,}",
                    ),
                )
            )

    def _say_nonfinite(self) -> None:
        parts = [
            tn(
                count,
                "{name} was not a finite number {n} time, first at step {step}",
                "{name} was not a finite number {n} times, first at step {step}",
                name=name,
                step=f"{self._first[name]:,}",
            )
            for name, count in list(self._nonfinite.items())[:3]
        ]
        said, more = parts[0], len(self._nonfinite) - len(parts)
        for part in parts[1:]:
            said = t("{sentence}; {next}", sentence=said, next=part)
        if more > 0:
            said = tn(
                more, "{sentence}; and {n} more metric", "{sentence}; and {n} more metrics", sentence=said
            )
        text = t("{sentence}.", sentence=said)
        self.add(Notice("nonfinite", "warning", text, min(self._first.values())))


def as_entry(notice: Notice) -> dict[str, Any]:
    """Return a notice as it is stored with the run."""
    made_of = as_kept(notice.text)
    return vars(notice) if made_of is None else {**vars(notice), "said": made_of}


def from_entry(entry: Mapping[str, Any]) -> Notice:
    """Read what `as_entry` wrote."""
    text = from_kept(str(entry["text"]), entry.get("said"))
    return Notice(str(entry["kind"]), entry["level"], text, entry.get("step"))
