"""The graph of a Keras model: what is joined to what, on each backend, and that nothing changes by looking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.frameworks.programs import result_on

SETUP = """
import numpy as np, keras, nnwidgets as nnw
from keras import layers, ops
from nnwidgets.graph import Graph
keras.utils.set_random_seed(3)
x = np.random.default_rng(3).normal(size=(8, 6)).astype("float32")

def told(graph):
    assert Graph.from_json(graph.to_json()) == graph
    return {"nodes": {n.key: [n.kind, n.op, n.detail] for n in graph.nodes},
            "edges": sorted([e.src, e.dst, e.dst_in] for e in graph.edges),
            "groups": {g.key: [g.parent, g.type] for g in graph.groups}, "params": graph.params, "flops": graph.flops,
            "shapes": {n.key: [list(o.shape) for o in n.outputs] for n in graph.nodes}, "notes": list(graph.notes),
            "calls": {n.key: n.call for n in graph.nodes}, "paths": {n.key: n.path for n in graph.nodes},
            "parameters": {n.key: [p.name for p in n.parameters] for n in graph.nodes if n.parameters},
            "failed": graph.failed and [graph.failed.key, graph.failed.error], "extractor": graph.extractor}

def traced(model, *args, **kwargs):
    try:
        return told(nnw.trace(model, *args, **kwargs))
    except nnw.NnwidgetsError as error:
        return {"refused": str(error)}

class Block(layers.Layer):
    def __init__(self, units, **named):
        super().__init__(**named)
        self.first = layers.Dense(units, activation="relu", name="first")
        self.second = layers.Dense(units, name="second")

    def build(self, shape):
        self.first.build(shape)
        self.second.build((*shape[:-1], self.first.units))
        self.scale = self.add_weight(shape=(shape[-1],), name="scale", initializer="ones")

    def call(self, x, training=None):
        return x + self.scale * self.second(self.first(x))

class Net(keras.Model):
    def __init__(self):
        super().__init__(name="net")
        self.enter = layers.Dense(4, name="enter")
        self.blocks = [Block(4, name=f"block{i}") for i in range(2)]
        self.norm = layers.BatchNormalization(name="norm")
        self.drop = layers.Dropout(0.5, name="drop")
        self.leave = layers.Dense(2, name="leave")

    def call(self, x, training=None):
        x = self.enter(x)
        for block in self.blocks:
            x = block(x)
        return {"out": self.leave(self.drop(self.norm(x))), "hidden": ops.reshape(x, (-1, 2, 2))}

class Data(keras.Model):
    def __init__(self):
        super().__init__(name="data")
        self.first, self.second = layers.Dense(6, name="first"), layers.Dense(2, name="second")

    def call(self, x):
        hidden = self.first(x)
        return self.second(hidden) if float(ops.sum(ops.abs(hidden))) > 0 else hidden

class Native(Data):
    def call(self, x):
        hidden = self.first(x)
        if keras.backend.backend() == "torch":
            import torch
            hidden = torch.relu(hidden) * 2
        else:
            import tensorflow as tf
            hidden = tf.nn.relu(hidden) * 2
        return self.second(hidden)

class Broken(Data):
    def call(self, x, mask):
        return self.second(ops.reshape(self.first(ops.relu(x)), (-1, 4)))

result = {}
"""

FUNCTIONAL = """
left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
shared = layers.Dense(4, name="shared")
inner_in = keras.Input((4,))
inner = keras.Model(inner_in, layers.Dense(4, name="deep")(inner_in), name="inner")
a, b = shared(left), shared(right)
joined = ops.maximum(inner(a) + b * 2.0, b[:, :1])
model = keras.Model({"left": left, "right": right},
                    {"sum": layers.Activation("tanh", name="act")(joined), "raw": joined}, name="model")
result["functional"] = traced(model)

result["sequential"] = traced(keras.Sequential(
    [keras.Input((8, 8, 3), name="image"), layers.Conv2D(4, 3, strides=2, name="conv"), layers.Flatten(name="flat"),
     layers.Dense(10, activation="softmax", name="head")], name="seq"))

inside = keras.Input((4,), name="x")
custom = keras.Model(inside, Block(4, name="block")(inside), name="custom")
nodes = [len(layer._inbound_nodes) for layer in custom.layers]
result["custom"] = traced(custom)
result["custom"]["left"] = nodes == [len(layer._inbound_nodes) for layer in custom.layers]

words = keras.Input((5,), dtype="int32", name="words")
seen = layers.Embedding(10, 4, name="embed")(words)
seen = layers.MultiHeadAttention(2, 3, name="attend")(seen, seen)
seen = layers.LSTM(3, name="lstm")(seen)
result["sequence"] = traced(keras.Model(words, seen, name="sequence"))
"""

SUBCLASSED = """
unbuilt = Net()
result["unbuilt"] = traced(unbuilt, x)
result["still unbuilt"] = [unbuilt.built, len(unbuilt.weights), layers.Dense(1).name]
built = Net()
built(x)
result["built"] = traced(built)
result["lazy sequential"] = traced(keras.Sequential([layers.Dense(3, name="a"), layers.Dense(1, name="b")]), x)
for kind in (Data, Native):
    model = kind()
    model(x)
    result[kind.__name__] = traced(model, x)
broken = Broken()
broken.first.build((None, 6)); broken.second.build((None, 6)); broken.built = True
result["broken"] = traced(broken, x, x)
class Raises(keras.Model):
    def call(self, x):
        raise RuntimeError("<b>no</b>")
result["raises"] = traced(Raises(name="raises"), x)
class Gan(keras.Model):
    def __init__(self):
        super().__init__(name="gan")
        self.maker = keras.Sequential([keras.Input((3,), name="noise"), layers.Dense(2, name="make")], name="maker")
        self.judge = keras.Sequential([keras.Input((2,), name="image"), layers.Dense(1, name="judged")], name="judge")
result["gan"] = traced(Gan())
class Odd(Data):
    def call(self, x, flag=False):
        return self.first(x), None, [self.second(x)]
result["odd"] = traced(Odd(), x, flag=True)
result["missing"] = [traced(broken, x)["refused"], traced(Net())["refused"], traced(broken)["refused"],
                     traced(keras.Sequential([layers.Dense(1)]))["refused"]]
"""

UNCHANGED = """
import random
def state(model):
    flat = [np.array(keras.ops.convert_to_numpy(v)).tolist() for v in (*model.variables, *model.metrics_variables)]
    below = model._flatten_layers()
    nodes = [[len(layer._inbound_nodes), len(layer._outbound_nodes), layer.built, len(layer.losses),
              sorted(vars(layer))] for layer in below]
    return [flat, nodes, random.getstate()[1][:5], np.random.get_state()[1][:5].tolist()]

class Drawing(Net):
    def __init__(self):
        super().__init__()
        self.seed = keras.random.SeedGenerator(1)
        self.count = self.add_weight(shape=(), name="count", trainable=False)

    def call(self, x, training=None):
        self.seen = x
        self.count.assign_add(ops.mean(x))
        noise = keras.random.normal((4,), seed=self.seed)
        hidden = self.enter(x) + noise + keras.random.uniform((4,))
        self.add_loss(ops.mean(hidden))
        return self.leave(self.drop(self.norm(hidden), training=True))

result["same"] = {}
for kind in (Net, Drawing, Data, Native):
    model = kind()
    model(x)
    seed_before = keras.random.uniform((1,))
    before = state(model)
    graph = nnw.trace(model, x)
    result["same"][kind.__name__] = before == state(model) and len(graph.nodes) > 2

def losses(watched):
    keras.utils.set_random_seed(5)
    keras.utils.clear_session()
    model = Net()
    model.compile(keras.optimizers.Adam(0.01), {"out": "mse", "hidden": "mse"})
    y = {"out": x[:, :2], "hidden": x[:, :4].reshape(-1, 2, 2)}
    callback = nnw.KerasCallback(store=False, show=False) if watched else None
    fitted = model.fit(x, y, batch_size=4, epochs=3, verbose=0, callbacks=[callback] if watched else [])
    graph = callback.run.graph if watched else None
    return [fitted.history["loss"], [w.tolist() for w in model.get_weights()], layers.Dense(1).name, graph]

plain, seen = losses(False), losses(True)
result["fit"] = [plain[:3] == seen[:3], told(seen[3])["edges"]]
"""

WATCH = """
from nnwidgets.frameworks._keras_loop import KerasLoop
arrived = []
model = Net()
loop = KerasLoop(model)
end = loop.watch_graph(arrived.append)
early = len(arrived)
model(x, training=True)
loop.learning_rate()
result["watch"] = [early, len(arrived), "call" in vars(model), told(arrived[0])["edges"]]
other = Net()
KerasLoop(other).watch_graph(arrived.append)()
result["ended"] = "call" in vars(other)
whole = keras.Sequential([keras.Input((6,)), layers.Dense(2, name="d")])
KerasLoop(whole).watch_graph(arrived.append)
result["at once"] = len(arrived)

def fails(graph):
    raise ValueError("ours")
faulty = Net()
loop = KerasLoop(faulty)
loop.watch_graph(fails)
faulty(x)
loop.learning_rate()
result["fault"] = "call" in vars(faulty)

from nnwidgets.frameworks._keras_fit import Fit
wide = keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="relu", name="a"), layers.Dense(2, name="b")])
wide.compile("adam", "mse")
class Widen(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        KerasLoop(self.model, fit=Fit(self.model)).change("size", 2.0)
wide.fit(x, x[:, :2], verbose=0, callbacks=[Widen()])
result["wide"] = traced(wide)

from nnwidgets.frameworks._keras_dropout import Inserted
inserted = Inserted(whole.layers[0], 0.25)
result["inserted"] = traced(whole)["edges"]
"""

PROGRAM = SETUP + FUNCTIONAL + SUBCLASSED + UNCHANGED + WATCH


@pytest.fixture(scope="module", params=["tensorflow", "torch"])
def said(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    home: Path = tmp_path_factory.mktemp("home")
    return result_on(request.param, PROGRAM, home)


def test_a_functional_model_is_read_off(said: Any) -> None:
    graph = said["functional"]
    assert graph["edges"] == sorted(
        [
            ["left", "shared", 0],
            ["right", "shared@2", 0],
            ["shared", "inner.deep", 0],
            ["shared@2", "model/multiply", 0],
            ["inner.deep", "model/add", 0],
            ["model/multiply", "model/add", 1],
            ["shared@2", "model/getitem", 0],
            ["model/add", "model/maximum", 0],
            ["model/getitem", "model/maximum", 1],
            ["model/maximum", "act", 0],
            ["model/maximum", "output['raw']", 0],
            ["act", "output['sum']", 0],
        ]
    )
    assert graph["groups"] == {"model": [None, "Functional"], "inner": ["model", "Functional"]}
    assert graph["params"] == 6 * 4 + 4 + 4 * 4 + 4
    assert graph["flops"] == 2 * (2 * 6 * 4) + 2 * 4 * 4
    assert graph["nodes"]["model/multiply"][2] == "2"
    assert graph["nodes"]["model/getitem"][2] == "(:, :1)"
    assert graph["extractor"] == "structure"


def test_a_sequential_model_is_read_off(said: Any) -> None:
    graph = said["sequential"]
    assert graph["edges"] == sorted(
        [["image", "conv", 0], ["conv", "flat", 0], ["flat", "head", 0], ["head", "output", 0]]
    )
    assert graph["nodes"]["conv"] == ["module", "Conv2D", "4, kernel_size=(3, 3), strides=(2, 2)"]
    assert graph["nodes"]["head"] == ["module", "Dense", "10, softmax"]
    assert graph["shapes"]["conv"] == [[None, 3, 3, 4]]
    assert graph["flops"] == 2 * 3 * 3 * (3 * 3 * 3 * 4) + 2 * 36 * 10
    assert graph["parameters"] == {"conv": ["kernel", "bias"], "head": ["kernel", "bias"]}


def test_layers_of_a_persons_own_are_opened(said: Any) -> None:
    graph = said["custom"]
    assert graph["edges"] == sorted(
        [
            ["x", "block.first", 0],
            ["block.first", "block.second", 0],
            ["block.scale", "block/multiply", 0],
            ["block.second", "block/multiply", 1],
            ["x", "block/add", 0],
            ["block/multiply", "block/add", 1],
            ["block/add", "output", 0],
        ]
    )
    assert graph["groups"]["block"] == ["custom", "Block"]
    assert graph["nodes"]["block.scale"][0] == "parameter"
    assert graph["left"]


def test_attention_is_opened_and_a_recurrent_layer_is_one_node(said: Any) -> None:
    graph = said["sequence"]
    assert ["embed", "attend.query", 0] in graph["edges"]
    assert ["attend.attention_output", "lstm", 0] in graph["edges"]
    assert graph["groups"]["attend"] == ["sequence", "MultiHeadAttention"]
    assert graph["parameters"]["lstm"] == [f"lstm_cell.{n}" for n in ("kernel", "recurrent_kernel", "bias")]
    attention = 3 * (2 * 5 * 4 * 6) + 2 * 2 * (2 * 5 * 5 * 3) + 2 * 5 * 6 * 4
    assert graph["flops"] == attention + 2 * 5 * (4 * 12 + 3 * 12)


NET = sorted(
    [
        ["x", "enter", 0],
        *[
            edge
            for before, i in (("enter", 0), ("block0/add", 1))
            for edge in (
                [before, f"block{i}.first", 0],
                [f"block{i}.first", f"block{i}.second", 0],
                [f"block{i}.scale", f"block{i}/multiply", 0],
                [f"block{i}.second", f"block{i}/multiply", 1],
                [before, f"block{i}/add", 0],
                [f"block{i}/multiply", f"block{i}/add", 1],
            )
        ],
        ["block1/add", "norm", 0],
        ["norm", "drop", 0],
        ["drop", "leave", 0],
        ["block1/add", "net/reshape", 0],
        ["net/reshape", "output['hidden']", 0],
        ["leave", "output['out']", 0],
    ]
)


def test_a_subclassed_model_is_followed_with_symbols_built_or_not(said: Any) -> None:
    assert said["unbuilt"]["edges"] == NET
    assert said["still unbuilt"] == [False, 0, "dense"]
    assert said["built"]["edges"] == NET
    assert said["built"]["params"] == said["unbuilt"]["params"] == 28 + 2 * 44 + 16 + 10
    assert said["built"]["shapes"]["leave"] == [[None, 2]]
    assert said["built"]["notes"] == []
    assert said["lazy sequential"]["edges"] == sorted([["inputs", "a", 0], ["a", "b", 0], ["b", "output", 0]])


def test_a_call_that_depends_on_data_shows_its_layers(said: Any) -> None:
    data, native = said["Data"], said["Native"]
    for graph in (data, native):
        assert graph["edges"] == sorted([["x", "first", 0], ["first", "second", 0], ["second", "output", 0]])
        assert len(graph["notes"]) == 1
    assert data["extractor"] == "forward"
    assert "depends on its data" in data["notes"][0]
    assert "cannot be followed with symbols" in native["notes"][0]


def test_a_call_that_fails_gives_the_part_before(said: Any) -> None:
    graph = said["broken"]
    assert graph["failed"][0] == "second"
    assert "axis -1" in graph["failed"][1]
    assert graph["edges"] == sorted(
        [
            ["x", "data/relu", 0],
            ["data/relu", "first", 0],
            ["first", "data/reshape", 0],
            ["data/reshape", "second", 0],
        ]
    )


def test_an_error_is_told_as_it_was_raised(said: Any) -> None:
    assert said["raises"]["failed"] == ["raises/call", "RuntimeError: <b>no</b>"]


def test_a_model_without_call_shows_its_parts(said: Any) -> None:
    graph = said["gan"]
    assert graph["edges"] == sorted(
        [
            ["maker.noise", "maker.make", 0],
            ["maker.make", "maker.output", 0],
            ["judge.image", "judge.judged", 0],
            ["judge.judged", "judge.output", 0],
        ]
    )
    assert "has no call()" in graph["notes"][0]


def test_none_among_outputs_is_left_out(said: Any) -> None:
    assert said["odd"]["edges"] == sorted(
        [["x", "first", 0], ["first", "output[0]", 0], ["x", "second", 0], ["second", "output[2][0]", 0]]
    )


def test_what_is_missing_is_said(said: Any) -> None:
    mask, example, both, lazy = said["missing"]
    assert mask == "Broken.call() also needs 'mask': nnw.trace(model, x, mask=…)."
    assert example == "Give an example input of Net: nnw.trace(model, x)."
    assert both == "Give an example input of Broken: nnw.trace(model, x, mask)."
    assert lazy.startswith("Give an example input of Sequential")


def test_looking_changes_nothing(said: Any) -> None:
    assert said["same"] == {"Net": True, "Drawing": True, "Data": True, "Native": True}


def test_a_fit_whose_graph_is_watched_gives_the_same_numbers(said: Any) -> None:
    equal, edges = said["fit"]
    assert equal
    assert edges == NET


def test_a_loop_of_ones_own_is_watched_from_its_first_call(said: Any) -> None:
    early, late, left, edges = said["watch"]
    assert (early, late, left) == (0, 1, False)
    assert edges == NET
    assert said["ended"] is False
    assert said["at once"] == 2
    assert said["fault"] is False


def test_a_model_that_was_made_wider_is_shown_as_it_is_now(said: Any) -> None:
    graph = said["wide"]
    assert graph["shapes"]["a"] == [[None, 8]]
    assert graph["flops"] == 2 * 6 * 8 + 2 * 8 * 2


def test_dropout_that_was_inserted_is_shown(said: Any) -> None:
    assert ["d", "sequential/dropout", 0] in [
        [s, d.replace("sequential_1", "sequential"), i] for s, d, i in said["inserted"]
    ]
