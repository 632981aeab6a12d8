"""Two runs side by side, and what is said of their difference."""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets import Run
from nnwidgets._best import best_of, difference
from nnwidgets._errors import RunNotFoundError
from nnwidgets._points import Points
from tests.recorded import branch, overfitting, recorded


def picture(page: str) -> ET.Element:
    """Return the picture of a page."""
    (source,) = (image.get("src", "") for image in ET.fromstring(page).iter("img"))
    kind, _, data = source.partition(",")
    assert kind == "data:image/svg+xml;base64"
    return ET.fromstring(b64decode(data))


def flag_row(one: Run, other: Run) -> list[str]:
    """Return what the table says of their flags."""
    return next(cells for what, *cells in nnw.compare(one, other).rows() if what == "flag")


def made(
    name: str, level: float, *, noise: float = 0.01, n: int = 40, seed: int = 0, metric: str = "val_loss"
) -> Run:
    run = Run(name=name, show=False, store=False)
    scatter = np.random.default_rng(seed).normal(0, noise, n)
    for i in range(n):
        value = level + 0.5 * math.exp(-0.2 * i) + scatter[i]
        run.log(loss=value * 0.9, **{metric: value})
    run.finish()
    return run


def test_a_difference_beyond_the_noise_is_called_one() -> None:
    both = nnw.compare(made("plain", 0.5), made("dropout <b>", 0.4, seed=1))
    assert both.within_noise is False
    assert "better by more than the noise" in both.text
    assert both.text.startswith("Best validation loss of 'dropout <b>': 0.")
    assert both.a.best.noise == pytest.approx(0.01, rel=0.5)
    assert both.a.curves["val"].value.shape == (40,)
    assert "worse by more than the noise" in nnw.compare(made("b", 0.4), made("a", 0.5)).text


def test_a_difference_within_the_noise_is_called_none() -> None:
    both = nnw.compare(made("one", 0.5, noise=0.03), made("other", 0.505, noise=0.03, seed=1))
    assert both.within_noise is True
    assert "within the noise of the validation (±" in both.text
    assert both.text.endswith("so no difference.")


def test_too_few_validations_say_so() -> None:
    both = nnw.compare(made("one", 0.5, n=2), made("other", 0.4, n=2))
    assert both.within_noise is None
    assert "too few validations" in both.text


def test_the_same_is_the_same() -> None:
    run = made("one", 0.5)
    assert nnw.compare(run, run).text.endswith("The same.")


def test_of_an_accuracy_more_is_better() -> None:
    both = nnw.compare(made("one", 0.5, metric="val_accuracy"), made("other", 0.8, metric="val_accuracy"))
    assert both.metric == "accuracy"
    assert "better by more than the noise" in both.text


def test_runs_with_nothing_in_common_are_refused() -> None:
    with pytest.raises(ValueError, match="no validation metric in common"):
        nnw.compare(made("one", 0.5), made("other", 0.5, metric="val_error"))


def test_it_is_shown_as_text_and_as_a_page() -> None:
    both = nnw.compare(made("plain", 0.5), made("<script>alert(1)</script>", 0.4))
    text = repr(both)
    assert "best validation loss" in text
    assert "interventions" in text
    page = both._repr_html_()
    assert "<script" not in page
    root = ET.fromstring(page)
    assert {node.tag for node in root.iter()} == {
        "div",
        "img",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "p",
    }
    lines = [node.get("class") for node in picture(page).iter() if node.tag.endswith("path")]
    assert {"train", "val", "other", "other dash"} <= set(lines)


def test_jupyterlab_gets_what_it_needs_to_draw_it_in_its_theme() -> None:
    both = nnw.compare(made("plain", 0.5), made("n" * 100, 0.4))
    ((mime, shown),) = both._repr_mimebundle_(include=None, exclude=None).items()
    assert mime == "application/vnd.nnwidgets.comparison+json"
    assert json.loads(json.dumps(shown)) == shown
    assert re.match('<svg [^>]*class="nnw-light"', shown["still"])
    assert shown["names"] == ["plain", "n" * 100]
    assert shown["rows"] == [list(row) for row in both.rows()]
    assert shown["text"] == both.text


def test_the_picture_says_which_line_is_which_and_what_its_axes_are() -> None:
    drawn = [
        node.text
        for node in picture(nnw.compare(made("plain", 0.5), made("other", 0.4))._repr_html_()).iter()
    ]
    assert drawn.count("training") == drawn.count("validation") == 2
    assert {"loss", "step", "plain", "other"} <= set(drawn)
    assert "log axis" not in drawn
    far = picture(nnw.compare(made("plain", 0.5), made("far", 500.0))._repr_html_())
    assert "log axis" in [node.text for node in far.iter()]
    gone = picture(
        nnw.compare(made("plain", 0.5), recorded(lambda epoch: math.nan, name="nan"))._repr_html_()
    )
    assert [node.text for node in gone.iter()].count("validation") == 1


def test_runs_of_one_name_are_told_apart() -> None:
    begun = datetime(2026, 5, 1, 12, 30, 5).astimezone()
    for later, marks in (
        (timedelta(minutes=4), ("12:30", "12:34")),
        (timedelta(seconds=2), ("12:30:05", "12:30:07")),
        (timedelta(days=2), ("2026-05-01", "2026-05-03")),
        (timedelta(), ("aaaaaa", "bbbbbb")),
    ):
        one, other = (
            recorded(overfitting, name="plain", id=f"20260501-123005-{letters}", started=begun + after)
            for letters, after in (("aaaaaa", timedelta()), ("bbbbbb", later))
        )
        both = nnw.compare(one, other)
        labels = [f"plain ({mark})" for mark in marks]
        assert both.rows()[0] == ("", *labels)
        assert all(repr(label) in both.text for label in labels)
        assert set(labels) <= {node.text for node in picture(both._repr_html_()).iter()}
    long = "a name of an experiment with everything in it, rate "
    rows = nnw.compare(made(f"{long} 1", 0.5), made(f"{long} 2", 0.4)).rows()
    assert rows[0][1] != rows[0][2]
    assert all(len(label) < 64 for label in rows[0])


def test_the_same_run_twice_has_its_name_alone() -> None:
    run = made("one", 0.5)
    assert nnw.compare(run, run).rows()[0] == ("", "one", "one")


def test_a_run_without_a_finite_validation_is_told_so() -> None:
    nan = recorded(lambda epoch: math.nan, name="nan", epochs=12)
    both = nnw.compare(recorded(overfitting, name="plain"), nan)
    assert both.text == (
        "'nan' has no finite validation loss: all 12 are NaN or infinite. Best validation loss of 'plain': 0.196."
    )
    rows = {what: cells for what, *cells in both.rows()}
    assert rows["at"] == ["epoch 10", "–"]
    assert rows["best validation loss"] == ["0.196", "–"]
    assert rows["validations"] == ["40", "12, none finite"]
    some = recorded(lambda epoch: math.nan if epoch > 9 else 1 / epoch, epochs=12)
    assert {what: b for what, _, b in nnw.compare(nan, some).rows()}["validations"] == "12, 3 not finite"
    assert both.within_noise is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0.2, 499.8, "(2,500 times)"),
        (499.8, 0.2, "(2,500 times)"),
        (1.0, 1.5, "(50 %)"),
        (1.0, 9.0, "(800 %)"),
        (1.0, 0.904, "(9.6 %)"),
        (1.0, 1 + 1e-6, "(under 0.01 %)"),
        (1e-9, 1e9, "higher;"),
        (0.5, -0.5, "lower;"),
        (-0.5, 0.5, "higher;"),
    ],
)
def test_a_share_is_written_as_people_say_it(before: float, after: float, said: str) -> None:
    sides = (best_of(Points.of([1], [0], [value])) for value in (before, after))
    assert said in difference(*sides)


def test_a_flag_stands_in_the_table() -> None:
    raised = recorded(overfitting, name="raised")
    back = recorded(lambda epoch: overfitting(epoch) if epoch <= 20 else 0.1, name="back")
    unstable = recorded(lambda epoch: math.nan if epoch > 9 else 1 / epoch, name="unstable", epochs=12)
    calm = recorded(lambda epoch: 1 / epoch, name="calm")
    assert flag_row(raised, calm)[1] == "none"
    assert re.fullmatch(r"raised at epoch 1\d", flag_row(raised, calm)[0])
    assert flag_row(back, unstable) == ["taken back at epoch 21", "raised at epoch 10, instability"]


def test_a_run_that_went_back_is_judged_by_its_own_past() -> None:
    def lucky(epoch: int) -> float:
        return {12: 0.05}.get(epoch, overfitting(epoch) if epoch <= 14 else 0.25 + 0.001 * (epoch % 3))

    plain, branched = recorded(overfitting, name="plain"), recorded(lucky, name="x", done=[branch(14, 10)])
    both = nnw.compare(plain, branched)
    assert both.b.best.value == pytest.approx(0.2, abs=0.01)
    assert both.b.best.count == 36
    assert "Since its branch, 'x' came to 0.250 at best." in both.text
    assert ("best since the branch", "–", "0.250") in both.rows()
    assert "since the branch" not in repr(nnw.compare(plain, plain))
    assert nnw.compare(plain, recorded(lucky, name="never back")).b.best.value == 0.05


def test_an_id_is_as_good_as_a_run(home: Path) -> None:
    run = Run(name="kept", show=False)
    for value in (0.5, 0.4, 0.3, 0.2):
        run.log(loss=value, val_loss=value)
    run.finish()
    assert nnw.compare(run.id, run).text.endswith("The same.")
    with pytest.raises(RunNotFoundError):
        nnw.compare(run, "20200101-000000-nobody")
    with pytest.raises(
        TypeError, match=r"two runs, or their ids, not int: nnw\.compare\(nnw\.load\(id\), run\)"
    ):
        nnw.compare(run, 3)  # type: ignore[arg-type]  # that is what is tested


def test_interventions_stand_side_by_side() -> None:
    run = Run(name="steered", show=False, store=False, controls={"learning_rate": 0.1})
    for i in range(10):
        if i == 5:
            run.controls.learning_rate = 0.05
        run.log(loss=1.0, val_loss=1 / (1 + i))
    run.finish()
    rows = nnw.compare(made("plain", 0.5), run).rows()
    assert ("interventions", "none", "step 5: learning rate 0.1 → 0.05") in rows


def test_nan_is_no_best() -> None:
    best = best_of(Points.of([1, 2, 3], [0, 0, 0], [math.nan, 0.5, math.inf]))
    assert (best.value, best.step, best.count) == (0.5, 2, 1)
    nothing = best_of(Points.of([1], [0], [math.nan]))
    assert difference(best, nothing) == "There is no validation to compare yet."
