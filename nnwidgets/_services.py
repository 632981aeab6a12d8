"""What a run can do for a person but must not know how: panels, pictures, the end of a cell.

`nnwidgets._wiring` fills these in. So a run imports no widget, and a page without widgets can still log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnwidgets._cell import Cell
    from nnwidgets.run import Run


class Services:
    """The services in force; each does nothing or says what is missing until it is wired."""

    #: Make the panel of a run (an ipywidget).
    panel: Callable[[Run], Any]
    #: Make the live chart of a run (a ``bqplot.Figure``).
    curves: Callable[[Run], Any]
    #: Show the panel in the cell that is running, where there is one.
    show: Callable[[Run], None]
    #: Show the panel in the sidebar, and a line about that in the cell that is running, where there is one.
    show_aside: Callable[[Run], None]
    #: Return the execution of a cell that is going on, or None; where it is not known there is none.
    cell: Callable[[], Cell | None]
    #: Return what a notebook may show in place of a run: the panel, a picture, text.
    bundle: Callable[[Run], dict[str, Any]]
    #: Draw the curves as SVG text.
    svg: Callable[[Run], str]
    #: Draw one metric of two runs as SVG text.
    pair_svg: Callable[[Run, Run, str], str]
    #: Write the training as a plain Python script, with its interventions.
    script: Callable[[Run], str]
    #: Write runs as a page that plays: ``export_html(runs, path, title=…, language=…)``; returns the page.
    export_html: Callable[..., Any]
    #: Return the adapter for a model and its optimizer.
    adapter: Callable[[Any, Any], Any]
    #: Be told that a run is open, so that the end of its cell can be judged.
    opened: Callable[[Run], None]
    #: Let the clicks of a widget arrive while a cell runs.
    route: Callable[[Any], None]
    #: Let messages that wait for the thread of the running cell be handled now; does nothing where others do that.
    pump: Callable[[], None]
    #: Whether only `pump`, called now and then, lets a click through while a cell runs.
    must_pump: Callable[[], bool]
    #: Say how clicks arrive, in a few words, or None where that is not known.
    route_in_words: Callable[[], str | None]
    #: Be told that a message from the page is being handled, and how many milliseconds one took there and back.
    arrived: Callable[[], None]
    took: Callable[[float], None]
    #: Have a callback called when ■ is pressed while no cell runs; returns what ends that.
    on_interrupt: Callable[[Callable[[], None]], Callable[[], None]]
    #: Say which desk this kernel has and how it stands (``{"desk": <model id>, "state": <DeskStatus>}``), or None where
    #: there is none. Called on the control thread: must neither wait nor send.
    desk_facts: Callable[[], dict[str, Any] | None]
    #: Take the settings that a page sent, unchecked; returns why not, or None. Called on the control thread: must only
    #: check them and hand them on.
    set_preferences: Callable[[Any], str | None]


services = Services()
services.show = services.show_aside = services.opened = services.route = lambda _: None
services.cell = lambda: None
services.pump = services.arrived = lambda: None
services.took = lambda _: None
services.must_pump = lambda: False
services.route_in_words = lambda: None
services.on_interrupt = lambda _: services.pump
services.bundle = lambda run: {"text/plain": repr(run)}
services.desk_facts = lambda: None
services.set_preferences = lambda _: None
