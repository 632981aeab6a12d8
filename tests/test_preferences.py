"""The settings of a person for all panels: checked, obeyed by old and new panels, and weaker than a choice in one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import comm
import pytest

from nnwidgets import _preferences, _worker
from nnwidgets._errors import OptionError
from nnwidgets._preferences import Preferences, checked
from nnwidgets._worker import worker
from nnwidgets.run import Run
from nnwidgets.widgets import _desk_one


class Silent(comm.base_comm.BaseComm):
    """Sends nothing."""

    def publish_msg(self, *_: Any, **__: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(comm, "create_comm", Silent)
    yield
    put(language=None)


@pytest.fixture
def run() -> Iterator[Run]:
    with Run(show=False, store=False) as run:
        yield run
        run.panel.close()


def put(**settings: Any) -> None:
    _preferences.put(checked(settings))
    done = threading.Event()
    worker.call_soon(done.set)
    assert done.wait(30)


def choose(run: Run, kind: str, value: Any) -> None:
    content = {"wire": 1, "request": hash((id(run), kind)), "kind": kind, "value": value}
    run.panel.head._handle_custom_msg(content, [])
    assert run.flush()


def test_a_page_that_says_no_language_leaves_what_another_page_said() -> None:
    put(language="uk")
    assert checked({"log": True}).language == "uk"
    assert checked({"language": None}).language is None


def test_a_page_may_leave_settings_out() -> None:
    assert checked({}) == Preferences()
    assert checked({"frame_rate": 4, "x": "time", "log": True, "smoothing": 0}) == Preferences(
        4.0, "time", True, 0.0
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "Settings are names with values, not NoneType"),
        ({"frame_rate": 0}, "frame_rate lies between 1 and 30"),
        ({"frame_rate": 31}, "unlike '31'"),
        ({"frame_rate": "many"}, "unlike 'many'"),
        ({"frame_rate": True}, "frame_rate lies"),
        ({"frame_rate": float("nan")}, "frame_rate lies"),
        ({"frame_rate": 10**400}, "frame_rate lies"),
        ({"frame_rate": float("inf")}, "frame_rate lies"),
        ({"smoothing": 1}, r"smoothing lies between 0 and 0\.99"),
        ({"x": "weeks"}, "x is one of auto, step, epoch, time, unlike 'weeks'"),
        ({"x": ["step"]}, "x is one of"),
        ({"log": "yes"}, "log is true or false, unlike 'yes'"),
        ({"colour": "red"}, "There is no setting 'colour'. There are: frame_rate, x, log, smoothing"),
    ],
)
def test_what_is_no_setting_is_refused_in_words(value: Any, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        checked(value)
    assert _desk_one.set_preferences(value) is not None
    assert _preferences.current() == Preferences()


def test_frames_follow_the_rate() -> None:
    assert worker.interval == _worker.FRAME_INTERVAL
    put(frame_rate=25)
    assert worker.interval == 1 / 25
    put()
    assert worker.interval == _worker.FRAME_INTERVAL


def test_a_new_panel_begins_as_the_settings_say(run: Run) -> None:
    put(x="time", log=True, smoothing=0.25)
    assert (run.panel.view.x, run.panel.view.log, run.panel.view.smoothing) == ("time", True, 0.25)


def test_a_panel_follows_where_nobody_chose(run: Run) -> None:
    panel = run.panel
    assert run.flush()
    put(x="time", log=True, smoothing=0.25)
    assert (panel.view.x, panel.view.log, panel.view.smoothing) == ("time", True, 0.25)
    assert panel.head.options == panel.head.options | {"x": "time", "log": True, "smoothing": 0.25}


@pytest.mark.parametrize(
    ("kind", "chosen", "setting"),
    [("x", "time", {"x": "step"}), ("log", True, {"log": False}), ("smoothing", 0.5, {"smoothing": 0.1})],
)
def test_a_choice_in_a_panel_is_stronger(run: Run, kind: str, chosen: Any, setting: Any) -> None:
    panel = run.panel
    choose(run, kind, chosen)
    put(x="epoch", log=True, smoothing=0.9)
    put(**setting)
    assert getattr(panel.view, kind) == chosen
    others = {"x": "step", "log": False, "smoothing": Preferences.smoothing} | setting
    del others[kind]
    assert {name: getattr(panel.view, name) for name in others} == others


def test_steps_stand_in_for_epochs_that_are_not_known(run: Run) -> None:
    put(x="epoch")
    assert run.panel.view.x == "step"
    for _ in run.epochs(1):
        run.log(loss=1.0)
    assert run.flush()
    assert run.panel.view.x == "epoch"


def test_an_axis_of_steps_stays_when_epochs_become_known(run: Run) -> None:
    put(x="step")
    panel = run.panel
    for _ in run.epochs(1):
        run.log(loss=1.0)
    assert run.flush()
    assert panel.view.x == "step"


def test_a_closed_panel_is_told_no_more() -> None:
    run = Run(show=False, store=False)
    before = len(_preferences._listeners)
    panel = run.panel
    assert len(_preferences._listeners) == before + 1
    panel.close()
    assert len(_preferences._listeners) == before


def test_a_panel_that_breaks_keeps_the_settings_from_no_other(run: Run) -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    forget = _preferences.listen(broken)
    panel = run.panel
    assert run.flush()
    put(log=True)
    forget()
    assert panel.view.log
