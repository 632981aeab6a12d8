"""What the statistics show in words, of made-up samples; real ones are in tests/frameworks/test_torch_findings.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._graph_findings import Finding, findings
from nnwidgets._layer_history import LayerHistory
from nnwidgets._layer_sample import Layout, Sample
from nnwidgets.graph import Graph, Parameter

#: Where each number of a layer and of a parameter stands.
MEAN, STD, ZEROS, DEAD = range(4)
GRAD, UPDATE, WEIGHT = range(3)

NAMES = ("fc1", "relu1", "fc2", "relu2", "fc3")
LAYOUT = Layout(NAMES, ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"))


def healthy(layout: Layout = LAYOUT) -> tuple[np.ndarray, np.ndarray]:
    modules = np.tile([0.1, 0.8, 0.0, np.nan], (len(layout.modules), 1))
    parameters = np.tile([0.3, 0.001, 2.0], (len(layout.parameters), 1))
    return modules, parameters


def history(
    change: Callable[[np.ndarray, np.ndarray, int], None], steps: Iterable[int] = range(2, 300, 10)
) -> LayerHistory:
    """Return samples of a healthy network, each changed."""
    layers = LayerHistory()
    for step in steps:
        modules, parameters = healthy()
        change(modules, parameters, step)
        values = np.concatenate([modules.ravel(), parameters.ravel()]).astype(np.float32)
        layers.append(Sample(step, step / 10, LAYOUT, values))
    return layers


def only(layers: LayerHistory, graph: Graph | None = None) -> Finding:
    (found,) = findings(layers, graph)
    return found


def test_a_healthy_network_shows_nothing() -> None:
    assert findings(LayerHistory()) == []
    assert findings(history(lambda m, p, step: None)) == []


def test_it_takes_three_samples_in_a_row() -> None:
    def dies(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[1, DEAD] = 1.0 if step in (2, 22, 32) else 0.1

    assert findings(history(dies, (2, 12, 22, 32))) == []
    assert only(history(lambda m, p, step: m.__setitem__((1, DEAD), 1.0), (2, 12, 22))).since == 2
    assert findings(history(lambda m, p, step: m.__setitem__((1, DEAD), 1.0), (2, 12))) == []


def test_dead_units_are_told_with_their_share_and_since_when() -> None:
    def dies(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[[1, 3], DEAD] = 0.93 if step >= 152 else 0.2, 0.1

    found = only(history(dies))
    assert found == Finding("dead", "warning", "relu1", 152, "relu1: 93 % of units dead since step 152.")


def test_layers_with_the_same_finding_are_told_together() -> None:
    def dies(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[[1, 3], DEAD] = 0.9, 1.0

    assert only(history(dies)).text == "relu1 and relu2: 90–100 % of their units dead since step 2."


def test_what_began_long_ago_is_dated_back() -> None:
    def dies(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[1, DEAD] = 1.0 if step >= 40 else 0.0

    assert only(history(dies, range(1, 1_000))).since == 40


def test_gradients_that_vanish() -> None:
    def vanish(m: np.ndarray, p: np.ndarray, step: int) -> None:
        p[[0, 2, 4], GRAD] = 1e-7, 1e-3, 3e-2

    found = only(history(vanish))
    assert (found.kind, found.path) == ("vanishing", "fc1")
    assert found.text == "Gradients vanish at fc1: norm 1e-7, against 0.03 at fc3, since step 2."


def test_the_graph_says_which_layers_come_first() -> None:
    def vanish(m: np.ndarray, p: np.ndarray, step: int) -> None:
        p[[0, 2, 4], GRAD] = 3e-2, 1e-3, 1e-7

    layers = history(vanish)
    assert [one.kind for one in findings(layers)] == []
    builder = GraphBuilder("torch", "forward")
    for name in ("fc3", "relu2", "fc2", "relu1", "fc1"):
        shape = (Parameter("weight", (4, 4)), Parameter("bias", (4,))) if name.startswith("fc") else ()
        builder.node(None, op="Linear", kind="module", path=name, parameters=shape)
    assert only(layers, builder.finish()).text.startswith(
        "Gradients vanish at fc3: norm 1e-7, against 0.03 at fc1"
    )


def test_gradients_that_explode_towards_the_input() -> None:
    def explode(m: np.ndarray, p: np.ndarray, step: int) -> None:
        p[[0, 2, 4], GRAD] = 3e5, 20.0, 0.2

    found = only(history(explode))
    assert (
        found.text == "Gradients explode towards the input: norm 3e5 at fc1, against 20 at fc2, since step 2."
    )


def test_gradients_that_explode_at_some_step() -> None:
    def explode(m: np.ndarray, p: np.ndarray, step: int) -> None:
        p[[0, 2, 4], GRAD] = 1e5 if step > 200 else 0.3

    found = only(history(explode))
    assert (found.kind, found.since) == ("exploding", 202)
    assert "against 0.5 before step 202" in found.text


def test_numbers_that_are_not_finite_are_told_once_where_they_began() -> None:
    def lose(m: np.ndarray, p: np.ndarray, step: int) -> None:
        if step >= 12:
            m[2:, MEAN : STD + 1] = np.inf
            p[:, GRAD] = np.inf

    assert only(history(lose)).text == "Non-finite activations in fc2 since step 12, and in 2 other layers."


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (GRAD, "Non-finite gradients of fc1 since step 52"),
        (WEIGHT, "Non-finite weights in fc1 since step 52"),
    ],
)
def test_gradients_and_weights_that_are_not_finite(what: int, text: str) -> None:
    def lose(m: np.ndarray, p: np.ndarray, step: int) -> None:
        if step >= 52:
            p[:, what] = np.inf

    assert only(history(lose)).text.startswith(text)


def test_activations_that_lose_their_scale() -> None:
    def lose(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[:, STD] = 0.9, 0.9, 8e-4, 2e-4, 1e-4

    found = only(history(lose))
    assert found.text == (
        "Activations lose their scale from fc2 to relu2: standard deviation 0.9 → 2e-4, since step 2."
    )


def test_a_scale_that_is_put_right_again_is_none() -> None:
    def dip(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[:, STD] = 0.9, 1e-5, 1e-5, 0.9, 0.5

    assert findings(history(dip)) == []


def test_the_last_layer_may_give_what_it_wants() -> None:
    def end(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[-1, STD] = 1e-9

    assert findings(history(end)) == []


def test_saturated_units_are_told_where_the_graph_knows_what_is_computed() -> None:
    def saturate(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[1, :2] = 0.01, 0.99

    layers = history(saturate)
    builder = GraphBuilder("torch", "forward")
    for name in NAMES:
        builder.node(None, op="Tanh" if name.startswith("relu") else "Linear", kind="module", path=name)
    assert findings(layers) == []
    assert (
        only(layers, builder.finish()).text
        == "relu1 is saturated since step 2: nearly all its values are extreme."
    )


def test_updates_that_are_large_for_their_weights() -> None:
    def large(m: np.ndarray, p: np.ndarray, step: int) -> None:
        p[0, UPDATE:] = 0.6, 2.0
        p[1, UPDATE:] = 5.0, 2.0  # a bias may begin at zero

    assert (
        only(history(large)).text == "The update of fc1 is 30 % of its weights at each step, since step 12."
    )


@pytest.mark.parametrize(
    ("update", "text"), [(0.0, "do not move since step 2"), (2e-10, "no update is larger than 1e-10")]
)
def test_weights_that_hardly_move(update: float, text: str) -> None:
    def still(m: np.ndarray, p: np.ndarray, step: int) -> None:
        p[:, UPDATE] = update

    found = only(history(still))
    assert (found.level, found.kind) == ("info", "small update")
    assert text in found.text


def test_the_worst_comes_first() -> None:
    def sick(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[1, DEAD] = 1.0
        m[4, MEAN] = np.inf
        p[[0, 2, 4], GRAD] = 1e-9, 1e-3, 1.0
        p[0, UPDATE] = 1.0

    assert [one.kind for one in findings(history(sick))] == [
        "not finite",
        "dead",
        "vanishing",
        "large update",
    ]


def test_what_was_known_long_ago_says_nothing_of_now() -> None:
    def once(m: np.ndarray, p: np.ndarray, step: int) -> None:
        m[1, DEAD] = 1.0 if step < 10 else np.nan

    assert findings(history(once, range(1, 100))) == []


def test_a_layer_that_is_a_number_is_told_with_what_it_is() -> None:
    layout = Layout(("0", "1"), ())
    layers = LayerHistory()
    for step in (1, 2, 3):
        layers.append(Sample(step, 0.0, layout, np.array([0, 1, 0, np.nan, 0, 1, 0, 1], np.float32)))
    builder = GraphBuilder("torch", "forward")
    builder.node(None, op="ReLU", kind="module", path="1")
    assert only(layers, builder.finish()).text.startswith("ReLU 1: 100 % of units dead")
    assert only(layers).text.startswith("1: 100 % of units dead")


def test_a_model_without_weights_or_layers_shows_nothing() -> None:
    for layout in (Layout((), ()), Layout(("a",), ())):
        layers = LayerHistory()
        for step in (1, 2, 3):
            layers.append(Sample(step, 0.0, layout, np.full(layout.size, np.nan, np.float32)))
        assert findings(layers) == []
