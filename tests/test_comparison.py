"""Two runs side by side, and what is said of their difference."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets import Run
from nnwidgets._points import Points
from nnwidgets.comparison import best_of, difference


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
    html = both._repr_html_()
    assert "<script" not in html
    picture = html[: html.index("</svg>") + 6]
    lines = [node.get("class") for node in ET.fromstring(picture).iter() if node.tag.endswith("path")]
    assert {"train", "val", "other thin", "other dash"} <= set(lines)


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
