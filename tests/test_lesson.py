"""What an exported page holds: the shape that both sides know, nothing lost that can be seen, any run."""

from __future__ import annotations

import base64
import gzip
import json
import math
import zlib
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets import _i18n
from nnwidgets._combination import training
from nnwidgets._errors import OptionError, RunDamagedError, RunNotFoundError
from nnwidgets._graph_findings import Finding
from nnwidgets._i18n import t
from nnwidgets._layer_sample import Layout, Sample
from nnwidgets.controls import Intervention
from nnwidgets.export import _lesson_types
from nnwidgets.export._lesson import lesson_of, packed
from nnwidgets.export._lesson_graphs import coarse, samples_of
from nnwidgets.export._lesson_series import MOST_ROWS, ROOM, rows_for
from nnwidgets.export._lesson_types import Column, Lesson
from nnwidgets.export._sources import gather
from nnwidgets.graph import Graph, Node
from nnwidgets.run import Run
from nnwidgets.store import RunStore
from tests.recorded import branch, change, overfitting, recorded

FIXTURE = Path(__file__).parent / "fixtures" / "protocol" / "lesson.json"


def lesson(runs: Any, **options: Any) -> Lesson:
    chosen = {"title": None, "language": None, "switches": None, **options}
    return lesson_of(gather(runs), **chosen)


def values(column: Column | None) -> Any:
    assert column is not None
    return np.frombuffer(base64.b64decode(column["data"]), f"<{column['type']}")


def english(text: Any) -> str:
    return text if isinstance(text, str) else text["en"]


def packed_text(lesson: Lesson) -> str:
    return gzip.decompress(base64.b64decode(packed(lesson))).decode()


def misfits(value: Any, kind: Any, where: str = "lesson") -> list[str]:
    """Return where a value is not of a type of `_lesson_types`."""
    origin, inside = get_origin(kind), get_args(kind)
    bad = [f"{where}: {value!r}"[:200]]
    if is_typeddict(kind):
        hints = get_type_hints(kind)
        fits = isinstance(value, dict) and set(value) == set(hints)
        parts = [(value[key], hint, f"{where}.{key}") for key, hint in hints.items()] if fits else []
    elif origin in (list, dict):
        fits = isinstance(value, origin)
        entries = (value.values() if origin is dict else value) if fits else []
        parts = [(one, inside[-1], f"{where}[{i}]") for i, one in enumerate(entries)]
    elif origin is tuple:
        fits = len(value) == len(inside)
        parts = [
            (one, hint, f"{where}[{i}]") for i, (one, hint) in enumerate(zip(value, inside, strict=False))
        ]
    elif origin is Literal:
        fits, parts = value in inside, []
    elif inside:  # a union
        fits, parts = any(not misfits(value, one) for one in inside), []
    else:
        fits, parts = isinstance(value, (int, float) if kind is float else kind), []
    return [found for part in parts for found in misfits(*part)] if fits else bad


def flagged(**more: Any) -> Run:
    return recorded(overfitting, **more)


def with_graph(run: Run, *, samples: int = 6) -> Run:
    graph = Graph(
        "torch", "forward", nodes=(Node("fc", None, "module", "Linear", "fc", path="fc"),), hash="a"
    )
    run._graphs.recall([(1, "at the start", graph)])
    layout = Layout(("fc",), ("fc.weight",))
    for i in range(samples):
        numbers = np.array([i, 1, 0, math.nan, 0.5, 0.01, 2], np.float32)
        run.history.layers.append(Sample(i + 1, float(i), layout, numbers))
    return run


def test_the_shared_fixture_has_the_shape_of_what_is_exported() -> None:
    shared = json.loads(FIXTURE.read_text(encoding="utf-8"))
    assert misfits(shared, Lesson) == []
    assert misfits(json.loads(json.dumps(lesson([with_graph(flagged())]))), Lesson) == []
    told = {event["kind"] for run in shared["runs"] for event in run["events"]}
    assert {"start", "end", "flag", "intervention"} <= told
    assert len(shared["runs"]) == len(shared["switches"][0]["values"]) == 2
    assert all(run["graphs"] and run["samples"] and run["flags"] for run in shared["runs"])
    assert shared["left_out"]


def test_every_type_of_a_lesson_is_found_in_it() -> None:
    kinds = {name for name, kind in vars(_lesson_types).items() if is_typeddict(kind)} - {"TypedDict"}
    seen: set[str] = set()

    def walk(kind: Any) -> None:
        if is_typeddict(kind) and kind.__name__ not in seen:
            seen.add(kind.__name__)
            for hint in get_type_hints(kind).values():
                walk(hint)
        for inner in getattr(kind, "__args__", ()):
            walk(inner)

    walk(Lesson)
    assert seen == kinds


def test_a_page_carries_the_same_text_for_the_same_lesson() -> None:
    made = lesson(flagged())
    text = packed(made)
    assert text == packed(made)
    assert json.loads(gzip.decompress(base64.b64decode(text))) == json.loads(json.dumps(made))


def test_a_short_curve_is_there_point_by_point_with_its_gaps() -> None:
    run = nnw.from_history({"loss": [0.5, math.nan, 0.25, math.inf], "val_accuracy": [0.1, 0.2, 0.3, 0.4]})
    series = {one["name"]: one for one in lesson(run)["runs"][0]["series"]}
    loss, accuracy = series["train/loss"], series["val/accuracy"]
    assert loss["exact"]
    assert loss["low"] is None
    assert values(loss["step"]).tolist() == [1, 2, 3, 4]
    assert values(loss["mean"])[[0, 2]].tolist() == [0.5, 0.25]
    assert np.isnan(values(loss["mean"])[[1, 3]]).all()
    assert (loss["gaps"], loss["gap_steps"]) == (2, [2, 4])
    assert (accuracy["split"], accuracy["metric"], accuracy["more_is_better"]) == ("val", "accuracy", True)


def test_a_long_curve_keeps_its_spikes_in_two_thousand_rows() -> None:
    losses = np.linspace(1, 0.1, 50_000)
    losses[31_415] = 7.5
    losses[2_718] = -3.25
    series = lesson(nnw.from_history({"loss": losses}))["runs"][0]["series"][0]
    low, high = values(series["low"]), values(series["high"])
    assert not series["exact"]
    assert len(low) <= MOST_ROWS
    assert (high.max(), low.min()) == (7.5, -3.25)
    assert values(series["step"])[[0, -1]].tolist() == [1, 50_000]


def test_numbers_beyond_single_precision_stay() -> None:
    series = lesson(nnw.from_history({"loss": [1e300, 1e-300, 1.0]}))["runs"][0]["series"][0]
    assert values(series["mean"]).tolist() == [1e300, 1e-300, 1.0]


def test_many_series_share_the_room_of_a_page() -> None:
    assert rows_for(4) == MOST_ROWS
    assert 100 * rows_for(100) <= ROOM
    metrics = {f"metric{i}": np.arange(3000.0) for i in range(60)}
    series = lesson(nnw.from_history(metrics))["runs"][0]["series"]
    assert sum(len(values(one["mean"])) for one in series) <= ROOM


def test_a_flag_is_told_with_its_evidence_in_every_language() -> None:
    run = flagged()
    one = lesson(run)["runs"][0]
    assert run.divergence is not None
    (flag,) = one["flags"]
    assert english(flag["text"]) == run.divergence.text
    assert (flag["level"], flag["kind"], flag["best_step"]) == (
        "raised",
        "overfitting",
        run.divergence.best_step,
    )
    (event,) = [event for event in one["events"] if event["kind"] == "flag"]
    assert (event["level"], event["step"]) == ("warning", flag["step"])
    assert event["time"] == pytest.approx(flag["step"] * 0.1, rel=0.02)
    start = one["events"][0]["text"]
    assert isinstance(start, dict)
    assert set(start) == set(_i18n.languages())


def test_changes_are_told_and_refusals_are_not_drawn_as_such() -> None:
    done = [change("learning_rate", 5, "learning rate 0.1 → 0.01"), branch(30, 10)]
    refused = Intervention("size", 1, 2, "python", False, "size 1 → 2", reason="No.", step=60)
    events = lesson(recorded(overfitting, done=[*done, refused]))["runs"][0]["events"]
    told = [event for event in events if event["kind"] == "intervention"]
    assert [event["applied"] for event in told] == [True, False, True]
    assert english(told[1]["text"]) == "size 1 → 2: refused. No."
    assert english(told[2]["short"]) == "branch: dropout 0 → 0.5"
    assert [event["step"] for event in events] == sorted(event["step"] or 0 for event in events)


def test_the_graph_and_its_statistics_are_there() -> None:
    run = with_graph(flagged())
    one = lesson(run)["runs"][0]
    (graph,) = one["graphs"]
    assert Graph.from_json(zlib.decompress(base64.b64decode(graph["graph"]))) == run.graph
    assert english(graph["label"]) == "step 1: at the start"
    (samples,) = one["samples"]
    assert samples["columns"] == {"modules": ["fc"], "parameters": ["fc.weight"]}
    assert samples["steps"] == [1, 2, 3, 4, 5, 6]
    assert values(samples["values"]).reshape(6, 7)[:, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_samples_are_thinned_to_what_a_page_can_carry() -> None:
    run = with_graph(flagged(), samples=1200)
    (samples,) = samples_of(run, 10**6)
    assert len(samples["steps"]) == 500
    assert samples["steps"][0] == 1
    assert samples["steps"][-1] == 1200
    assert sum(len(one["steps"]) for one in samples_of(run, 28 * 10)) == 10
    assert samples_of(run, 28) == []


def test_statistics_keep_three_digits_and_what_is_not_finite() -> None:
    numbers = np.array([0.123456, -98765.4, 1e-30, math.nan, math.inf, 0.0, 3.4028e38], np.float32)
    short = coarse(numbers)
    assert short[:3] == pytest.approx(numbers[:3], rel=3e-4)
    assert np.isnan(short[3])
    assert short[4:].tolist() == numbers[4:].tolist()


def test_a_run_without_any_value_is_exported() -> None:
    run = Run(name="nothing yet", show=False, store=False)
    run.finish()
    one = lesson(run)["runs"][0]
    assert (one["series"], one["graphs"], one["samples"], one["flags"]) == ([], [], [], [])
    assert [event["kind"] for event in one["events"]] == ["start", "end"]


def test_a_run_still_going_on_is_exported_as_far_as_it_is_and_says_so() -> None:
    run = Run(show=False, store=False)
    run.log(loss=0.5)
    one = lesson(run)["runs"][0]
    run.log(loss=0.4)
    run.finish()
    assert one["status"] == "running"
    assert one["series"][0]["points"] == 1
    assert english(one["notes"][0]).startswith("The training was still going on")


def test_ids_and_rows_of_the_list_are_opened() -> None:
    with Run(name="kept", show=False) as run:
        run.log(loss=0.5)
    by_id, by_row, live = (lesson(one)["runs"][0] for one in (run.id, nnw.runs()[0], run))
    assert by_id["series"] == by_row["series"] == live["series"]


def test_a_damaged_run_is_named_and_the_others_are_exported(home: Path) -> None:
    with Run(name="whole", show=False) as run:
        run.log(loss=0.5)
    broken = home / "20260101-000000-broken.sqlite"
    broken.write_bytes(b"no database at all")
    made = lesson([run.id, broken.stem])
    assert [one["name"] for one in made["runs"]] == ["whole"]
    assert [one["name"] for one in made["left_out"]] == [broken.stem]
    assert "cannot be read" in english(made["left_out"][0]["reason"])
    assert "не читається" in made["left_out"][0]["reason"]["uk"]  # type: ignore[index]
    assert str(home) not in packed_text(made)
    with pytest.raises(RunDamagedError, match="nothing to export"):
        lesson(broken.stem)


@pytest.mark.parametrize("harm", ["UPDATE epochs SET epoch = NULL", "UPDATE chunks SET step = ?"])
def test_a_file_that_holds_what_nobody_wrote_is_damaged_too(harm: str) -> None:
    import sqlite3

    with Run(name="whole", show=False) as whole:
        whole.log(loss=0.5)
    with Run(show=False) as run:
        for _ in run.epochs(3):
            run.log(loss=0.5)
    path, run_id = nnw.runs()[0].path, run.id
    with sqlite3.connect(path) as db:
        (steps,) = db.execute("SELECT step FROM chunks").fetchone()
        backwards = np.frombuffer(steps, np.int64)[::-1].tobytes()
        db.execute(harm, (backwards,) if "?" in harm else ())
    db.close()
    nnw._wiring.recent.forget(run)
    made = lesson([whole, run_id])
    assert [one["name"] for one in made["left_out"]] == [run_id]
    assert "cannot be read" in english(made["left_out"][0]["reason"])


def test_a_status_that_nobody_wrote_is_an_interruption() -> None:
    import sqlite3

    with Run(show=False) as run:
        run.log(loss=0.5)
    with sqlite3.connect(nnw.runs()[0].path) as db:
        db.execute("""UPDATE meta SET value = '"odd"' WHERE key = 'status'""")
    db.close()
    nnw._wiring.recent.forget(run)
    assert lesson(run.id)["runs"][0]["status"] == "interrupted"


def test_a_file_of_a_newer_version_says_who_can_read_it() -> None:
    with Run(show=False) as run:
        run.log(loss=0.5)
    RunStore().amend(run.id, {})
    import sqlite3

    path = nnw.runs()[0].path
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = '.schema'")
    db.close()
    run_id = run.id
    nnw._wiring.recent.forget(run)
    with pytest.raises(RunDamagedError, match="newer nnwidgets"):
        lesson(run_id)


@pytest.mark.parametrize("wrong", [3, None, {"loss": [1]}, [3], b"id", [[1]]])
def test_what_is_no_run_is_refused(wrong: Any) -> None:
    with pytest.raises(OptionError, match="can be exported"):
        lesson(wrong)


def test_an_empty_list_and_a_wrong_id_are_refused() -> None:
    with pytest.raises(OptionError, match="empty"):
        lesson([])
    with pytest.raises(RunNotFoundError, match="No run"):
        lesson(["20260101-000000-nobody"])


def test_switches_that_are_given_are_taken_as_text() -> None:
    runs = [flagged(id=f"20260101-00000{i}-abcdef") for i in range(2)]
    one_each = lesson(runs, switches=[{"dropout": 0}, {"dropout": 0.30}])
    lists = lesson(runs, switches={"dropout": [0, 0.3]})
    assert one_each["switches"] == lists["switches"]
    assert one_each["switches"][0]["values"] == ["0", "0.3"]
    assert [run["choice"] for run in one_each["runs"]] == [{"dropout": "0"}, {"dropout": "0.3"}]


@pytest.mark.parametrize(
    "wrong",
    [
        "dropout", 3, [{"dropout": 0}], [{"dropout": 0}, {}], [{"dropout": 0}, {"size": 1}], {"dropout": 3},
        [{"dropout": 0}, {"dropout": 0}], {"dropout": [1]}, [1, 2],
    ],
)  # fmt: skip
def test_switches_that_do_not_fit_are_refused(wrong: Any) -> None:
    runs = [flagged(id=f"20260101-00000{i}-abcdef") for i in range(2)]
    with pytest.raises(OptionError, match="switches"):
        lesson(runs, switches=wrong)


def test_switches_come_from_a_sweep_also_of_loaded_runs() -> None:
    runs = []
    for dropout in (0.0, 0.3):
        with training({"dropout": dropout, "size": "M"}), Run(show=False) as run:
            run.log(loss=dropout)
        runs.append(run)
    made = lesson([run.id for run in runs])
    assert [switch["name"] for switch in made["switches"]] == ["dropout"]
    assert [run["choice"] for run in made["runs"]] == [{"dropout": "0"}, {"dropout": "0.3"}]
    assert made["title"] == "run"


def test_switches_come_from_what_differs_in_the_configurations() -> None:
    configs: list[dict[str, Any]] = [
        {"width": 8, "parameters": 80, "doubled": 16, "depth": 2, "only here": 1},
        {"width": 16, "parameters": 160, "doubled": 32, "depth": 2},
    ]
    runs = [flagged(id=f"20260101-00000{i}-abcdef", config=config) for i, config in enumerate(configs)]
    assert [one["name"] for one in lesson(runs)["switches"]] == ["width"]


def test_runs_that_nothing_tells_apart_are_chosen_by_name() -> None:
    runs = [flagged(id=f"20260101-00000{i}-abcdef") for i in range(3)]
    (switch,) = lesson(runs)["switches"]
    assert switch["values"] == ["recorded (1)", "recorded (2)", "recorded (3)"]


def test_one_run_has_no_switches() -> None:
    assert lesson(flagged())["switches"] == []


@pytest.mark.parametrize("options", [{"title": 3}, {"title": " "}, {"language": "tlh"}, {"language": 3}])
def test_a_wrong_title_and_an_unknown_language_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        lesson(flagged(), **options)


def test_a_language_is_fixed_by_its_code() -> None:
    assert lesson(flagged(), language="uk-UA")["language"] == "uk"


def test_what_a_run_shows_while_it_is_exported_does_not_disturb_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Finding] = []

    def more(*_: Any) -> list[Finding]:
        shown.append(Finding("dead", "warning", "fc", 1, t("step {step}", step=len(shown))))
        return list(shown)

    monkeypatch.setattr("nnwidgets.export._lesson_graphs.findings", more)
    with Run(show=False, store=False) as run:
        run.log(loss=1.0)
        found = lesson(run)["runs"][0]["findings"]
    assert [one["text"] for one in found] == [{"en": "step 0", "uk": "крок 0"}]


def test_names_with_numbers_are_told_apart_too() -> None:
    made = lesson([recorded(lambda _: 0.5, name=name) for name in ("a", "a", "a (1)")])
    choices = [run["choice"]["run"] for run in made["runs"]]
    assert len(set(choices)) == 3
    assert choices[2] == "a (1)"
