"""The live panel: ipywidgets around bqplot's charts, loaded when the first one is shown."""

from __future__ import annotations

from nnwidgets.widgets.curves import live_figure
from nnwidgets.widgets.output import show
from nnwidgets.widgets.panel import Panel

__all__ = ["Panel", "live_figure", "show"]
