"""The one place that knows every part: gives runs their panels, pictures and ends of cells, loaded when first used."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nnwidgets._i18n import t
from nnwidgets._recent import recent
from nnwidgets._services import services

if TYPE_CHECKING:
    from nnwidgets._cell import Cell
    from nnwidgets.run import Run


def wire() -> None:
    """Fill in the services."""
    services.panel = _panel
    services.curves = _curves
    services.show, services.show_aside, services.cell = _show, _show_aside, _cell
    services.desk_facts, services.set_preferences = _desk_facts, _set_preferences
    services.bundle = _bundle
    services.svg = _svg
    services.pair_svg = _pair_svg
    services.opened = _opened
    services.route = _route
    services.pump, services.must_pump = _pump, _must_pump
    services.route_in_words, services.arrived, services.took = _route_in_words, _arrived, _took
    services.on_interrupt = _on_interrupt
    services.script, services.export_html = _script, _export_html
    services.adapter = _adapter
    atexit.unregister(_at_exit)  # %reload_ext imports the package anew
    atexit.register(_at_exit)


def _panel(run: Run) -> Any:
    from nnwidgets.widgets import Panel

    panel = run._panel = Panel(run)
    if in_notebook():
        from nnwidgets.widgets import _desk_one

        _desk_one.look(recent.begun())
    return panel


def _curves(run: Run) -> Any:
    from nnwidgets.widgets import live_figure

    return live_figure(run)


def _show(run: Run) -> None:
    if in_notebook():
        from nnwidgets.widgets import show

        show(run)


def _show_aside(run: Run) -> None:
    if in_notebook():
        from nnwidgets.widgets.output import show_aside

        show_aside(run)
        open_sidebar(again=False)


def open_sidebar(*, again: bool = True) -> bool:
    """Have JupyterLab open the sidebar, in a kernel; return whether a page was heard that can do so."""
    from nnwidgets.widgets import _desk_one

    return _desk_one.open_sidebar(recent.begun(), again=again)


def close_desk() -> None:
    """Let what stands in the sidebar go, if there is such a thing."""
    desks = sys.modules.get("nnwidgets.widgets._desk_one")
    if desks is not None:
        desks.close()


def _desk_facts() -> dict[str, Any] | None:
    desks = sys.modules.get("nnwidgets.widgets._desk_one")
    return desks.facts() if desks is not None else None


def _set_preferences(value: Any) -> str | None:
    desks = sys.modules.get("nnwidgets.widgets._desk_one")
    return desks.set_preferences(value) if desks is not None else t("There is no panel in this kernel yet.")


def _cell() -> Cell | None:
    if not in_notebook():
        return None
    from nnwidgets.kernel.cells import running_cell

    return running_cell()


def _adapter(model: Any, optimizer: Any) -> Any:
    from nnwidgets.frameworks import adapter

    return adapter(model, optimizer)


def _bundle(run: Run) -> dict[str, Any]:
    if not in_notebook():
        return {"text/plain": repr(run)}
    from nnwidgets.widgets.output import bundle

    return bundle(run.panel)


def _svg(run: Run) -> str:
    from nnwidgets.export.still import still_svg

    return still_svg(run)


def _pair_svg(run_a: Run, run_b: Run, metric: str) -> str:
    from nnwidgets.export.pair import pair_svg

    return pair_svg(run_a, run_b, metric)


def _opened(run: Run) -> None:
    recent.note_begun(run)
    desks = sys.modules.get("nnwidgets.widgets._desk_one")
    if desks is not None:
        desks.begun(run)
    if in_notebook():
        from nnwidgets.kernel.cells import judge_cells

        judge_cells()


def _route(widget: Any) -> None:
    if in_notebook():
        from nnwidgets.kernel.routes import pin

        pin(widget)


def _pump() -> None:
    routes = sys.modules.get("nnwidgets.kernel.routes")
    if routes is not None:
        routes.pump()


def _must_pump() -> bool:
    if not in_notebook():
        return False
    from nnwidgets.kernel.routes import must_pump

    return must_pump()


def _route_in_words() -> str | None:
    routes = sys.modules.get("nnwidgets.kernel.routes")
    return routes.in_words() if routes is not None else None


def _arrived() -> None:
    if in_notebook():
        from nnwidgets.kernel.routes import note_arrival

        note_arrival()


def _took(milliseconds: float) -> None:
    if in_notebook():
        from nnwidgets.kernel.routes import note_time

        note_time(milliseconds)


def _on_interrupt(call: Callable[[], None]) -> Callable[[], None]:
    if not in_notebook():
        return lambda: None
    from nnwidgets.kernel.routes import on_interrupt

    end: Callable[[], None] = on_interrupt(call)
    return end


def _script(run: Run) -> str:
    from nnwidgets.export.script import plain_script

    return plain_script(run)


def _export_html(runs: Any, path: Any, **options: Any) -> Any:
    from nnwidgets.export.html import export_html

    return export_html(runs, path, **options)


def in_notebook() -> bool:
    """Whether this process is a Jupyter kernel with a shell."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def _at_exit() -> None:
    """End what is still open when the interpreter ends, as the script around it ended."""
    opened = sys.modules.get("nnwidgets._open_runs")
    if opened is not None:
        opened.end_all(getattr(sys, "last_value", None))
