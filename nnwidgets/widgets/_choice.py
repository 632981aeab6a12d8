"""How curves are looked at: as the settings say, except for what the person chose in this very panel."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from nnwidgets import _preferences
from nnwidgets._view import View

Aspect = Literal["x", "log", "smoothing"]


class Choice:
    """Knows what the person chose in one panel."""

    def __init__(self) -> None:
        self._chosen: set[Aspect] = set()

    def note(self, aspect: Aspect) -> None:
        """Follow the settings in this no more."""
        self._chosen.add(aspect)

    def wanted(self, view: View, *, epochs: bool) -> View:
        """Return how to look, where one looks at ``view``.

        Parameters
        ----------
        view
            How one looks now. A zoom into an axis ends when that axis becomes another one.
        epochs
            Whether the epochs are known; before that, steps stand in for them.
        """
        settings = _preferences.current()
        x = view.x if "x" in self._chosen else settings.axis(epochs=epochs)
        log = view.log if "log" in self._chosen else settings.log
        if x != view.x or log != view.log:
            x_range = view.x_range if x == view.x else None
            view = replace(view, x=x, log=log, x_range=x_range, y_range=None)
        return view if "smoothing" in self._chosen else replace(view, smoothing=settings.smoothing)
