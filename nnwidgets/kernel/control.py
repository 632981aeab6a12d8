"""A second way in beside the comm: the kernel's control channel, which a running cell never blocks.

The page uses it where its comm message stays unanswered. A request may so arrive twice; it carries a number, by which
the panel obeys it once. The sidebar asks here for its desk, and says how the person wants their panels.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any, Final

from nnwidgets._i18n import t
from nnwidgets._services import services

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
        kernel.session.send(stream, REPLY, _answer(message.get("content")), parent=message, ident=ident)

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


def _answer(content: Any) -> dict[str, Any]:
    """Return the content of the reply to any content of a request."""
    asked = content.get("ask") if isinstance(content, dict) else None
    try:
        if asked == "desk":
            facts = services.desk_facts()
            return _refused(t("This kernel has no runs yet.")) if facts is None else {"status": "ok", **facts}
        if asked == "settings":
            reason = services.set_preferences(content.get("value"))
            return {"status": "ok"} if reason is None else _refused(reason)
    except Exception as fault:
        logger.exception("nnwidgets: a request on the control channel could not be answered")
        return _refused(t("It failed ({kind}: {fault}).", kind=type(fault).__name__, fault=fault))
    if asked is not None:
        return _refused(t("Nothing is known about {asked}.", asked=repr(str(asked)[:80])))
    return {"status": "ok"} if _hand_on(content) else _refused(t("There is no such widget."))


def _refused(reason: str) -> dict[str, Any]:
    return {"status": "error", "reason": reason}


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
