"""The graph of functions of TensorFlow: forward, way back, branches, loops; nothing changes by looking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.frameworks.programs import result_of

PROGRAM = """
import random
import numpy as np, tensorflow as tf, nnwidgets as nnw
from nnwidgets.graph import Graph

def told(graph):
    assert Graph.from_json(graph.to_json()) == graph
    return {"nodes": {n.key: [n.kind, n.op, n.detail] for n in graph.nodes},
            "of": {n.key: n.of for n in graph.nodes if n.of}, "flops": graph.flops, "params": graph.params,
            "edges": sorted([e.src, e.dst, e.dst_in] for e in graph.edges),
            "groups": {g.key: [g.parent, g.name] for g in graph.groups}, "notes": list(graph.notes),
            "failed": graph.failed and [graph.failed.op, graph.failed.error]}

def traced(*args, **kwargs):
    try:
        return told(nnw.trace(*args, **kwargs))
    except nnw.NnwidgetsError as error:
        return {"refused": str(error)}

x, y = np.ones((5, 3), "float32"), np.ones((5, 2), "float32")
w, b = tf.Variable(tf.ones((3, 2))), tf.Variable(tf.zeros(2), name="bias")
table = tf.constant(np.ones((2, 9), "float32"))

@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        with tf.name_scope("layer"):
            h = tf.nn.relu(x @ w + b)
        loss = tf.reduce_mean((h - y) ** 2)
    for variable, gradient in zip((w, b), tape.gradient(loss, (w, b))):
        variable.assign_sub(0.1 * gradient)
    return {"loss": loss}

step(x, y)
def state():
    drawn = tf.random.get_global_generator().state.numpy().tolist()
    return [w.numpy().tolist(), step.experimental_get_tracing_count(), random.getstate()[1][:5], drawn]
before = state()
result = {"forward": traced(step, x, y), "backward": traced(step, tf.constant(x), tf.constant(y), backward=True)}
result["same"] = before == state()

def plain(batch):
    return tf.matmul(tf.matmul(batch["a"], batch["b"], transpose_b=True), tf.ones((5, 1))), tf.matmul(y, table)
result["plain"] = traced(plain, {"a": tf.constant(x), "b": tf.constant(x)})

@tf.function
def inner(h):
    return tf.tanh(h)

@tf.function(input_signature=[tf.TensorSpec((None, 3))])
def ways(x):
    h = inner(x)
    if tf.reduce_sum(h) > 0:
        h = h * 2.0
    for _ in tf.range(3):
        h = h + 1.0
    return h
result["ways"] = traced(ways)

class Lazy(tf.Module):
    v = None
    @tf.function
    def __call__(self, x):
        if self.v is None:
            self.v = tf.Variable(tf.ones((3, 2)))
        return x @ self.v
lazy = Lazy()
result["lazy"] = [traced(lazy, tf.constant(x))["refused"], lazy.v is None]
lazy.v = w
result["module"] = traced(lazy, tf.constant(x))

def broken(x):
    return tf.reshape(tf.nn.relu(x), (4, 4))
result["broken"] = traced(broken, tf.constant(x))
result["missing"] = [traced(step)["refused"], traced(step, x)["refused"]]
result["concrete"] = traced(step.get_concrete_function(x, y))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home: Path = tmp_path_factory.mktemp("home")
    program = home / "program.py"  # TensorFlow reads the source of what it traces
    program.write_text(PROGRAM, encoding="utf-8")
    return result_of(f"import runpy\nresult = runpy.run_path({str(program)!r})['result']", home)


FORWARD = sorted(
    [
        ["x", "layer/matmul", 0],
        ["w", "layer/matmul", 1],
        ["layer/matmul", "layer/add", 0],
        ["b", "layer/add", 1],
        ["layer/add", "layer/relu", 0],
        ["layer/relu", "step/sub", 0],
        ["y", "step/sub", 1],
        ["step/sub", "step/pow", 0],
        ["step/pow", "step/mean", 0],
        ["step/mean", "output['loss']", 0],
    ]
)


def test_a_function_is_shown_without_its_way_back(said: Any) -> None:
    graph = said["forward"]
    assert graph["edges"] == FORWARD
    assert graph["groups"] == {"step": [None, "step"], "layer": ["step", "layer"]}
    assert graph["nodes"]["w"][:2] == ["parameter", "parameter"]
    assert graph["nodes"]["step/pow"] == ["function", "pow", "2"]
    assert graph["params"] == 8
    assert graph["flops"] == 2 * 5 * 2 * 3
    assert len(graph["notes"]) == 1
    assert ["step/mean", "output['loss']", 0] in said["concrete"]["edges"]
    assert len(said["concrete"]["edges"]) == len(FORWARD)


def test_the_way_back_is_shown_with_what_it_belongs_to(said: Any) -> None:
    graph = said["backward"]
    back = {key for key, node in graph["nodes"].items() if node[0] == "backward"}
    assert set(map(tuple, FORWARD)) <= set(map(tuple, graph["edges"]))
    assert {"layer/matmul", "layer/add", "layer/relu", "step/pow"} <= {graph["of"].get(key) for key in back}
    assert ["w", "step/assign_sub", 0] in graph["edges"]
    assert graph["notes"] == []


def test_nothing_changes_by_looking(said: Any) -> None:
    assert said["same"]


def test_a_plain_function_takes_what_people_give(said: Any) -> None:
    graph = said["plain"]
    assert ["batch['a']", "plain/matmul", 0] in graph["edges"]
    assert ["batch['b']", "plain/matmul", 1] in graph["edges"]
    assert ["plain/matmul_2", "output[0]", 0] in graph["edges"]
    assert graph["nodes"]["plain/matmul"][2] == "transpose_b=True"
    assert sum(node[0] == "constant" for node in graph["nodes"].values()) == 3


def test_branches_and_loops_that_depend_on_data_are_shown(said: Any) -> None:
    graph = said["ways"]
    assert graph["edges"] == sorted(
        [
            ["x", "inner/tanh", 0],
            ["inner/tanh", "ways/sum", 0],
            ["ways/sum", "ways/greater", 0],
            ["inner/tanh", "then/mul", 0],
            ["ways/greater", "ways/if", 0],
            ["then/mul", "ways/if", 1],
            ["inner/tanh", "ways/if", 2],
            ["ways/if", "loop/add", 0],
            ["loop/add", "output", 0],
        ]
    )
    assert len(graph["notes"]) == 2


def test_variables_are_never_made_by_looking(said: Any) -> None:
    text, none = said["lazy"]
    assert "makes its variables when it is called first" in text
    assert none
    assert said["module"]["edges"] == sorted(
        [["x", "Lazy/matmul", 0], ["v", "Lazy/matmul", 1], ["Lazy/matmul", "output", 0]]
    )


def test_a_function_that_fails_gives_the_part_before(said: Any) -> None:
    graph = said["broken"]
    assert graph["failed"][0] == "reshape"
    assert "Cannot reshape" in graph["failed"][1]
    assert ["x", "broken/relu", 0] in graph["edges"]


def test_what_is_missing_is_said(said: Any) -> None:
    nothing, half = said["missing"]
    assert nothing == "Give an example input: nnw.trace(step, x, y)."
    assert "'y'" in half
