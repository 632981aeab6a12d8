"""The panel from Python's side: what it sends, how much, and what it makes of the page's commands."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, TypeVar, get_type_hints

import comm
import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets import protocol
from nnwidgets._points import Points
from nnwidgets._view import View
from nnwidgets.run import Run
from nnwidgets.widgets import _controls_state

T = TypeVar("T")
NUMBERS = itertools.count(1)
FIXTURES = Path(__file__).parent / "fixtures" / "protocol"


class RecordingComm(comm.base_comm.BaseComm):
    """Keeps what a widget sends instead of sending it."""

    sent: ClassVar[list[tuple[Any, int]]] = []

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        size = len(json.dumps(data or {}, default=str)) + sum(memoryview(b).nbytes for b in buffers or ())
        RecordingComm.sent.append((data, size))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, int]]:
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
    RecordingComm.sent.clear()
    return RecordingComm.sent


@pytest.fixture
def run(sent: list[Any]) -> Run:
    return Run(name="shown", store=False, show=False)


def settle(run: Run) -> None:
    """Wait until the worker has done what it was given, and the panel, if there is one, shows all of it."""
    assert run.flush()
    panel, done = run._panel, threading.Event()
    if panel is not None:

        def rest() -> None:
            while panel.refresh():
                pass
            done.set()

        run.call_soon(rest)
        assert done.wait(30)


def on_worker(run: Run, what: Callable[[], T]) -> T:
    """Do something where nothing else of the panel happens meanwhile, and return what it gives."""
    done: Future[T] = Future()
    run.call_soon(lambda: done.set_result(what()))
    return done.result(30)


def ask(run: Run, kind: str, value: Any = None, wire: int = protocol.WIRE) -> Any:
    """Send a command as the page does, and return the answer."""
    answers: list[Any] = []
    head = run.panel.head
    before, head.send = head.send, lambda content, buffers=None: answers.append(content)
    try:
        head._handle_custom_msg({"wire": wire, "request": next(NUMBERS), "kind": kind, "value": value}, [])
        settle(run)
    finally:
        head.send = before
    assert len(answers) == 1
    return answers[0]


def feed(run: Run, points: int) -> None:
    """Put a long history behind the run, as the worker would have recorded it."""
    step = np.arange(1, points + 1)
    noise = np.random.default_rng(0).random(points)
    some = slice(None, None, max(1, points // 500))
    batch = {
        "train/loss": Points.of(step, step * 1e-3, 2 / np.sqrt(step) + 0.1 * noise),
        "train/accuracy": Points.of(step, step * 1e-3, noise),
        "val/loss": Points.of(step[some], step[some] * 1e-3, noise[some]),
    }
    history = run.history
    for epoch in range(1, 200):
        history.epochs.begin(epoch * points // 200, float(epoch))
    history.extend(batch)
    run._position.step = points


@pytest.mark.parametrize("points", [10**3, 10**5, 10**7])
def test_a_frame_stays_below_16_kb_however_much_was_recorded(
    run: Run, sent: list[Any], points: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = run.panel
    # Ten frames a second, however slow the machine is: parts of a frame are due by the clock.
    began, clock = time.monotonic(), itertools.count()
    told = SimpleNamespace(monotonic=lambda: began + next(clock) / 20)
    monkeypatch.setattr("nnwidgets.widgets.panel.time", told)
    feed(run, points)
    settle(run)
    for _ in range(4):
        on_worker(run, panel.refresh)
    largest = 0
    rng = np.random.default_rng(1)
    for i in range(1, 9):
        step = np.arange(points + 50 * i, points + 50 * i + 50)
        run.history.extend(
            {
                "train/loss": Points.of(step, step * 1e-3, rng.random(50)),
                "train/accuracy": Points.of(step, step * 1e-3, rng.random(50)),
                "val/loss": Points.of(step[:1], step[:1] * 1e-3, rng.random(1)),
            }
        )
        frame = on_worker(run, lambda: (sent.clear(), panel.refresh(), list(sent))[-1])
        largest = max(largest, sum(size for _, size in frame))
        for data, _ in frame:
            for array in (data.get("state") or {}).values():
                if isinstance(array, dict) and "shape" in array:
                    assert array["shape"][-1] <= 1000
    assert 1000 < largest <= 16 * 1024


def test_frames_are_numbered(run: Run) -> None:
    panel = run.panel
    settle(run)
    first = panel.head.state["frame"]
    run.log(loss=1.0)
    settle(run)
    assert panel.head.state["frame"] > first


def test_what_did_not_change_is_not_sent_again(run: Run, sent: list[Any]) -> None:
    panel = run.panel
    run.log(loss=1.0, val_loss=2.0)
    run.log(loss=0.9)
    run.finish()
    panel.refresh()
    sent.clear()
    panel.refresh()
    assert [list(data["state"]) for data, _ in sent] == [["state"]]  # the head, for the number of the frame


def test_what_one_frame_leaves_out_comes_with_the_next(run: Run) -> None:
    panel = run.panel
    run.log(loss=1.0, accuracy=0.5)
    settle(run)
    run.log(loss=0.25, accuracy=0.75)
    frames = 0
    assert run.flush()
    while panel.refresh():
        frames += 1
        assert frames < 8
    assert [legend.state["items"][0]["value"] for legend in panel._legends] == ["0.250", "0.750"]


def test_where_frames_are_few_figures_come_with_their_curve(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nnwidgets.widgets.panel as module

    panel = run.panel
    run.log(loss=1.0)
    settle(run)
    now = time.monotonic()
    for i in range(4):
        run.history.extend({"train/loss": Points.of([2 + i], [1.0 + i], [i / 8])})
        now += 1.0
        clock = SimpleNamespace(monotonic=lambda now=now: now)
        monkeypatch.setattr(module, "time", clock)
        panel.refresh()
        assert panel._legends[0].state["items"][0]["value"] == f"{i / 8:.3f}"


def test_all_traits_are_written_on_the_worker_thread(run: Run) -> None:
    writers = set()
    panel = run.panel
    for widget in (panel.head, *panel.strips()):
        widget.observe(lambda change: writers.add(threading.current_thread().name))
    for mark in panel.charts[0].figure.marks:
        mark.observe(lambda change: writers.add(threading.current_thread().name))
    for i in range(50):
        run.log(loss=1.0 / (i + 1), val_loss=1.0, accuracy=0.5)
    run.finish()
    assert writers == {"nnwidgets"}


def test_training_and_validation_are_drawn_with_their_best(run: Run) -> None:
    for _ in run.epochs(3):
        for _batch in run.train(range(10)):
            run.log(loss=1.0)
        for _batch in run.validate(range(2)):
            run.log(loss=1.0 / run.steps)
    panel = run.panel
    settle(run)
    texts = [m.text.tolist() for m in panel.charts[0].figure.marks if type(m).__name__ == "Label"]
    assert [text for text in texts if text] == [["best 0.033"]]
    assert [item["value"] for item in panel._legends[0].state["items"]] == ["1.000", "0.033"]
    assert panel.view.x == "epoch"


def test_nan_is_a_gap_and_counted(run: Run) -> None:
    for value in (1.0, float("nan"), 0.5, float("inf"), 0.4):
        run.log(loss=value)
    panel = run.panel
    settle(run)
    assert panel._legends[0].state["items"][0]["gaps"] == 2
    line = next(
        m for m in panel.charts[0].figure.marks if type(m).__name__ == "Lines" and m.stroke_width == 2.0
    )
    assert np.isnan(line.y).sum() == 2


def test_a_second_chart_opens_for_further_metrics(run: Run) -> None:
    panel = run.panel
    run.log(loss=1.0)
    settle(run)
    assert len(panel.charts) == 1
    run.log(loss=1.0, accuracy=0.5, f1=0.3)
    settle(run)
    assert [chart.metric for chart in panel.charts] == ["loss", "accuracy"]
    assert ask(run, "metric", "f1")["ok"]
    assert panel.charts[1].metric == "f1"


def test_the_page_changes_how_curves_are_looked_at(run: Run) -> None:
    for i in range(100):
        run.log(loss=1.0 / (i + 1), val_loss=0.5)
    panel = run.panel
    assert ask(run, "x", "time")["ok"]
    assert ask(run, "log", True)["ok"]
    assert ask(run, "smoothing", 0.25)["ok"]
    assert panel.view == View(x="time", log=True, smoothing=0.25)
    assert any(type(mark.scales["y"]).__name__ == "LogScale" for mark in panel.charts[0].figure.marks)
    assert ask(run, "log", False)["ok"]
    assert type(panel.charts[0].figure.marks[1].scales["y"]).__name__ == "LinearScale"


def test_zooming_in_refines_from_the_full_history(run: Run) -> None:
    panel = run.panel
    feed(run, 10**6)
    settle(run)
    assert ask(run, "x", "step")["ok"]
    chart = panel.charts[0]
    chart._axes.x.min, chart._axes.x.max = 500_000.0, 500_100.0  # what the mouse does
    settle(run)
    line = next(m for m in chart.figure.marks if type(m).__name__ == "Lines" and m.stroke_width == 2.0)
    assert 101 <= len(line.x) <= 103
    assert panel.head.options["zoomed"]
    assert ask(run, "reset")["ok"]
    assert not panel.head.options["zoomed"]
    assert len(line.x) > 200


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("x", "week"),
        ("smoothing", 2),
        ("smoothing", "much"),
        ("smoothing", float("nan")),
        ("mode", "fly"),
        ("metric", "none"),
        ("overlay", {"id": "../../etc", "shown": True}),
        ("overlay", 5),
        ("export", "exe"),
        ("dance", None),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason_and_changes_nothing(
    run: Run, kind: str, value: Any
) -> None:
    before = run.panel.view
    answer = ask(run, kind, value)
    assert not answer["ok"]
    assert answer["error"]
    assert run.panel.view == before


def test_a_page_of_another_version_is_not_obeyed_and_gets_the_state_again(run: Run, sent: list[Any]) -> None:
    panel = run.panel
    settle(run)
    sent.clear()
    answer = ask(run, "x", "time", wire=99)
    assert "Reload" in answer["error"]
    assert panel.view.x == "step"
    assert any("_esm" in data.get("state", {}) or "state" in data.get("state", {}) for data, _ in sent)


def test_earlier_runs_are_drawn_beside_this_one(run: Run, home: Path) -> None:
    with Run(name="earlier", show=False) as earlier:
        for i in range(20):
            earlier.log(loss=1.0 / (i + 1), val_loss=0.5)
    run.log(loss=1.0)
    panel = run.panel
    assert ask(run, "runs")["ok"]
    assert [row["name"] for row in panel._page.state["runs"]] == ["earlier"]
    count = len(panel.charts[0].figure.marks)
    assert ask(run, "overlay", {"id": earlier.id, "shown": True})["ok"]
    assert len(panel.charts[0].figure.marks) == count + 3
    assert "earlier" in [item["label"] for item in panel._legends[0].state["items"]]
    assert ask(run, "overlay", {"id": earlier.id, "shown": False})["ok"]
    assert len(panel.charts[0].figure.marks) == count


def test_the_csv_of_the_page_is_the_history(run: Run, tmp_path: Path) -> None:
    run.log(loss=0.25, val_loss=0.5)
    data = ask(run, "export", "csv")["data"]
    path = tmp_path / "history.csv"
    path.write_text(data, encoding="utf-8", newline="")
    assert nnw.History.from_csv(path)["train/loss"].points().value.tolist() == [0.25]


def test_the_curves_are_a_figure_that_lives(run: Run) -> None:
    import bqplot

    figure = run.curves
    assert isinstance(figure, bqplot.Figure)
    assert run.curves is figure
    run.log(loss=1.0)
    run.log(loss=0.5)
    settle(run)
    assert max(len(m.x) for m in figure.marks if type(m).__name__ == "Lines") == 2


def test_a_recorded_run_has_a_panel(sent: list[Any]) -> None:
    run = nnw.from_history({"loss": [0.9, 0.5, 0.4], "val_loss": [1.0, 0.7, 0.8]})
    done = threading.Event()
    panel = run.panel
    run.call_soon(done.set)
    assert done.wait(10)
    assert panel.head.state["status"] == "finished"
    assert [item["value"] for item in panel._legends[0].state["items"]] == ["0.400", "0.800"]


def test_names_travel_as_text(run: Run) -> None:
    name = '<img src=x onerror=alert(1)> data-commandlinker-command="x"'
    run.log(**{name: 1.0})
    settle(run)
    panel = run.panel
    settle(run)
    assert any(name in row["name"] for row in panel._page.state["table"])


PAIRS = {
    "head": protocol.HeadState,
    "options": protocol.OptionsState,
    "controls": protocol.ControlsState,
    "flag": protocol.FlagState,
    "legend": protocol.LegendState,
    "foot": protocol.FootState,
    "page": protocol.PageState,
    "command": protocol.Command,
    "reply": protocol.Reply,
    "points": protocol.PointsTable,
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_fixtures_have_the_shape_of_the_protocol(name: str) -> None:
    data = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert set(data) == set(get_type_hints(PAIRS[name]))


def test_what_a_panel_sends_has_the_shape_of_the_fixtures(run: Run, home: Path) -> None:
    with Run(name="earlier", show=False) as earlier:
        earlier.log(loss=1.0, val_loss=1.0)
    panel = run.panel
    run.log(loss=float("nan"), val_loss=0.5)
    run.log(loss=0.5)
    settle(run)
    assert ask(run, "overlay", {"id": earlier.id, "shown": True})["ok"]
    states = {"head": panel.head.state, "controls": panel._controls.state, "flag": panel._flag.state,
              "options": panel.head.options, "legend": panel._legends[0].state,
              "foot": panel._foot.state, "page": panel._page.state}  # fmt: skip
    for name, state in states.items():
        fixture = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
        assert set(state) == set(fixture), name
        for key, value in fixture.items():
            if isinstance(value, list) and value and isinstance(value[0], dict) and state[key]:
                assert set(state[key][0]) == set(value[0]), key


def steer(run: Run, control: str, value: Any = None) -> Any:
    return ask(run, "control", {"control": control, "value": value})


def test_a_control_is_answered_when_it_is_decided_and_says_what_became_of_it() -> None:
    run = Run(show=False, store=False, controls={"learning_rate": 0.1, "dropout": 0.2})
    answers: list[Any] = []
    head = run.panel.head
    head.send = lambda content, buffers=None: answers.append(content)
    for _batch in run.train(range(2)):
        run.log(loss=1.0)
        if run.steps == 1:
            head._handle_custom_msg(
                {"wire": 1, "request": 77, "kind": "control", "value": {"control": "dropout", "value": 0.5}},
                [],
            )
            assert answers == []
            assert _controls_state.controls(run)["requested"] == [
                {"control": "dropout", "text": "dropout 0.5 requested"}
            ]
    settle(run)
    (answer,) = answers
    assert (answer["request"], answer["ok"], answer["data"]) == (
        77,
        True,
        "dropout 0.2 → 0.5, applied at step 1",
    )
    state = _controls_state.controls(run)
    assert state["requested"] == []
    assert state["facts"]["dropout"]["value"] == 0.5
    assert state["decided"][-1]["text"] == "0.2 → 0.5, applied at step 1"
    assert state["undo"] == "dropout 0.2 → 0.5"
    run.finish()


@pytest.mark.parametrize(
    ("control", "value"),
    [("dropout", 1.5), ("learning_rate", None), ("learning_rate", "NaN"), ("size", {"a": -1}), ("device", ""),
     ("pause", 3), ("insert_dropout", {"rate": 0.1, "after": "one"})],
)  # fmt: skip
def test_a_page_that_asks_for_nonsense_is_refused_and_the_old_value_stands(control: str, value: Any) -> None:
    run = Run(show=False, store=False, controls={"learning_rate": 0.1, "dropout": 0.2})
    answer = steer(run, control, value)
    assert not answer["ok"]
    assert "refused" in answer["error"]
    facts = _controls_state.controls(run)["facts"]
    assert (facts["learning_rate"]["value"], facts["dropout"]["value"]) == (0.1, 0.2)
    assert [one.applied for one in run.interventions] == [False]
    run.finish()


@pytest.mark.parametrize("value", [None, "pause", {"control": "explode"}, {"control": 3}, {}])
def test_a_control_that_does_not_exist_is_answered(run: Run, value: Any) -> None:
    answer = ask(run, "control", value)
    assert not answer["ok"]
    assert "There is no control" in answer["error"]


def test_a_control_from_a_page_of_another_version_is_not_obeyed(run: Run) -> None:
    answer = ask(run, "control", {"control": "pause", "value": None}, wire=0)
    assert "another version" in answer["error"]
    assert run.interventions == []


def test_a_request_that_arrives_by_two_ways_is_obeyed_once() -> None:
    run = Run(show=False, store=False, controls={"dropout": 0.2})
    for _ in range(2):
        run.panel.head._handle_custom_msg(
            {"wire": 1, "request": 5, "kind": "control", "value": {"control": "dropout", "value": 0.5}}, []
        )
    for _batch in run.train(range(1)):
        run.log(loss=1.0)
    assert len(run.interventions) == 1
    run.finish()


def test_changes_are_marked_in_the_curves_and_listed(run: Run) -> None:
    steered = Run(show=False, store=False, controls={"learning_rate": 0.1})
    panel = steered.panel
    for _epoch in steered.epochs(2):
        for _batch in steered.train(range(10)):
            steered.log(loss=1.0 / steered.steps)
        steered.controls.learning_rate = 0.05
    settle(steered)
    labels = [
        m.text.tolist() for m in panel.charts[0].figure.marks if type(m).__name__ == "Label" and len(m.text)
    ]
    assert ["learning rate 0.1 → 0.05"] in labels
    assert any("learning rate 0.1 → 0.05 · by python" in row["text"] for row in panel._page.state["events"])
    assert panel.head.state["events"] == len(steered.notices) + len(steered.interventions)


def test_a_ping_is_answered_with_the_number_of_the_last_frame(run: Run) -> None:
    panel = run.panel
    run.log(loss=1.0)
    settle(run)
    for took in (None, 4.5):
        before = panel.head.state["frame"]
        answer = int(ask(run, "ping", took)["data"])
        assert before <= answer < panel.head.state["frame"]  # one more is drawn after each answer


def test_whoever_missed_something_gets_all_of_it_anew(run: Run, sent: list[Any]) -> None:
    panel = run.panel
    run.log(loss=1.0, accuracy=0.5)
    run.log(loss=0.5, accuracy=0.7, val_loss=0.6)
    settle(run)
    assert len(panel.charts) == 2
    sent.clear()
    answer = ask(run, "state")
    updates = [data for data, _ in sent if data.get("method") == "update"]
    named = {key for data in updates for key in data["state"]}
    named |= {path[0] for data in updates for path in data["buffer_paths"]}
    # What holds others, curves, scales and axes, our own views, the graph.
    assert {"children", "_dom_classes", "marks", "x", "y", "scales", "min", "max", "tick_values"} <= named
    assert {"state", "options", "graph", "values", "columns"} <= named
    assert not {"_esm", "_css"} & named
    whole = [data["state"] for data, _ in sent if {"state", "options"} <= set(data.get("state", {}))]
    assert str(whole[0]["state"]["frame"]) == answer["data"]
    states = [data["state"] for data in updates]
    at = states.index(whole[0])
    assert all(i < at for i, state in enumerate(states) if "marks" in state or "min" in state)
    assert sum(size for _, size in sent) < 256 * 1024
