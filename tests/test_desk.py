"""The desk: which panel stands in the sidebar, what the page is told, and what the list of runs can be asked for."""

from __future__ import annotations

import gc
import itertools
import json
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_type_hints

import comm
import pytest

import nnwidgets as nnw
from nnwidgets import desk_facts
from nnwidgets._cell import Cell
from nnwidgets._recent import recent
from nnwidgets._worker import worker
from nnwidgets.run import Run
from nnwidgets.store import RunStore
from nnwidgets.widgets import _desk_one, _desk_rows, desk
from nnwidgets.widgets.desk import Desk

FIXTURES = Path(__file__).parent / "fixtures" / "protocol"
T = TypeVar("T")


class Told(comm.base_comm.BaseComm):
    """Keeps what widgets send instead of sending it."""

    sent: ClassVar[list[tuple[str, Any]]] = []

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        Told.sent.append((self.comm_id, data or {}))


class Clock:
    """A clock that stands until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep widgets from sending, and runs of other tests out of the list."""
    monkeypatch.setattr(comm, "create_comm", Told)
    monkeypatch.setattr(recent, "_begun", [])
    Told.sent.clear()
    yield
    for run in recent.begun():
        run.finish()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(desk, "time", type("time", (), {"monotonic": found}))
    return found


def on_worker(act: Callable[[], T]) -> T:
    """Do something where desks live, and return what comes of it."""
    done, results, errors = threading.Event(), list[T](), list[Exception]()

    def job() -> None:
        try:
            results.append(act())
        except Exception as error:  # noqa: BLE001 — raised again below
            errors.append(error)
        done.set()

    worker.call_soon(job)
    assert done.wait(30)
    if errors:
        raise errors[0]
    return results[0]


@pytest.fixture
def made() -> Iterator[Callable[..., Desk]]:
    """Make desks of some runs, the newest last, and close them in the end."""
    desks: list[Desk] = []

    def make(*runs: Run) -> Desk:
        desks.append(on_worker(lambda: Desk(runs)))
        return desks[-1]

    yield make
    for each in desks:
        on_worker(each.close)


def begun(name: str = "net", *, panel: bool = True, **options: Any) -> Run:
    run = Run(name=name, show=False, **options)
    if panel:
        _ = run.panel
    return run


def stored(name: str = "earlier", loss: float = 0.5) -> str:
    """Keep a run that is over, as from another process; return its id."""
    with Run(name=name, show=False) as run:
        run.log(loss=1.0, val_loss=loss)
    recent.forget(run)
    return run.id


_requests = itertools.count(10_000)


def ask(of: Desk, kind: str, value: Any = None, wire: int = 1) -> Any:
    """Send a command as the page does, and return the answer."""
    request, view = next(_requests), of._list
    view._handle_custom_msg({"wire": wire, "request": request, "kind": kind, "value": value}, [])
    on_worker(lambda: None)
    (answer,) = [m for m in messages(view) if m.get("request") == request]
    return answer


def messages(widget: Any) -> list[Any]:
    return [
        data["content"] for to, data in Told.sent if to == widget.model_id and data.get("method") == "custom"
    ]


def statuses(of: Desk) -> list[Any]:
    """Return the statuses that were sent after the first."""
    return [
        data["state"]["status"]
        for to, data in Told.sent
        if to == of.model_id and data.get("method") == "update" and "status" in data["state"]
    ]


def shown(of: Desk) -> list[Run]:
    return [panel.run for panel in of._panel_box.children]


def rows(of: Desk) -> dict[str, Any]:
    on_worker(of.list_runs)
    return {row["id"]: row for row in of._list.state["rows"]}


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def test_what_is_sent_has_the_shape_of_the_fixtures(made: Callable[..., Desk]) -> None:
    run = begun()
    run.log(loss=0.5, val_loss=0.25)
    assert run.flush()
    stored()
    of = made(run)
    table = rows(of)
    pairs = [
        (desk_facts.DeskStatus, fixture("desk"), of.status),
        (desk_facts.DeskRun, fixture("desk")["runs"][0], of.status["runs"][0]),
        (desk_facts.RunListState, fixture("runlist"), of._list.state),
        (desk_facts.DeskRow, fixture("runlist")["rows"][0], table[run.id]),
    ]
    for hints, expected, found in pairs:
        assert set(get_type_hints(hints)) == set(expected) == set(found)
    assert of.status["runs"][0] | {"val": "0.250", "metric": "val/loss", "step": 1} == of.status["runs"][0]


def test_it_is_found_by_its_id_and_tells_all_when_it_opens(made: Callable[..., Desk]) -> None:
    run = begun()
    of = made(run)
    opened = next(data for to, data in Told.sent if to == of.model_id)
    assert of.model_id.startswith(desk_facts.DESK_PREFIX)
    assert opened["state"]["status"]["shown"] == run.id
    assert "nnw-desk" in opened["state"]["_dom_classes"]


def test_the_newest_run_with_a_panel_is_shown(made: Callable[..., Desk]) -> None:
    first, second = begun("first"), begun("second")
    of = made(first, second)
    assert shown(of) == [second]
    third = begun("third", panel=False)
    on_worker(lambda: of.begun(third))
    assert shown(of) == [second]
    assert [run["name"] for run in of.status["runs"]] == ["third", "second", "first"]
    assert [run["panel"] for run in of.status["runs"]] == [
        None,
        second.panel.model_id,
        first.panel.model_id,
    ]
    _ = third.panel
    on_worker(of.look)
    assert shown(of) == [third]
    assert of.status["runs"][0]["head"] == third.panel.head.model_id


def test_a_run_that_was_closed_is_shown_no_more(made: Callable[..., Desk]) -> None:
    first, second = begun("first"), begun("second")
    of = made(first, second)
    on_worker(second.panel.close)
    on_worker(of.look)
    assert shown(of) == [first]


def test_at_most_twenty_runs_are_told_of(made: Callable[..., Desk]) -> None:
    runs = [begun(str(i), panel=False, store=False) for i in range(23)]
    of = made(*runs)
    assert [run["name"] for run in of.status["runs"]] == [str(i) for i in range(22, 2, -1)]


def test_progress_is_told_once_a_second_and_nothing_when_nothing_changed(
    made: Callable[..., Desk], clock: Clock
) -> None:
    run = begun()
    of = made(run)
    Told.sent.clear()
    clock.now += 2
    run.log(loss=1.0)
    assert run.flush()
    assert [s["runs"][0]["step"] for s in statuses(of)] == [1]
    for _ in range(5):
        run.log(loss=1.0)
        assert run.flush()
    on_worker(of.look)
    assert len(statuses(of)) == 1
    clock.now += 1
    on_worker(of._tick)
    assert [s["runs"][0]["step"] for s in statuses(of)] == [1, 6]
    clock.now += 5
    on_worker(of.look)
    assert run.flush()
    assert len(statuses(of)) == 2


def test_what_waits_is_told_though_nothing_more_happens(made: Callable[..., Desk], clock: Clock) -> None:
    run = begun()
    of = made(run)
    run.log(loss=1.0)
    assert run.flush()
    clock.now += 2
    run.log(loss=1.0)
    assert run.flush()
    run.log(loss=1.0)
    assert run.flush()
    arrived = threading.Event()
    of.observe(lambda change: arrived.set() if change["new"]["runs"][0]["step"] == 3 else None, "status")
    clock.now += 2  # from here on only the worker's own pace is at work
    assert arrived.wait(30)


def test_an_end_and_a_flag_are_told_at_once(made: Callable[..., Desk], clock: Clock) -> None:
    run = begun()
    of = made(run)
    for i in range(40):
        run.log(loss=1 / (1 + i), val_loss=0.5 + abs(i - 10) * 0.02 + (i % 2) * 1e-3)
    assert run.flush()
    told = of.status["runs"][0]
    assert told["flag"] == "raised"
    assert "validation loss" in told["flag_text"]
    run.finish("failed", "ValueError: no")
    assert (of.status["runs"][0]["status"], of.status["runs"][0]["error"]) == ("failed", "ValueError: no")


def test_the_cell_of_a_panel_is_told_and_its_end(made: Callable[..., Desk]) -> None:
    run, cell = begun(), Cell("4f5e")
    run._shown_in = cell
    of = made(run)
    assert (of.status["runs"][0]["cell"], of.status["runs"][0]["cell_busy"]) == ("4f5e", True)
    ended = threading.Event()
    cell.watch(lambda: worker.call_soon(lambda: (of.look(), ended.set())))
    cell.end()
    assert ended.wait(30)
    assert of.status["runs"][0]["cell_busy"] is False


def test_a_stored_run_is_shown_and_let_go(made: Callable[..., Desk]) -> None:
    run, one, other = begun(), stored("one"), stored("other")
    of = made(run)
    assert ask(of, "show", {"id": one})["ok"]
    widgets = len(instances())
    (loaded,) = shown(of)
    assert (loaded.id, loaded.name, of.status["shown"]) == (one, "one", one)
    assert [each["id"] for each in of.status["runs"]] == [run.id]
    assert ask(of, "show", {"id": other})["ok"]
    assert loaded._panel is None
    assert ask(of, "show", {"id": one})["ok"]
    assert len(instances()) == widgets
    assert ask(of, "show", {"id": run.id})["ok"]
    assert shown(of) == [run]
    assert of._loaded._runs == {}


def instances() -> Any:
    import ipywidgets.widgets.widget as registry

    return registry._instances


def test_a_chosen_run_stays_until_the_newest_is_chosen(made: Callable[..., Desk]) -> None:
    first, second = begun("first"), begun("second")
    of = made(first, second)
    assert ask(of, "show", {"id": first.id})["ok"]
    third = begun("third")
    on_worker(lambda: of.begun(third))
    assert shown(of) == [first]
    assert ask(of, "show", {"id": third.id})["ok"]
    fourth = begun("fourth")
    on_worker(lambda: of.begun(fourth))
    assert shown(of) == [fourth]


def test_a_run_without_a_panel_gets_one_when_it_is_chosen(made: Callable[..., Desk]) -> None:
    run = begun(panel=False)
    of = made(run)
    assert shown(of) == []
    assert ask(of, "show", {"id": run.id})["ok"]
    assert shown(of) == [run]
    assert of.status["runs"][0]["panel"] == run.panel.model_id


def test_the_list_has_live_runs_from_memory_and_all_others_from_their_files(
    made: Callable[..., Desk],
) -> None:
    earlier = stored("earlier", loss=0.25)
    live = begun("<b>live</b>")
    in_memory = begun("in memory", store=False)
    for i in range(100):
        live.log(loss=1.0 - i / 100)
    assert live.flush()
    in_memory.finish()
    of = made(live, in_memory)
    table = rows(of)
    assert list(table) == [in_memory.id, live.id, earlier]
    assert (table[live.id]["name"], table[live.id]["status"], table[live.id]["here"]) == (
        "<b>live</b>",
        "running",
        True,
    )
    assert 20 < len(table[live.id]["spark"]) <= 40
    assert table[live.id]["spark_of"] == "train"
    assert (
        table[earlier] | {"best": "0.250", "best_value": 0.25, "spark": [0.25], "here": False}
        == table[earlier]
    )
    assert of._list.state["store"] == str(RunStore().root)
    live.finish()
    assert rows(of)[live.id]["status"] == "finished"


def test_runs_of_other_processes_appear_when_the_page_asks(made: Callable[..., Desk]) -> None:
    of = made()
    assert ask(of, "runs")["ok"]
    run_id = stored()
    assert ask(of, "runs")["ok"]
    assert [row["id"] for row in of._list.state["rows"]] == [run_id]
    before = len(Told.sent)
    assert ask(of, "runs")["ok"]
    assert len(Told.sent) == before + 1  # the answer alone


def test_many_new_files_are_read_a_few_at_a_time(
    made: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [stored(str(i)) for i in range(4)]
    monkeypatch.setattr(_desk_rows, "_SLICE", 0.0)
    of = made()
    whole = threading.Event()
    of._list.observe(lambda change: whole.set() if len(change["new"]["rows"]) == 4 else None, "state")
    on_worker(of.list_runs)
    assert whole.wait(30)
    assert sorted(row["id"] for row in of._list.state["rows"]) == sorted(ids)
    assert not of._reading


def test_a_live_run_is_renamed_in_the_head_of_its_panel(made: Callable[..., Desk]) -> None:
    run = begun("before")
    of = made(run)
    assert ask(of, "rename", {"id": run.id, "name": "after"})["ok"]
    assert run.flush()
    assert run.panel.head.state["name"] == "after"
    assert of.status["runs"][0]["name"] == "after"
    assert rows(of)[run.id]["name"] == "after"


def test_a_stored_run_is_renamed_and_pinned(made: Callable[..., Desk]) -> None:
    run_id = stored("before")
    of = made()
    assert ask(of, "show", {"id": run_id})["ok"]
    assert ask(of, "rename", {"id": run_id, "name": "after"})["ok"]
    assert ask(of, "pin", {"id": run_id, "pinned": True})["ok"]
    (row,) = of._list.state["rows"]
    assert (row["name"], row["pinned"]) == ("after", True)
    assert [each.panel.head.state["name"] for each in shown(of)] == ["after"]


def test_a_run_is_deleted_and_the_newest_shown_instead(made: Callable[..., Desk]) -> None:
    run, run_id = begun(), stored()
    of = made(run)
    assert ask(of, "overlay", {"id": run_id, "shown": True})["ok"]
    assert ask(of, "show", {"id": run_id})["ok"]
    assert ask(of, "delete", {"id": run_id})["ok"]
    assert shown(of) == [run]
    assert run_id not in rows(of)
    assert run_id not in [info.id for info in nnw.runs()]


def test_refusals_come_in_words(made: Callable[..., Desk]) -> None:
    run, in_memory = begun("live"), begun("in memory", store=False)
    run.log(loss=1.0)
    assert run.flush()
    of = made(in_memory, run)
    refused = {
        ("delete", run.id): "Run 'live' is still being written. Stop it first",
        ("delete", in_memory.id): "in memory only",
        ("pin", in_memory.id): "in memory only",
        ("overlay", in_memory.id): "in memory only",
        ("overlay", run.id): "shown already",
        ("show", "nothing"): "No run 'nothing' is stored",
        ("tab", "nothing"): "No run 'nothing' is stored",
        ("rename", run.id): "cannot be empty",
        ("launch", run.id): "no command 'launch'",
    }
    for (kind, run_id), words in refused.items():
        answer = ask(of, kind, {"id": run_id, "name": " ", "pinned": True, "shown": True})
        assert not answer["ok"]
        assert words in answer["error"]
    assert "names the id" in ask(of, "show", None)["error"]
    assert "true or false" in ask(of, "pin", {"id": run.id, "pinned": 1})["error"]
    assert "Reload" in ask(of, "runs", wire=2)["error"]
    assert shown(of) == [run]


def test_a_damaged_run_is_listed_with_its_reason_and_can_only_be_deleted(made: Callable[..., Desk]) -> None:
    run, run_id = begun(), stored()
    (RunStore().root / f"{run_id}.sqlite").write_bytes(b"nothing of ours" * 100)
    of = made(run)
    row = rows(of)[run_id]
    assert row["status"] == "damaged"
    assert row["reason"]
    for kind in ("show", "overlay", "rename", "pin", "tab"):
        answer = ask(of, kind, {"id": run_id, "name": "x", "pinned": True, "shown": True})
        assert not answer["ok"]
        assert answer["error"]
    assert ask(of, "delete", {"id": run_id})["ok"]
    assert run_id not in rows(of)


def test_a_run_is_drawn_beside_the_one_that_is_shown(made: Callable[..., Desk]) -> None:
    run, run_id = begun(), stored()
    of = made(run)
    assert ask(of, "overlay", {"id": run_id, "shown": True})["ok"]
    assert rows(of)[run_id]["place"] == 0
    assert list(run.panel.ghosts) == [run_id]
    assert ask(of, "overlay", {"id": run_id, "shown": False})["ok"]
    assert rows(of)[run_id]["place"] is None


def test_a_run_of_this_kernel_is_drawn_from_wherever_it_is_kept(
    made: Callable[..., Desk], tmp_path: Path
) -> None:
    other = begun("kept elsewhere", panel=False, store=tmp_path / "elsewhere")
    other.log(loss=1.0)
    other.finish()
    run = begun()
    of = made(other, run)
    assert rows(of)[other.id]["here"]
    answer = ask(of, "overlay", {"id": other.id, "shown": True})
    assert answer["ok"], answer["error"]
    assert rows(of)[other.id]["place"] == 0


def test_a_page_gets_its_answer_when_no_list_can_be_made(
    made: Callable[..., Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun()
    of = made(run)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.delenv("NNWIDGETS_HOME", raising=False)
    monkeypatch.chdir(gone)
    gone.rmdir()
    answer = ask(of, "runs")
    assert not answer["ok"]
    assert "cannot be listed" in answer["error"]
    assert ask(of, "show", {"id": run.id})["error"] == answer["error"]


def test_a_tab_is_opened_by_the_page_and_its_run_kept_meanwhile(made: Callable[..., Desk]) -> None:
    run, run_id = begun("live"), stored("earlier")
    of = made(run)
    assert ask(of, "tab", {"id": run.id})["ok"]
    assert ask(of, "tab", {"id": run_id})["ok"]
    loaded = of._loaded.get(run_id)
    assert loaded is not None
    assert messages(of) == [
        {"kind": "tab", "run": run.id, "name": "live", "model": run.panel.model_id},
        {"kind": "tab", "run": run_id, "name": "earlier", "model": loaded.panel.model_id},
    ]
    assert ask(of, "show", {"id": run_id})["ok"]
    assert shown(of) == [loaded]
    assert ask(of, "tab_closed", {"id": run_id})["ok"]
    assert shown(of) == [loaded]
    assert ask(of, "show", {"id": run.id})["ok"]
    assert of._loaded.get(run_id) is None


def test_tabs_keep_at_most_eight_runs(made: Callable[..., Desk]) -> None:
    of = made()
    ids = [stored(str(i)) for i in range(9)]
    for run_id in ids:
        assert ask(of, "tab", {"id": run_id})["ok"]
    assert list(of._loaded._runs) == ids[1:]


def test_the_run_that_is_shown_is_kept_alive(made: Callable[..., Desk]) -> None:
    run_id = stored()
    of = made()
    assert ask(of, "show", {"id": run_id})["ok"]
    assert ask(of, "show", {"id": run_id})["ok"]
    assert [each.id for each in shown(of)] == [run_id]
    assert of.status["shown"] == run_id


def test_a_run_without_a_panel_is_let_go_when_nobody_holds_it(made: Callable[..., Desk]) -> None:
    of = made()

    def train() -> weakref.ref[Run]:
        run = begun(panel=False, store=False)
        on_worker(lambda: of.begun(run))
        run.log(loss=1.0)
        run.finish()
        return weakref.ref(run)

    run = train()
    on_worker(lambda: None)
    gc.collect()
    assert run() is None
    assert [each["status"] for each in of.status["runs"]] == ["finished"]


def test_closing_leaves_the_panels_of_the_kernel_and_nothing_else() -> None:
    run, run_id = begun(), stored()
    before = set(instances())
    of = on_worker(lambda: Desk([run]))
    assert ask(of, "show", {"id": run_id})["ok"]
    on_worker(of.close)
    assert set(instances()) - before == set()
    assert run.panel.comm is not None
    run.log(loss=1.0)
    assert run.flush()
    assert run.notices == []


@pytest.fixture
def one() -> Iterator[None]:
    """Have no desk before and after."""
    _desk_one.close()
    yield
    on_worker(_desk_one.close)


@pytest.mark.usefixtures("one")
def test_there_is_one_desk_made_when_needed() -> None:
    assert _desk_one.facts() is None
    first = begun("first")
    _desk_one.begun(first)
    on_worker(lambda: None)
    assert _desk_one.facts() is None
    _desk_one.look([first])
    _desk_one.look([first])
    on_worker(lambda: None)
    facts = _desk_one.facts()
    assert facts is not None
    assert facts["state"]["shown"] == first.id
    second = begun("second")
    _desk_one.begun(second)
    on_worker(lambda: None)
    again = _desk_one.facts()
    assert again is not None
    assert again["desk"] == facts["desk"]
    assert again["state"]["shown"] == second.id


@pytest.mark.usefixtures("one")
def test_the_sidebar_is_opened_again_only_when_somebody_asks() -> None:
    for again in (False, False, True):
        _desk_one.open_sidebar([], again=again)
    on_worker(lambda: None)
    assert messages(_desk_one._desk) == [{"kind": "open"}, {"kind": "open"}]
