"""The still picture: valid, inert, small, and showing what was recorded, also of odd runs."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets._points import Points
from nnwidgets.export.still import still_svg
from nnwidgets.run import Run

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
