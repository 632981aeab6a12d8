"""The still picture: valid, inert, small, and showing what was recorded, also of odd runs."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets._points import Points
from nnwidgets.export._svg import width
from nnwidgets.export.still import still_svg
from nnwidgets.run import Run
from tests.recorded import branch, change, overfitting, recorded

SVG = "{http://www.w3.org/2000/svg}"


def drawn(run: Run) -> ET.Element:
    run.flush()
    text = still_svg(run)
    assert len(text.encode()) <= 60_000
    assert "<script" not in text
    assert "href" not in text
    return ET.fromstring(text)


def words(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def paths(root: ET.Element, css: str) -> list[str]:
    return [
        e.get("d", "")
        for e in root.iter(f"{SVG}path")
        if e.get("class") == css and e.get("d", "")[-3:] != "h22"
    ]


def test_it_shows_name_status_curves_and_the_best_point() -> None:
    with Run(name="digits", store=False, show=False) as run:
        for _ in run.epochs(10):
            for _batch in run.train(range(20)):
                run.log(loss=2.0 / run.steps)
            for _batch in run.validate([1]):
                run.log(loss=1.0 + abs(run.progress.step - 100) / 100)
    root = drawn(run)
    assert root.get("class") == "nnw-light"
    assert {"digits", "finished", "epoch 10 / 10 · step 200", "training", "validation"} <= set(words(root))
    assert any(word.startswith("best ") for word in words(root))
    assert len(re.findall("[ML]", paths(root, "train")[0])) >= 150
    assert len(re.findall("[ML]", paths(root, "val")[0])) == 10
    assert "digits" in root.get("aria-label", "")


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        'a" onload="alert(1)',
        "data-commandlinker-command",
        "x" * 500,
        "мережа 🚀 & co",
    ],
)
def test_names_are_text_and_nothing_else(name: str) -> None:
    run = nnw.from_history({"loss": [1.0, 0.5], name[:150]: [0.1, 0.2]}, name=name)
    root = drawn(run)
    assert not list(root.iter(f"{SVG}img"))
    assert all(not key.startswith(("on", "data-")) for element in root.iter() for key in element.attrib)
    assert any(word.startswith(name[:20]) for word in words(root))


def test_control_characters_never_make_it_invalid() -> None:
    run = nnw.from_history({"loss": [1.0]}, name="a\x00b\x1bc\ud800d")
    assert words(drawn(run))


@pytest.mark.parametrize(
    "history",
    [
        {"loss": [0.5]},
        {"loss": [0.5, 0.5, 0.5]},
        {"loss": [float("nan")] * 5},
        {"loss": [1.0, float("inf"), 0.5]},
        {"loss": [-1.0, -2.0, -3.0], "val_loss": [-1.0, -1.5, -2.0]},
        {"loss": [0.0, 0.0], "val_loss": [0.0, 0.0]},
        {"accuracy": [0.1, 0.9]},
        {"val_loss": [1e-12, 1e12]},
        {"loss": [1e300, -1e300]},
        {"lr": [0.1, 0.01]},
    ],
)
def test_odd_runs_are_drawn_too(history: dict[str, list[float]]) -> None:
    assert drawn(nnw.from_history(history)) is not None


def test_a_run_without_data_says_so() -> None:
    assert "Nothing recorded yet." in words(drawn(Run(store=False, show=False)))


def test_a_value_that_is_not_finite_is_a_gap_with_a_mark_and_a_count() -> None:
    root = drawn(nnw.from_history({"loss": [3.0, 2.0, float("nan"), 1.0, 0.5]}))
    assert paths(root, "train")[0].count("M") == 2
    assert len(paths(root, "gap")) == 1
    assert "1 not finite" in words(root)


def test_a_spike_among_a_million_points_is_in_the_band() -> None:
    run = Run(store=False, show=False)
    value = np.ones(10**6)
    value[567_890] = 9.0
    step = np.arange(1, 10**6 + 1)
    run.history.extend({"train/loss": Points.of(step, step * 1.0, value)})
    root = drawn(run)
    heights = [float(y) for y in re.findall(r"[ML]?[\d.]+ ([\d.]+)", paths(root, "band")[0])]
    assert max(heights) - min(heights) > 150


def test_a_standing_flag_is_drawn_and_said() -> None:
    root = drawn(recorded(overfitting))
    shown = " ".join(words(root))
    assert "The validation loss has risen" in shown
    assert "since its best at epoch 10" in shown
    assert "rises since here" in words(root)
    assert "The validation loss has risen" in root.get("aria-label", "")
    (region,) = paths(root, "region stands")
    begin, end = (float(x) for x in re.findall(r"[MH]([\d.]+)", region)[:2])
    (point,) = (e for e in root.iter(f"{SVG}circle") if e.get("class") == "onset stands")
    assert float(point.get("cx", "")) == pytest.approx(begin)
    # From epoch 10 of 40 to the last validation.
    assert (begin - 58) / (end - 58) == pytest.approx(0.25, abs=0.03)


def test_a_withdrawn_flag_fades_while_it_is_shown_and_is_gone_afterwards() -> None:
    def double_descent(epoch: int) -> float:
        return overfitting(epoch) if epoch <= 20 else 0.3 - 0.04 * min(epoch - 20, 6)

    for epochs, shown in ((27, True), (40, False)):
        run = recorded(double_descent, epochs=epochs)
        assert run.divergence is None
        assert run._keeper.flags.entries
        root = drawn(run)
        assert not paths(root, "region stands")
        assert bool(paths(root, "region back")) is shown
        assert any("taken back" in word for word in words(root)) is shown
        assert "rises since here" not in words(root)


def test_a_run_without_a_flag_has_no_room_for_one() -> None:
    plain, flagged = (drawn(recorded(val)) for val in (lambda epoch: 1 / epoch, overfitting))
    assert not [e for e in plain.iter() if "region" in e.get("class", "")]
    assert float(plain.get("height", "")) < float(flagged.get("height", ""))


def test_a_flag_on_a_metric_of_which_more_is_better_falls() -> None:
    root = drawn(recorded(lambda epoch: 1 - overfitting(epoch), metric="accuracy"))
    assert "falls since here" in words(root)


def test_the_sentence_keeps_to_the_width_and_is_text() -> None:
    name = "<b>" + "mmmmm_" * 30
    root = drawn(recorded(overfitting, metric=name))
    lines = [e for e in root.iter(f"{SVG}text") if e.get("x") == "28.0"]
    assert len(lines) == 2
    assert (lines[1].text or "").endswith("…")
    assert all(width(e.text or "", bold=True) <= 720 - 28 - 20 for e in lines)
    assert "validation <b>mmmmm_" in " ".join(words(root)) + root.get("aria-label", "")


def test_changes_are_marked_with_a_few_words_that_do_not_cover_each_other() -> None:
    few = [
        change("learning_rate", 5, "learning rate 0.1 → 0.05"),
        branch(14, 10),
        change("pause", 20, "paused"),
    ]
    root = drawn(recorded(overfitting, done=few))
    assert {"learning rate 0.1 → 0.05", "branch: dropout 0 → 0.5"} <= set(words(root))
    assert "paused" not in words(root)
    assert paths(root, "change")[0].count("M") == 2

    many = [
        change("dropout", i + 1, f"dropout <i> {i} → {i + 1}, more words than anybody reads")
        for i in range(30)
    ]
    root = drawn(recorded(overfitting, done=many))
    assert paths(root, "change")[0].count("M") == 16
    taken = [
        (float(e.get("y", "")), float(e.get("x", "")), width(e.text or ""), e.get("text-anchor"))
        for e in root.iter(f"{SVG}text")
        if e.get("class") == "did"
    ]
    spans = sorted((y, x - (w if anchor == "end" else 0), w) for y, x, w, anchor in taken)
    assert len(spans) >= 4
    for (y, x, w), (next_y, next_x, _) in itertools.pairwise(spans):
        assert y != next_y or x + w <= next_x


def test_the_ghost_of_a_branch_begins_where_the_branch_does() -> None:
    root = drawn(recorded(overfitting, done=[branch(14, 10)]))
    assert "untouched" in words(root)
    (line,) = paths(root, "change")
    at = float(re.findall(r"M([\d.]+)", line)[0])
    xs = [float(x) for x in re.findall(r"[ML]([\d.]+) ", paths(root, "ghost v")[0])]
    assert xs[0] == pytest.approx(at, abs=0.2)
    # Four epochs were left, of the forty that the axis shows.
    assert xs[-1] - xs[0] == pytest.approx(4 / 40 * (700 - 58), rel=0.03)
    assert "untouched" not in words(drawn(recorded(overfitting)))


def test_the_rules_hold_inside_the_picture_alone() -> None:
    text = still_svg(recorded(overfitting, done=[branch(14, 10)]))
    rules = re.findall(r"([^{}]+)\{", text[text.index("<style>") + 7 : text.index("</style>")])
    assert len(rules) > 20
    for selector in ",".join(rules).split(","):
        assert selector.startswith((".nnw-light", ".nnw-dark", ".nnw-still ")), selector


def test_a_branch_and_a_flag_stay_small() -> None:
    done = [change("dropout", i, f"dropout {i} → {i + 1}") for i in range(1, 14)] + [branch(14, 10)]
    assert len(still_svg(recorded(overfitting, done=done)).encode()) < 16_000
