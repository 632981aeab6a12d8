"""What lines and colours are told apart by, and charts as tables, from Python's side."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from nnwidgets._layer_series import LayerSeries
from nnwidgets._view import View, curve
from nnwidgets.run import Run
from nnwidgets.widgets import _palette, _points_table
from nnwidgets.widgets._axes import Axes
from nnwidgets.widgets._layer_chart import LayerChart
from nnwidgets.widgets._marks import Ghost
from nnwidgets.widgets._nudge import nudged

SOURCES = Path(__file__).parents[1] / "js" / "src"
#: What JupyterLab's own two themes put behind and upon a panel.
THEMES = {
    "light": {"bg": "#ffffff", "bg-2": "#eeeeee", "ink": "#212121", "ink-2": "#757575", "accent": "#1976d2"},
    "dark": {"bg": "#212121", "bg-2": "#424242", "ink": "#e0e0e0", "ink-2": "#9e9e9e", "accent": "#2196f3"},
}
WORDS = ("ink", "ink-2", "train", "val", "good", "warn", "flag", "accent")
SHAPES = ("ghost-1", "ghost-2", "ghost-3", "ghost-4", "edge", "train", "val", "flag", "accent", "graph-edge")


def tokens(theme: str) -> dict[str, str]:
    """Return what the variables are in a theme: ours, over JupyterLab's."""
    found: dict[str, str] = {}
    for name in ("panel/panel.css", "graph/graph.css"):
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", (SOURCES / name).read_text("utf-8")):
            if "forced-colors" in selector or "Canvas" in body:
                continue
            if "data-jp-theme-light" not in selector or theme == "dark":
                found |= dict(re.findall(r"--nnw-([\w-]+):\s*(#[0-9a-f]{3,6})\b", body))
    return found | THEMES[theme]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, 1 to 21."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_words_and_lines_stand_out_from_their_ground(theme: str) -> None:
    colours = tokens(theme)
    ratios = {name: contrast(colours[name], colours["bg"]) for name in {*WORDS, *SHAPES}}
    assert {name: ratio for name, ratio in ratios.items() if ratio < (4.5 if name in WORDS else 3)} == {}
    assert contrast(colours["flag"], colours["flag-bg"]) >= 4.5
    assert contrast(colours["warn"], colours["bg-2"]) >= 4.5


def test_the_player_has_the_colours_of_the_panel() -> None:
    """It cannot take them from a page that it does not know, so they stand in its own style sheets again."""
    series = ("train", "val", "good", "warn", "flag", "flag-bg", *(f"ghost-{place}" for place in range(1, 5)))
    sheets = {name: (SOURCES / "replay" / f"{name}.css").read_text("utf-8") for name in ("frame", "paper")}
    seen: list[str] = []
    for name, css in sheets.items():
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
            own = dict(re.findall(r"--nnw-([\w-]+):\s*(#[0-9a-f]{3,6})\b", body))
            theme = "dark" if "data-jp-theme-light" in selector else "light"
            panel = tokens(theme)
            assert {key: own[key] for key in series if key in own} == {
                key: panel[key] for key in series if key in own
            }, name
            seen += [f"{name} {theme}"] * ("train" in own)
    assert seen == ["frame light", "frame dark", "paper light"]


def test_nothing_moves_for_who_wants_no_motion() -> None:
    for name in ("panel/panel.css", "panel/runlist.css", "graph/graph.css"):
        css = (SOURCES / name).read_text("utf-8")
        allowed = "".join(
            re.findall(r"@media \(prefers-reduced-motion[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", css)
        )
        moving = re.compile(r"(?:transition|animation)[\w-]*:")
        assert len(moving.findall(css)) == len(moving.findall(allowed)), name


@pytest.fixture
def run() -> Run:
    run = Run(show=False, store=False)
    for _epoch in run.epochs(3):
        for batch in run.train(range(4)):
            run.log(loss=1.0 / (1 + run.steps + batch))
        for _ in run.validate(range(1)):
            run.log(loss=0.5)
    run.log(lr=0.1)
    run.flush()
    return run


def test_no_two_runs_beside_each_other_differ_by_colour_alone(run: Run) -> None:
    axes = Axes(log=False)
    ghosts = [Ghost(axes.scales, run, place) for place in range(4)]
    seen = set()
    for ghost in ghosts:
        train, val = (run.history[f"{split}/loss"] for split in ("train", "val"))
        ghost.draw(*(curve(run.history, series, View(), 100) for series in (train, val)))
        one, other, spots = ghost.marks
        assert one.line_style != other.line_style
        assert len(spots.x) == len(spots.y) >= 2
        seen.add(spots.marker)
    assert len(seen) == 4
    assert {"circle", "diamond"}.isdisjoint(seen), "a validation and the best have these"


def test_no_two_lines_of_a_layer_differ_by_colour_alone() -> None:
    chart = LayerChart()
    steps = np.arange(50)
    chart.draw([LayerSeries(f"p{i}", steps, steps * (i + 1.0)) for i in range(6)], None, log=False)
    lines, spots = chart.figure.marks[1:7], chart.figure.marks[7:]
    looks = [(line.line_style, None) for line in lines[:2]]
    looks += [(line.line_style, mark.marker) for line, mark in zip(lines[2:], spots, strict=True)]
    assert len(set(looks)) == 6
    assert all(0 < len(mark.x) <= 12 for mark in spots)


def test_the_legend_draws_the_shapes_that_the_chart_has() -> None:
    source = (SOURCES / "panel" / "dom.ts").read_text("utf-8")
    (shapes,) = re.findall(r"SHAPES = \[(.*?)\];", source, re.DOTALL)
    assert len(re.findall(r"'M[^']+'", shapes)) == len(_palette.SHAPES) == len(_palette.GHOSTS)


def test_spots_stay_where_they_were_while_a_curve_grows() -> None:
    chart = LayerChart()
    places = []
    for count in (90, 95):
        steps = np.arange(count)
        chart.draw([LayerSeries(f"p{i}", steps, steps + 1.0) for i in range(3)], None, log=False)
        places.append(chart.figure.marks[7].x.tolist())
    assert places[1][: len(places[0])] == places[0]


def test_the_points_of_a_metric(run: Run) -> None:
    table = json.loads(_points_table.of_metric(run, "loss"))
    assert table["columns"] == ["step", "epoch", "training", "validation"]
    assert table["count"] == 3
    assert [row[:2] for row in table["rows"]] == [["4", "1"], ["8", "2"], ["12", "3"]]
    assert {row[3] for row in table["rows"]} == {"0.500"}
    assert table["rows"][0][2] == f"{run.history['train/loss'].points().value[3]:.3f}"
    assert json.loads(_points_table.of_metric(run, "lr"))["columns"] == ["step", "epoch", "learning rate"]
    assert json.loads(_points_table.of_metric(run, "nothing"))["rows"] == []


def test_a_long_run_has_a_short_table() -> None:
    run = Run(show=False, store=False)
    for i in range(5000):
        run.log(loss=float(i), **({"val_loss": float("nan")} if i == 0 else {}))
    run.flush()
    table = json.loads(_points_table.of_metric(run, "loss"))
    assert table["rows"][0][-1] == "NaN"
    only = Run(show=False, store=False)
    for i in range(5000):
        only.log(loss=float(i))
    only.flush()
    table = json.loads(_points_table.of_metric(only, "loss"))
    assert 1 < len(table["rows"]) <= _points_table.ROWS
    assert table["count"] == 5000


def test_the_points_under_the_graph() -> None:
    lines = [
        LayerSeries("weight", np.array([1, 3]), np.array([0.5, float("inf")])),
        LayerSeries("<b>", np.array([1]), np.array([2.0])),
    ]
    table = json.loads(_points_table.of_layers(lines))
    assert table["columns"] == ["step", "weight", "<b>"]
    assert table["rows"] == [["1", "0.500", "2.000"], ["3", "∞", "–"]]
    assert json.loads(_points_table.of_layers([]))["rows"] == []


def test_keys_move_a_chart_inside_its_whole() -> None:
    whole = 0.0, 100.0
    near = nudged(whole, whole, "in")
    assert near == pytest.approx((20, 80))
    assert near is not None
    assert nudged(near, whole, "right") == pytest.approx((35, 95))
    assert nudged((60, 100), whole, "right") == pytest.approx((60, 100))
    assert nudged((0, 40), whole, "left") == pytest.approx((0, 40))
    assert nudged(near, whole, "out") is None
    shown = near
    for _ in range(100):
        shown = nudged(shown, whole, "in") or whole
    assert shown[1] > shown[0]
    for way in itertools.islice(itertools.cycle(["left", "out"]), 80):
        assert shown is not None
        shown = nudged(shown, whole, way)
        if shown is None:
            break
    assert shown is None
