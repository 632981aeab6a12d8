"""What the page asks the list of runs for. Receivers only hand on; the worker thread obeys and answers once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nnwidgets import library
from nnwidgets._errors import NnwidgetsError
from nnwidgets._i18n import t
from nnwidgets._seen import Seen
from nnwidgets._services import services
from nnwidgets._worker import worker
from nnwidgets.protocol import WIRE

if TYPE_CHECKING:
    from nnwidgets.widgets.desk import Desk


class DeskCommands:
    """Receives, checks, obeys and answers.

    Parameters
    ----------
    desk
        Whose list it is.
    view
        The list: where commands arrive.
    """

    def __init__(self, desk: Desk, view: Any) -> None:
        self._desk = desk
        self._view = view
        self._seen = Seen()
        self._kinds: dict[str, Callable[[Any], None]] = {
            "runs": lambda _: None,
            "show": self._show,
            "overlay": self._overlay,
            "rename": self._rename,
            "pin": self._pin,
            "delete": self._delete,
            "tab": self._tab,
            "tab_closed": self._tab_closed,
        }
        view.on_msg(self._received)
        # The page around the notebook knows the desk alone; so it says that a tab was closed.
        desk.on_msg(self._received)
        services.route(view)

    def _received(self, _: Any, content: Any, __: Any) -> None:
        services.arrived()
        request = content.get("request") if isinstance(content, dict) else None
        if isinstance(request, int) and self._seen.first(request):
            worker.call_soon(lambda: self._obey(request, content))

    def _obey(self, request: int, content: dict[str, Any]) -> None:
        error = None
        try:
            if content.get("wire") != WIRE:
                raise ValueError(t("This page is of another version of nnwidgets. Reload it."))
            obey = self._kinds.get(str(content.get("kind")))
            if obey is None:
                raise ValueError(t("There is no command {name}.", name=repr(str(content.get("kind"))[:40])))
            obey(content.get("value"))
        except (NnwidgetsError, ValueError) as fault:
            error = str(fault)
        except Exception as fault:  # noqa: BLE001 — whatever went wrong, the page gets its answer
            error = f"{type(fault).__name__}: {fault}"
        try:
            self._desk.list_runs()
        except Exception as fault:  # noqa: BLE001 — nor may a list that cannot be made cost it its answer
            error = error or t(
                "The runs cannot be listed ({kind}: {fault}).", kind=type(fault).__name__, fault=fault
            )
        self._view.send(
            {"kind": "reply", "request": request, "ok": error is None, "error": error, "data": None}
        )

    def _show(self, value: Any) -> None:
        self._desk.choose(_id(value))

    def _overlay(self, value: Any) -> None:
        self._desk.overlay(_id(value), shown=_bool(value, "shown"))

    def _rename(self, value: Any) -> None:
        run_id, name = _id(value), value.get("name")
        library.rename(run_id, name, self._desk.store_of(run_id))
        self._desk.renamed(run_id, name)

    def _pin(self, value: Any) -> None:
        run_id = _id(value)
        library.pin(run_id, _bool(value, "pinned"), self._desk.store_of(run_id))

    def _delete(self, value: Any) -> None:
        run_id = _id(value)
        self._desk.may_delete(run_id)
        library.delete(run_id, self._desk.store_of(run_id))
        self._desk.deleted(run_id)

    def _tab(self, value: Any) -> None:
        self._desk.open_tab(_id(value))

    def _tab_closed(self, value: Any) -> None:
        self._desk.tab_closed(_id(value))


def _id(value: Any) -> str:
    run_id = value.get("id") if isinstance(value, dict) else None
    if not isinstance(run_id, str):
        raise ValueError(t("This command names the id of a run."))
    return run_id


def _bool(value: Any, name: str) -> bool:
    said = value.get(name)
    if not isinstance(said, bool):
        raise ValueError(t("{name} is true or false.", name=name))
    return said
