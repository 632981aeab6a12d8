"""How a click in the panel reaches Python while a cell is running: the routes, and which one is live."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from IPython import get_ipython

from nnwidgets._i18n import later, now, t
from nnwidgets.kernel import control
from nnwidgets.kernel.interrupt import on_interrupt as _on_interrupt
from nnwidgets.kernel.pump import Pump
from nnwidgets.kernel.reception import Reception


class Route(NamedTuple):
    """A way in: its name, and what it means for a person."""

    name: str
    meaning: str


OWN = Route(later("own subshell"), later("clicks arrive at once, also while a cell runs"))
FRONT_END = Route(
    later("front end's subshell"),
    later(
        "clicks arrive at once in JupyterLab 4.4 and later with its setting commsOverSubshells, "
        "which is on by default"
    ),
)
PUMP = Route(
    later("pump"),
    later(
        "clicks arrive between two training steps, in loops of run.train, model.fit and Trainer.fit; "
        "for more: pip install -U 'ipykernel>=7'"
    ),
)
CONTROL = Route(later("control channel"), later("clicks arrive at once, also while a cell runs"))
IDLE = Route(later("main thread"), later("no cell was running when the click arrived"))
END_OF_CELL = Route(
    later("end of the cell"),
    later("clicks wait until the running cell ends; for more: pip install -U 'ipykernel>=7'"),
)
NO_KERNEL = Route(
    later("none"), later("this is no Jupyter kernel, so there is no page that could be clicked")
)

_current: Reception | None = None
_pump: Pump | None = None
#: How the last message arrived, and how long it took there and back, in milliseconds.
_proved: tuple[Route, float | None] | None = None
#: Whether a message ever came by a subshell or the control channel, so that nobody needs to look for more.
_beside = False


def pin(widget: Any) -> None:
    """Let the messages of a widget arrive while a cell runs, where the kernel can do that. Never raises."""
    kernel, comm = _kernel(), getattr(widget, "comm", None)
    if kernel is not None and comm is not None:
        desk = _reception(kernel)
        if not desk.is_open:
            desk.open()
            if desk.busy.now:  # what was asked earlier in this cell waits already
                _made_pump().look()
        desk.pin(comm)


def live_route() -> Route:
    """Return the route that is in use, or would be."""
    kernel = _kernel()
    if kernel is None:
        return NO_KERNEL
    if _reception(kernel).possible:
        return OWN
    if getattr(kernel, "_supports_kernel_subshells", False):
        return FRONT_END
    return PUMP if _made_pump().possible else END_OF_CELL


def must_pump() -> bool:
    """Whether a training must look for messages itself: nothing else is sure to bring them while its cell runs."""
    kernel = _kernel()
    if kernel is None or _beside:
        return False
    return live_route() in (PUMP, FRONT_END) and _made_pump().possible


def pump() -> None:
    """Handle the messages that wait, where nobody else does. Cheap, and never raises."""
    if _pump is not None and not _beside:
        _pump.look()


def note_arrival() -> None:
    """Note by which way the message came that is being handled. Any thread."""
    global _proved, _beside  # noqa: PLW0603 — there is one kernel in a process
    if _current is not None:
        _current.heard()
    if control.here():
        route = CONTROL
    elif _pump is not None and _pump.at_work and threading.current_thread() is threading.main_thread():
        route = PUMP
    elif threading.current_thread() is threading.main_thread():
        route = IDLE
    else:
        route = OWN if _current is not None and _current.is_here else FRONT_END
    _beside = _beside or route in (OWN, FRONT_END)
    _proved = (route, _proved[1] if _proved is not None and _proved[0] is route else None)


def note_time(milliseconds: float) -> None:
    """Note how long a message took there and back."""
    global _proved  # noqa: PLW0603
    if _proved is not None:
        _proved = (_proved[0], milliseconds)


def in_words() -> str | None:
    """Return how clicks arrive, as far as it was proved: ``"own subshell, 6 ms"``."""
    if _proved is None or _proved[0] is IDLE:
        return None
    route, milliseconds = _proved
    name = now(route.name)
    return name if milliseconds is None else t("{route}, {time} ms", route=name, time=f"{milliseconds:.0f}")


def on_interrupt(call: Any) -> Any:
    """Have something called when ■ is pressed while no cell runs; return what ends that."""
    return _on_interrupt(_kernel(), call)


def describe() -> str:
    """Return the route in words."""
    route = live_route()
    proved = in_words()
    name, meaning = now(route.name), now(route.meaning)
    if proved:
        return t("{route}: {meaning} (proved: {proved})", route=name, meaning=meaning, proved=proved)
    return f"{name}: {meaning}"


def release() -> None:
    """Leave nothing behind in the kernel."""
    global _current, _pump, _proved, _beside  # noqa: PLW0603 — there is one kernel in a process
    if _current is not None:
        _current.close()
        _current = None
    _pump, _proved, _beside = None, None, False


def _reception(kernel: Any) -> Reception:
    global _current  # noqa: PLW0603 — there is one kernel in a process
    if _current is None:
        _current = Reception(kernel)
    return _current


def _made_pump() -> Pump:
    global _pump  # noqa: PLW0603 — there is one kernel in a process
    if _pump is None:
        _pump = Pump(_kernel())
    return _pump


def _kernel() -> Any:
    return getattr(get_ipython(), "kernel", None)
