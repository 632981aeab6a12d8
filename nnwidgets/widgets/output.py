"""What a cell shows: the live panel, and beside it a picture for where no panel can live."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

from IPython.display import display, update_display

from nnwidgets._i18n import t
from nnwidgets._services import services
from nnwidgets.protocol import OPEN_STATUSES
from nnwidgets.widgets import _desk_one

if TYPE_CHECKING:
    from nnwidgets.run import Run
    from nnwidgets.widgets.panel import Panel

_PANEL = "application/vnd.nnwidgets.panel+json"
_WIDGET = "application/vnd.jupyter.widget-view+json"
_numbers: Final = itertools.count(1)


def show(run: Run) -> None:
    """Show the panel in the running cell; when the run ends, the saved picture becomes the final one."""
    _place(run, stands=True)
    key = f"nnwidgets-{run.id}-{next(_numbers)}"
    display(bundle(run.panel), raw=True, display_id=key)
    if run.status in OPEN_STATUSES:

        def final() -> None:
            update_display(bundle(run.panel), raw=True, display_id=key)

        run._at_end(final)


def show_aside(run: Run) -> None:
    """Make the panel, for the sidebar, and say in the running cell where it is."""
    _ = run.panel
    _place(run, stands=False)
    text = t(
        "The run {name} is shown in the sidebar. To show it in a cell: {line}",
        name=repr(run.name),
        line="%nnwidgets panel",
    )
    display({"text/plain": text}, raw=True)


def _place(run: Run, *, stands: bool) -> None:
    """Note to which cell the run belongs, and whether its panel stands there, and tell when that ends."""
    cell = services.cell()
    if cell is not None:
        run._shown_in, run._stands_there = cell, stands
        cell.watch(_desk_one.changed)
        _desk_one.changed()


def bundle(panel: Panel) -> dict[str, Any]:
    """Return everything that a front end may choose from.

    JupyterLab with our extension takes the first and shows the picture until the panel is alive; others take the
    widget; GitHub, nbviewer and exported pages take the picture.
    """
    still = services.svg(panel.run)
    return {
        _PANEL: {"version": 1, "model_id": panel.model_id, "run_id": panel.run.id, "still": still},
        _WIDGET: {"version_major": 2, "version_minor": 0, "model_id": panel.model_id},
        "image/svg+xml": still,
        "text/plain": repr(panel.run),
    }
