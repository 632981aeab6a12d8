"""What stands ready in a kernel for pages: the widgets' own way in, and answers for a page that connects."""

from __future__ import annotations

from typing import Any

from nnwidgets.kernel import control
from nnwidgets.kernel.busy import Busy
from nnwidgets.kernel.own_subshell import OwnSubshell
from nnwidgets.kernel.quiet import Quiet
from nnwidgets.kernel.reconnect import Doorman
from nnwidgets.kernel.states import States


class Reception:
    """Everything that is put into a kernel, put in with the first panel and taken out together."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self.busy = Busy(kernel)
        self._subshell = OwnSubshell(kernel)
        self._doorman = Doorman(kernel, self.busy)
        self._states = States(kernel)
        self._quiet = Quiet()
        self.is_open = False

    @property
    def possible(self) -> bool:
        """Whether messages can be answered beside a running cell."""
        return self._subshell.possible and self._doorman.possible

    @property
    def is_here(self) -> bool:
        """Whether the caller is the thread that answers beside a running cell."""
        return self._subshell.is_here

    def pin(self, comm: Any) -> None:
        """Have the messages of a comm answered beside a running cell, where the kernel can do that."""
        self._quiet.keep(comm)
        self._subshell.pin(comm)
        self._doorman.own.add(comm.comm_id)

    def open(self) -> None:
        """Begin."""
        self.is_open = True
        control.serve(self._kernel)
        self.busy.watch()
        self._states.serve()
        subshell = self._subshell.made() if self.possible else None
        self.busy.subshell = subshell
        if subshell is not None:
            self._subshell.on_channel(lambda: self._doorman.stand(subshell))

    def heard(self) -> None:
        """Note that a message of a page to a widget of ours is being handled, on this thread."""
        try:
            parent = self._kernel.get_parent("control" if control.here() else "shell")
        except (AttributeError, TypeError):  # JupyterLite's kernel knows of no channels, and has one page
            return
        self._states.spoke((parent.get("header") or {}).get("session"))

    def close(self) -> None:
        """Leave nothing behind."""
        if self._doorman.standing:
            self._subshell.on_channel(self._doorman.leave)
        self._subshell.release()
        self._quiet.release()
        self._states.leave()
        self.busy.leave()
        control.leave(self._kernel)
