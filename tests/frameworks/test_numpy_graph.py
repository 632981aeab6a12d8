"""The graph of networks that are written with numpy alone; their objects are as before afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets.graph import Graph

Array = np.ndarray
rng = np.random.default_rng(0)
table = rng.normal(size=(2, 3))


class Linear:
    def __init__(self, inputs: int, outputs: int) -> None:
        self.W = rng.normal(size=(inputs, outputs))
        self.b = np.zeros(outputs)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def __call__(self, x: Array) -> Array:
        return self.forward(x)


class Tanh:
    def forward(self, x: Array) -> Array:
        return np.tanh(x)


class Dropout:
    def __init__(self) -> None:
        self.rng = np.random.default_rng(1)
        self.count = np.zeros(1)

    def forward(self, x: Array) -> Array:
        self.count += 1
        mask = self.rng.random(x.shape) > 0.5
        noise = np.random.rand(*x.shape)  # noqa: NPY002 — as people write it
        return x * mask + noise


class Net:
    def __init__(self) -> None:
        self.layers = [Linear(3, 4), Tanh(), Dropout(), Linear(4, 2)]
        self.params = {"scale": np.ones(2)}
        self.cache: dict[str, Any] = {}

    def forward(self, x: Array) -> dict[str, Array]:
        for layer in self.layers:
            x = layer.forward(x)
        self.cache["logits"] = x
        self.params["scale"] *= 1.0
        return {"out": x * self.params["scale"]}


def edges(graph: Graph) -> list[tuple[str, str, int]]:
    assert Graph.from_json(graph.to_json()) == graph
    return sorted((edge.src, edge.dst, edge.dst_in) for edge in graph.edges)


def test_a_net_of_objects_is_shown_with_its_parts() -> None:
    graph = nnw.trace(Net().forward, np.ones((5, 3)))
    assert edges(graph) == sorted(
        [
            ("x", "layers.0/matmul", 0),
            ("layers.0.W", "layers.0/matmul", 1),
            ("layers.0/matmul", "layers.0/add", 0),
            ("layers.0.b", "layers.0/add", 1),
            ("layers.0/add", "layers.1", 0),
            ("layers.2.count", "layers.2/add", 0),
            ("layers.1", "layers.2/multiply", 0),
            ("layers.2/constant", "layers.2/multiply", 1),
            ("layers.2/multiply", "layers.2/add_2", 0),
            ("layers.2/constant_2", "layers.2/add_2", 1),
            ("layers.2/add_2", "layers.3/matmul", 0),
            ("layers.3.W", "layers.3/matmul", 1),
            ("layers.3/matmul", "layers.3/add", 0),
            ("layers.3.b", "layers.3/add", 1),
            ("params.scale", "Net/multiply", 0),
            ("layers.3/add", "Net/multiply_2", 0),
            ("Net/multiply", "Net/multiply_2", 1),
            ("Net/multiply_2", "output['out']", 0),
        ]
    )
    kinds = {node.key: (node.kind, node.op) for node in graph.nodes}
    assert kinds["layers.1"] == ("module", "Tanh")
    assert kinds["layers.0.W"] == ("parameter", "parameter")
    assert [(group.key, group.type) for group in graph.groups][:2] == [("Net", "Net"), ("layers.0", "Linear")]
    assert graph.flops == 2 * 5 * 3 * 4 + 2 * 5 * 4 * 2
    assert graph.params == 12 + 4 + 8 + 2 + 2 + 1


@pytest.mark.parametrize("interrupted", [False, True])
def test_everything_is_as_before(interrupted: bool) -> None:
    net, x = Net(), np.ones((5, 3))
    net.forward(x)
    first, dropout = net.layers[0], net.layers[2]
    if interrupted:

        class Interrupting:
            def forward(self, x: Array) -> Array:
                raise KeyboardInterrupt

        net.layers.append(Interrupting())

    def state() -> list[Any]:
        held = [vars(net), net.cache, net.params, *(vars(layer) for layer in net.layers)]
        numbers = [first.W, first.b, dropout.count, net.params["scale"], net.cache["logits"], x]
        return [
            [{key: id(value) for key, value in holder.items()} for holder in held],
            [array.tolist() for array in numbers],
            dropout.rng.bit_generator.state,
            np.random.get_state()[1].tolist(),  # noqa: NPY002 — it is the global one that is meant
            [id(np.zeros), id(np.array), id(Linear.forward), id(Dropout.forward)],
        ]

    before = state()
    if interrupted:
        with pytest.raises(KeyboardInterrupt):
            nnw.trace(net, x)
    else:
        nnw.trace(net, x)
    assert state() == before
    assert type(net.cache["logits"]) is np.ndarray


def test_arrays_that_a_function_uses_by_name_are_parameters() -> None:
    bias = np.zeros(2)
    graph = nnw.trace(lambda x: np.maximum(np.asarray(x) @ table.T + bias, 0), np.ones((5, 3)))
    assert edges(graph) == sorted(
        [
            ("table", "function/transpose", 0),
            ("x", "function/matmul", 0),
            ("function/transpose", "function/matmul", 1),
            ("function/matmul", "function/add", 0),
            ("bias", "function/add", 1),
            ("function/add", "function/maximum", 0),
            ("function/maximum", "output", 0),
        ]
    )


def test_indexing_and_writing_in_place_are_followed() -> None:
    def forward(x: Array) -> tuple[Array, Array]:
        states = np.zeros((3, 2))
        for t in range(2):
            states[t] = x[t] * 2
        x -= x.mean(axis=0, keepdims=True)
        return states, x

    given = np.arange(6.0).reshape(3, 2)
    graph = nnw.trace(forward, given)
    assert given.tolist() == np.arange(6.0).reshape(3, 2).tolist()
    assert edges(graph) == sorted(
        [
            ("x", "forward/getitem", 0),
            ("forward/getitem", "forward/multiply", 0),
            ("forward/constant", "forward/setitem", 0),
            ("forward/multiply", "forward/setitem", 1),
            ("x", "forward/getitem_2", 0),
            ("forward/getitem_2", "forward/multiply_2", 0),
            ("forward/setitem", "forward/setitem_2", 0),
            ("forward/multiply_2", "forward/setitem_2", 1),
            ("x", "forward/mean", 0),
            ("x", "forward/subtract", 0),
            ("forward/mean", "forward/subtract", 1),
            ("forward/setitem_2", "output[0]", 0),
            ("forward/subtract", "output[1]", 0),
        ]
    )
    details = {node.key: node.detail for node in graph.nodes}
    assert details["forward/getitem_2"] == "1"
    assert details["forward/mean"] == "axis=0, keepdims=True"


def test_results_are_numbers_that_code_can_use() -> None:
    def forward(x: Array, labels: Array) -> Array:
        loss = np.mean(x**2)
        total = loss
        total += 1
        assert f"{loss:.1f}" == "1.0"
        assert float(total) - float(loss) == 1
        assert {0: "a", 1: "b"}[labels[0]] == "a"
        assert isinstance(x, np.ndarray)
        assert len(list(x)) == 2
        if loss > 0:
            x = np.concatenate([x, x], axis=1)
        return np.einsum("ij,kj->ik", x, x)[np.arange(2), labels]

    graph = nnw.trace(forward, np.ones((2, 3)), labels=np.array([0, 1]))
    assert graph.failed is None
    assert graph.notes == (
        "One way of an `if` or a `while` that depends on data was taken; the others are not shown.",
    )
    assert ("labels", "forward/getitem_4") in {(edge.src, edge.dst) for edge in graph.edges}
    assert graph.flops == 2 * 2 * 2 * 6


def test_shared_parts_count_their_calls() -> None:
    class Twice:
        def __init__(self) -> None:
            self.inner = Linear(3, 3)

        def __call__(self, x: Array) -> Array:
            return self.inner(self.inner(x))

    graph = nnw.trace(Twice(), np.ones((1, 3)))
    assert [(group.key, group.call) for group in graph.groups] == [("Twice", 1), ("inner", 1), ("inner@2", 2)]
    assert graph.params == 12


def test_a_failure_gives_the_part_before() -> None:
    graph = nnw.trace(Net(), np.ones((5, 7)))
    assert graph.failed is not None
    assert graph.failed.key == "layers.0/matmul"
    assert graph.failed.error is not None
    assert graph.failed.error.startswith("ValueError: matmul")

    def caught(x: Array) -> Array:
        try:
            return x @ x
        except ValueError:
            return x * 2

    graph = nnw.trace(caught, np.ones((2, 3)))
    assert graph.failed is None
    assert ("caught/multiply", "output", 0) in edges(graph)


def test_what_is_missing_is_said() -> None:
    def forward(x: Array, mask: Array) -> Array:
        return x * mask

    with pytest.raises(
        nnw.NnwidgetsError, match=r"forward\(\) also needs 'mask': nnw.trace\(forward, x, mask=…\)"
    ):
        nnw.trace(forward, np.ones(3))
    with pytest.raises(nnw.NnwidgetsError, match="Give an example input"):
        nnw.trace(Net(), *())
