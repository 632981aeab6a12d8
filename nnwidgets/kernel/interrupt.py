"""■ while no cell runs: ipykernel ignores it, but a training in the background should hear it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

_callbacks: list[Callable[[], None]] = []


def on_interrupt(kernel: Any, call: Callable[[], None]) -> Callable[[], None]:
    """Have ``call`` called, on a thread of its own, when ■ is pressed while no cell runs.

    While a cell runs ipykernel puts Python's own handler in place, so that ■ interrupts the cell as ever, and puts back
    what was there before; so that is what is replaced.

    Parameters
    ----------
    kernel
        The running kernel.
    call
        What to do.

    Returns
    -------
    Callable
        Ends it.
    """
    _callbacks.append(call)
    if threading.current_thread() is threading.main_thread():
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler and hasattr(
            kernel, "saved_sigint_handler"
        ):
            kernel.saved_sigint_handler = _interrupted
        elif signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):
            signal.signal(signal.SIGINT, _interrupted)

    def end() -> None:
        if call in _callbacks:
            _callbacks.remove(call)

    return end


def _interrupted(signum: int, frame: Any) -> None:
    """Tell everybody; with nobody there this is the same as ignoring the signal."""
    for call in tuple(_callbacks):
        # A signal may arrive while this very thread holds a lock that the callback needs.
        threading.Thread(target=call, daemon=True).start()
