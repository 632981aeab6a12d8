"""What a page is told that connects, with widgets that change or break meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import comm
import ipywidgets
import pytest

from nnwidgets._worker import worker
from nnwidgets.kernel import states
from nnwidgets.kernel.states import States


class Silent(comm.base_comm.BaseComm):
    """Sends nothing."""

    def publish_msg(self, *_: Any, **__: Any) -> None:
        pass


class Widget(ipywidgets.IntSlider):  # type: ignore[misc]  # ipywidgets ships no types
    """Keeps what it is told to send."""

    broken = False

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Any] = []

    def send_state(self, key: Any = None) -> None:
        if self.broken:
            raise ValueError("broken")
        if hasattr(self, "sent"):
            self.sent.append(key)


@pytest.fixture
def widgets(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Widget, Widget]]:
    monkeypatch.setattr(comm, "create_comm", Silent)
    made = Widget(), Widget()
    yield made
    for widget in made:
        widget.close()


def settled() -> None:
    done = threading.Event()
    worker.call_soon(done.set)
    assert done.wait(30)


def test_a_widget_that_cannot_be_sent_again_costs_the_others_nothing(widgets: tuple[Widget, Widget]) -> None:
    first, second = widgets
    answers = States(object())
    answers._answer(Silent(), "page")
    settled()
    first.value = second.value = 5
    first.sent.clear()
    second.sent.clear()
    first.broken = True
    answers.spoke("page")
    settled()
    assert second.sent == [{"value"}]


def test_a_page_may_be_heard_by_two_threads_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = States(object())
    monkeypatch.setattr(states, "_widgets", lambda: None)

    class Pages(dict[str, Any]):
        """Another thread takes the page as soon as this one has looked for it."""

        def __contains__(self, page: object) -> bool:
            found = super().__contains__(page)
            self.clear()
            return found

    answers._pages = Pages(page=({}, 3))  # type: ignore[assignment]
    answers.spoke("page")
    settled()
