"""A second way in beside the comm: the kernel's control channel, which a running cell never blocks.

The page uses it where its comm message stays unanswered. A request may so arrive twice; it carries a number, by which
the panel obeys it once.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any, Final

logger = logging.getLogger("nnwidgets")

REQUEST: Final = "nnwidgets_request"
REPLY: Final = "nnwidgets_reply"

_here = threading.local()


def serve(kernel: Any) -> bool:
    """Answer our requests on the control channel; return whether this kernel lets us. Harmless when repeated."""
    handlers = getattr(kernel, "control_handlers", None)
    if not isinstance(handlers, dict):
        return False

    def handle(stream: Any, ident: Any, message: Any) -> None:
        content = message.get("content", {})
        known = _hand_on(content)
        answer = {"status": "ok"} if known else {"status": "error", "reason": "There is no such widget."}
        kernel.session.send(stream, REPLY, answer, parent=message, ident=ident)

    handlers[REQUEST] = handle
    return True


def leave(kernel: Any) -> None:
    """Answer no more."""
    handlers = getattr(kernel, "control_handlers", None)
    if isinstance(handlers, dict):
        handlers.pop(REQUEST, None)


def here() -> bool:
    """Whether the caller handles a request of the control channel."""
    return bool(getattr(_here, "at_work", False))


def _hand_on(content: Any) -> bool:
    """Give a request to the widget that it names, as if its comm had brought it."""
    model = content.get("model") if isinstance(content, dict) else None
    # Whoever names a widget of ours has made ipywidgets load; the kernel alone must not.
    registry = sys.modules.get("ipywidgets.widgets.widget")
    instances: Any = getattr(registry, "_instances", {})
    widget = instances.get(model) if isinstance(model, str) else None
    if widget is None:
        return False
    _here.at_work = True
    try:
        widget._handle_custom_msg(content.get("data"), [])
    except Exception:
        logger.exception("nnwidgets: a request on the control channel could not be handled")
    finally:
        _here.at_work = False
    return True
