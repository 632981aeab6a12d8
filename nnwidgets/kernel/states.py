"""How all widgets stand, for a page that connects: asked for while they change, answered all the same.

ipywidgets answers too, but on the thread that trains; on another one its answer is lost when a widget is made
meanwhile, and where two pages ask at once both answers go to one of them. What changes between the answer and the
moment when the page has built its widgets would be missed: when the page first speaks up, it is sent again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from collections import OrderedDict
from typing import Any, Final

from nnwidgets._worker import worker

logger = logging.getLogger("nnwidgets")

TARGET: Final = "jupyter.widget.control"
_ATTEMPTS: Final = 20
#: Pages remembered at most, and messages of each that may bring what it missed.
_PAGES, _MESSAGES = 16, 8

#: By the id of a widget: a digest of each of its values, as a page was told them.
Told = dict[str, dict[str, bytes]]


class States:
    """Answers for the widgets of a kernel. Any thread.

    Parameters
    ----------
    kernel
        The running kernel.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._targets: Any = getattr(getattr(kernel, "comm_manager", None), "targets", None)
        self._before: Any = None
        self._comm_info: Any = None
        #: By the id of a page's connection: what it was told of each widget, and how often it may still be told more.
        self._pages: OrderedDict[str, tuple[Told, int]] = OrderedDict()

    def serve(self) -> None:
        """Answer in place of ipywidgets, if that is there. Harmless when repeated."""
        if _widgets() is None or not isinstance(self._targets, dict) or self._before is not None:
            return
        self._before = self._targets.get(TARGET)
        if self._before is not None:
            self._targets[TARGET] = self._opened
        handlers = getattr(self._kernel, "shell_handlers", {})
        self._comm_info = handlers.get("comm_info_request")
        if self._comm_info is not None:
            handlers["comm_info_request"] = self._list_comms

    def leave(self) -> None:
        """Leave it to ipywidgets again."""
        if self._before is not None and self._targets.get(TARGET) == self._opened:
            self._targets[TARGET] = self._before
        handlers = getattr(self._kernel, "shell_handlers", {})
        if self._comm_info is not None and handlers.get("comm_info_request") == self._list_comms:
            handlers["comm_info_request"] = self._comm_info
        self._before = self._comm_info = None
        self._pages.clear()

    def spoke(self, page: str | None) -> None:
        """Hear that a page has sent a message to a widget of ours, so that its widgets are there."""
        known = (
            self._pages.pop(page, None) if page is not None else None
        )  # at once: two threads may hear one page
        if page is None or known is None:
            return
        told, left = known
        if left > 1:
            self._pages[page] = told, left - 1
        worker.call_soon(lambda: self._tell_again(told))

    async def _list_comms(self, stream: Any, ident: Any, parent: Any) -> None:
        """List the comms, although somebody may make one meanwhile."""
        for attempt in range(_ATTEMPTS):
            try:
                await self._comm_info(stream, ident, parent)
                break
            except RuntimeError:
                if attempt == _ATTEMPTS - 1:
                    raise

    def _opened(self, comm: Any, message: Any) -> None:
        self._before(comm, message)

        def handle(message: Any) -> None:
            if message["content"]["data"].get("method") == "request_states":
                self._answer(comm, message["header"].get("session"))

        # Not by `on_msg`: each message that comes by it is told to everybody as if a cell had begun and ended.
        comm.handle_msg = handle

    def _answer(self, comm: Any, page: str | None) -> None:
        """Say how every widget stands. What is being changed meanwhile is asked again."""
        for attempt in range(_ATTEMPTS):
            try:
                states = _states()
                told = {model: _digests(state["state"]) for model, state in states.items()}
                bare, paths, buffers = _widgets()._remove_buffers(states)
                comm.send({"method": "update_states", "states": bare, "buffer_paths": paths}, buffers=buffers)
                break
            except RuntimeError:  # "dictionary changed size during iteration"
                if attempt == _ATTEMPTS - 1:
                    raise
        if page is not None:
            self._pages.pop(page, None)
            self._pages[page] = told, _MESSAGES
            while len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        # Where the page only lost its connection, its widgets are there, and took what came before this answer.
        worker.call_soon(lambda: self._tell_again(told))

    def _tell_again(self, told: Told) -> None:
        """Send what has changed since. On the worker thread, where our widgets change, so that nothing is overtaken."""
        for model, widget in _instances():
            if model not in told:
                continue
            try:
                before, now = told[model], _digests(_state_of(widget) or {})
                changed = {name for name, digest in now.items() if digest != before.get(name)}
                if changed:
                    told[model] = now
                    widget.send_state(changed)
            except (
                Exception
            ):  # anybody's widget, which may change or break meanwhile; the others are told all the same
                logger.debug("nnwidgets: a widget could not be sent again", exc_info=True)


def _widgets() -> Any:
    """Return ipywidgets' module of widgets, if somebody loaded it."""
    return sys.modules.get("ipywidgets.widgets.widget")


def _instances() -> list[tuple[str, Any]]:
    return list(getattr(_widgets(), "_instances", {}).items())


def _states() -> dict[str, Any]:
    """Return the states of all widgets; of one that is closed meanwhile, nothing."""
    found = {}
    for model, widget in _instances():
        state = _state_of(widget)
        if state is not None:
            found[model] = {
                "model_name": widget._model_name,
                "model_module": widget._model_module,
                "model_module_version": widget._model_module_version,
                "state": state,
            }
    return found


def _state_of(widget: Any) -> dict[str, Any] | None:
    """Return the state of a widget, once nobody changes it meanwhile; None where it cannot be had."""
    state: dict[str, Any] | None = None
    for _ in range(_ATTEMPTS):
        try:
            state = widget.get_state()
            break
        except RuntimeError:
            pass
        except Exception:  # anybody may write a widget; a broken one must not cost the others
            logger.debug("nnwidgets: the state of a widget could not be read", exc_info=True)
            break
    return state


def _digests(state: dict[str, Any]) -> dict[str, bytes]:
    """Return a digest of each value of a state: equal for equal values."""
    return {name: _digest(value) for name, value in state.items()}


def _digest(value: Any) -> bytes:
    digest = hashlib.blake2b(digest_size=12)

    def plain(part: Any) -> str:
        if isinstance(part, (memoryview, bytearray, bytes)):
            digest.update(bytes(part))
            return ""
        return repr(part)

    digest.update(json.dumps(value, default=plain, skipkeys=True).encode())
    return digest.digest()
