"""What a run can do for a person but must not know how: panels, pictures, the end of a cell.

`nnwidgets._wiring` fills these in. So a run imports no widget, and a page without widgets can still log.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnwidgets.run import Run


class Services:
    """The services in force; each does nothing or says what is missing until it is wired."""

    #: Make the panel of a run (an ipywidget).
    panel: Callable[[Run], Any]
    #: Make the live chart of a run (a ``bqplot.Figure``).
    curves: Callable[[Run], Any]
    #: Show the panel in the cell that is running, where there is one.
    show: Callable[[Run], None]
    #: Draw the curves as SVG text.
    svg: Callable[[Run], str]
    #: Be told that a run is open, so that the end of its cell can be judged.
    opened: Callable[[Run], None]

    def export_svg(self, run: Run, path: Path) -> None:
        """Write the curves to a file."""
        path.write_text(self.svg(run), encoding="utf-8")


services = Services()
services.show = services.opened = lambda run: None
