"""How a click in the panel reaches Python while a cell is running: the routes, and which one is live."""

from __future__ import annotations

from typing import Any, NamedTuple

from IPython import get_ipython

from nnwidgets.kernel.own_subshell import OwnSubshell


class Route(NamedTuple):
    """A way in: its name, and what it means for a person."""

    name: str
    meaning: str


OWN = Route("own subshell", "clicks arrive at once, also while a cell runs")
FRONT_END = Route(
    "front end's subshell",
    "clicks arrive at once in JupyterLab 4.4 and later with its setting commsOverSubshells, which is on by default",
)
END_OF_CELL = Route(
    "end of the cell", "clicks wait until the running cell ends; for more: pip install -U 'ipykernel>=7.4'"
)
NO_KERNEL = Route("none", "this is no Jupyter kernel, so there is no page that could be clicked")

_subshell: OwnSubshell | None = None


def pin(widget: Any) -> None:
    """Let the messages of a widget arrive while a cell runs, where the kernel can do that. Never raises."""
    subshell = _own()
    comm = getattr(widget, "comm", None)
    if subshell is not None and comm is not None:
        subshell.pin(comm)


def live_route() -> Route:
    """Return the route that is in use, or would be."""
    kernel = _kernel()
    if kernel is None:
        return NO_KERNEL
    subshell = _own()
    if subshell is not None and subshell.possible and _comms_can_be_pinned():
        return OWN
    return FRONT_END if getattr(kernel, "_supports_kernel_subshells", False) else END_OF_CELL


def describe() -> str:
    """Return the route in words."""
    route = live_route()
    return f"{route.name}: {route.meaning}"


def release() -> None:
    """Leave nothing behind in the kernel."""
    global _subshell  # noqa: PLW0603 — there is one kernel in a process
    if _subshell is not None:
        _subshell.release()
        _subshell = None


def _own() -> OwnSubshell | None:
    global _subshell  # noqa: PLW0603 — there is one kernel in a process
    if _subshell is None:
        kernel = _kernel()
        if kernel is not None:
            _subshell = OwnSubshell(kernel)
    return _subshell


def _kernel() -> Any:
    return getattr(get_ipython(), "kernel", None)


def _comms_can_be_pinned() -> bool:
    try:
        from ipykernel.comm.comm import BaseComm
    except ImportError:
        return False
    return hasattr(BaseComm, "_reply_subshell_for")
