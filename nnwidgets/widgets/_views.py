"""The views that our own TypeScript draws, one ES module for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from nnwidgets import _i18n

STATIC = Path(__file__).parents[1] / "static"


class View(anywidget.AnyWidget):
    """A view named ``view`` whose whole state is one dict: a view that opens late needs nothing else.

    State flows from Python to the page alone; what the page wants comes as custom messages, because traits are not
    safe to write from two threads.
    """

    _esm = STATIC / "panel.js"
    _css = STATIC / "panel.css"

    view = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    #: The model's own id, by which a request on the control channel names it.
    address = traitlets.Unicode().tag(sync=True)
    #: The language that the person chose in Python, for the page to follow; empty: the page knows best.
    language = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(language=_i18n.explicit(), **traits)
        self.address = self.model_id or ""

    def speak(self) -> None:
        """Say which language was chosen. The worker thread."""
        if self.language != _i18n.explicit():
            self.language = _i18n.explicit()

    def put(self, state: Any) -> None:
        """Show another state; nothing is sent when nothing changed. The worker thread."""
        if state != self.state:
            self.state = state


class Head(View):
    """The head: name, status, progress, tools and tabs."""

    options = traitlets.Dict().tag(sync=True)
