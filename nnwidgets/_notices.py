"""What a person should know about a run, one notice of each kind, with the words for what is found in the data."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np

from nnwidgets._points import Points
from nnwidgets.history import MAX_SERIES, History
from nnwidgets.protocol import Notice

logger = logging.getLogger("nnwidgets")


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
                f"Something in nnwidgets failed ({type(error).__name__}: {error}). The training goes on.",
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
                    f"More than {MAX_SERIES:,} metrics: further ones are not recorded. "
                    f"Log fewer names, for example means over layers.",
                )
            )

    def _say_nonfinite(self) -> None:
        parts = [
            f"{name} was not a finite number {count:,} {'time' if count == 1 else 'times'}, "
            f"first at step {self._first[name]:,}"
            for name, count in list(self._nonfinite.items())[:3]
        ]
        more = len(self._nonfinite) - len(parts)
        text = "; ".join(parts) + (f"; and {more} more metrics" if more > 0 else "") + "."
        self.add(Notice("nonfinite", "warning", text, min(self._first.values())))
