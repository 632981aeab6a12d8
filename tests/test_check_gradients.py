"""Gradients that were written by hand: what is wrong with them is named."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nnwidgets import check
from nnwidgets._errors import CheckError, OptionError

BATCH, INPUTS, HIDDEN, CLASSES = 16, 5, 8, 3
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(BATCH, INPUTS)), RANDOM.integers(0, CLASSES, BATCH)
START = {
    "W1": RANDOM.normal(size=(INPUTS, HIDDEN)),
    "b1": np.zeros(HIDDEN),
    "W2": RANDOM.normal(size=(HIDDEN, CLASSES)),
    "b2": np.zeros(CLASSES),
}


def two_layers(p: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Return the loss of a network with one hidden layer, and its gradients."""
    hidden = np.maximum(X @ p["W1"] + p["b1"], 0)
    scores = hidden @ p["W2"] + p["b2"]
    scores = scores - scores.max(axis=1, keepdims=True)
    log_probability = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    d_scores = np.exp(log_probability)
    d_scores[np.arange(BATCH), Y] -= 1
    d_scores /= BATCH
    d_hidden = (d_scores @ p["W2"].T) * (hidden > 0)
    loss = -log_probability[np.arange(BATCH), Y].mean()
    return loss, {
        "W1": X.T @ d_hidden,
        "b1": d_hidden.sum(axis=0),
        "W2": hidden.T @ d_scores,
        "b2": d_scores.sum(axis=0),
    }


def spoiled(**wrong: Any) -> check.Check:
    """Check the network with some of its gradients changed."""

    def f(p: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        loss, gradients = two_layers(p)
        return loss, {name: wrong[name](one) if name in wrong else one for name, one in gradients.items()}

    return check.gradients(f, START)


def test_right_gradients_are_called_right() -> None:
    assert spoiled()
    kept = {name: array.copy() for name, array in START.items()}
    assert check.gradients(two_layers, START)
    assert all((START[name] == array).all() for name, array in kept.items())


@pytest.mark.parametrize(
    ("wrong", "measured", "hint"),
    [
        ({"W2": lambda g: 16 * g}, "W2, at [", "Everywhere yours is 16 times what it should be"),
        ({"W1": lambda g: -g}, "W1, at [", "Everywhere the sign is the opposite one."),
        (
            {"W2": lambda g: g.T},
            "W2: the gradient has the shape (3, 8), the parameter (8, 3)",
            "It is transposed",
        ),
        (
            {"b1": lambda g: g[:3]},
            "b1: the gradient has the shape (3,)",
            "A gradient has the shape of its parameter",
        ),
        ({"b1": lambda g: 0 * g}, "b1, at [", "Yours is zero everywhere"),
        ({"b1": lambda g: g + math.nan}, "b1, at [", "Some of it is no number"),
        ({"b1": lambda g: g + 0.01 * np.eye(HIDDEN)[2]}, "b1, at [2]", "1 of the 8 numbers"),
        ({"b1": lambda g: ...}, "b1: there is no gradient yet", "Fill the gap."),
        ({"W1": lambda g: 2 * g, "b2": lambda g: 2 * g}, "b2, at [", "Everywhere yours is 2.000 times"),
    ],
)
def test_a_wrong_gradient_is_named_and_explained(wrong: Any, measured: str, hint: str) -> None:
    found = spoiled(**wrong)
    assert not found
    assert found.measured.startswith(measured)
    assert found.hint.startswith(hint)
    assert found.hint.endswith(f"{4 - len(wrong)} of the 4 parameters are right.")


@pytest.mark.parametrize(
    ("f", "hint"),
    [
        (lambda w: None, "returns nothing yet"),
        (lambda w: ..., "returns nothing yet"),
        (lambda w: (..., w), "There is no loss yet"),
        (lambda w: w.sum(), "two things"),
        (lambda w: (w.sum(), "w"), "1 arrays of numbers"),
        (lambda w: (w.sum() + math.inf, w), "The loss is ∞ here"),
        (lambda w: (RANDOM.random(), w), "two different losses"),
        (lambda w: (np.float32(w.sum()), w), "computes in float32"),
    ],
)
def test_an_answer_that_cannot_be_compared_says_why(f: Any, hint: str) -> None:
    found = check.gradients(f, np.ones(3))
    assert not found
    assert hint in found.hint


def test_a_kink_between_the_two_points_is_no_fault() -> None:
    at_kink = np.array([0.0, 1.0, -1.0])
    assert check.gradients(lambda w: (np.maximum(w, 0).sum(), np.where(w > 0, 1.0, 0.0)), at_kink)
    assert not check.gradients(lambda w: (np.maximum(w, 0).sum(), np.where(w >= 0, 2.0, 0.0)), at_kink)


def test_several_arrays_are_several_arguments() -> None:
    assert check.gradients(lambda w, b: ((w * b).sum(), (b, w)), np.ones(3), np.arange(3.0))
    assert check.gradients(lambda w: ((w**3).sum(), [3 * w**2]), np.array([2.0]))


def test_what_is_no_function_or_no_parameter_is_refused() -> None:
    with pytest.raises(OptionError, match="takes a function first, not float"):
        check.gradients(0.3, np.ones(3))  # type: ignore[arg-type]
    with pytest.raises(CheckError, match="needs the parameters"):
        check.gradients(lambda: (0.0, ()))
    with pytest.raises(OptionError, match="holds int64; a gradient"):
        check.gradients(lambda w: (0.0, w), np.arange(3))
    with pytest.raises(CheckError, match="between 0 and 1"):
        check.gradients(lambda w: (0.0, w), np.ones(3), tolerance=2)
    with pytest.raises(CheckError, match="one number, not 3"):
        check.gradients(lambda w: (w, w), np.ones(3))
    with pytest.raises(ZeroDivisionError):
        check.gradients(lambda w: 1 / 0, np.ones(3))
