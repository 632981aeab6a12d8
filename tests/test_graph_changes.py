"""What differs between two graphs, in the words that a person would use."""

from __future__ import annotations

import pytest

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._graph_settings import settings_differ
from nnwidgets.graph import Array, Graph, Parameter


def net(
    *, width: int = 64, p: float = 0.1, batch: int = 8, length: int = 16, dropout: bool = True, bias: bool = True,
    frozen: bool = False, error: str | None = None, swapped: bool = False, act: str = "relu", framework: str = "torch",
) -> Graph:  # fmt: skip
    """x -> fc1 -> relu -> drop -> fc2 -> matmul with x -> output."""
    builder = GraphBuilder(framework, "forward")
    root = builder.group(None, type="Net")

    def array(*features: int) -> list[Array]:
        return [Array((batch, length, *features), "float32")]

    x = builder.node(None, op="input", kind="input", name="x", outputs=array(10))
    weights = [Parameter("weight", (width, 10), not frozen)] + [Parameter("bias", (width,))] * bias
    fc1 = builder.node(root, op="Linear", kind="module", path="fc1", outputs=array(width), parameters=weights,
                       detail=f"in_features=10, out_features={width}, bias={bias}")  # fmt: skip
    relu = builder.node(root, op=act, outputs=array(width), name="act")
    last = relu
    if dropout:
        last = builder.node(root, op="Dropout", kind="module", path="drop", detail=f"p={p}, inplace=False",
                            outputs=array(width))  # fmt: skip
    fc2 = builder.node(root, op="Linear", kind="module", path="fc2", outputs=array(10),
                       detail=f"in_features={width}, out_features=10, bias=True",
                       parameters=[Parameter("weight", (10, width))])  # fmt: skip
    score = builder.node(root, op="matmul", outputs=[Array((batch, length, length), "float32")])
    if error is not None:
        builder.fail(score, error)
    for src, dst, place in [
        (x, fc1, 0), (fc1, relu, 0), (relu, last, 0), (last, fc2, 0), (fc2, score, int(swapped)),
        (x, score, int(not swapped)),
    ]:  # fmt: skip
        if src != dst:
            builder.edge(src, 0, dst, place)
    return builder.finish()


@pytest.mark.parametrize(
    "other", [net(), net(batch=32), net(batch=3, length=5), net(batch=16, length=16), net(length=100)]
)
def test_the_size_of_a_batch_and_of_a_text_is_no_change(other: Graph) -> None:
    assert other.changes_since(net()) == {}
    assert net().changes_since(other) == {}


def test_a_graph_has_not_changed_since_itself() -> None:
    graph = net()
    assert graph.changes_since(graph) == {}


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (net(p=0.5), {"drop": "p=0.1 → 0.5"}),
        (
            net(width=128),
            {
                "fc1": "64 → 128 features",
                "Net/act": "8×16×64 → 8×16×128",
                "drop": "8×16×64 → 8×16×128",
                "fc2": "64 → 128 inputs",
            },
        ),
        (net(bias=False), {"fc1": "bias=True → False, without bias"}),
        (net(frozen=True), {"fc1": "weight frozen"}),
        (net(act="gelu"), {"Net/act": "relu → gelu"}),
        (net(swapped=True), {"Net/matmul": "other inputs"}),
        (net(error="ValueError: no"), {"Net/matmul": "fails"}),
    ],
)
def test_what_changed_is_said(after: Graph, words: dict[str, str]) -> None:
    assert after.changes_since(net()) == words


def test_a_layer_that_came_or_went() -> None:
    assert net().changes_since(net(dropout=False)) == {"drop": "new", "fc2": "other inputs"}
    assert net(dropout=False).changes_since(net()) == {"fc2": "other inputs"}


def test_weights_without_settings_tell_their_shapes() -> None:
    def built(units: int) -> Graph:
        builder = GraphBuilder("keras", "structure")
        builder.node(None, op="Dense", kind="module", path="dense", detail="10, relu",
                     parameters=[Parameter("kernel", (units, 10))])  # fmt: skip
        return builder.finish()

    assert built(128).changes_since(built(64)) == {"dense": "kernel 64×10 → 128×10"}


@pytest.mark.parametrize(
    ("op", "before", "after", "framework", "words"),
    [
        ("Conv2d", "3, 64, kernel_size=(3, 3), stride=(1, 1)", "3, 96, kernel_size=(5, 5), stride=(1, 1)", "torch",
         ["64 → 96 channels", "kernel_size=(3, 3) → (5, 5)"]),
        ("BatchNorm2d", "64, eps=1e-05", "96, eps=1e-05", "torch", ["64 → 96 features"]),
        ("Embedding", "1000, 64", "1200, 64, padding_idx=0", "torch", ["1000 → 1200 entries", "padding_idx=0"]),
        ("LSTM", "64, 128, num_layers=2", "64, 256, num_layers=3", "torch", ["128 → 256 features", "2 → 3 layers"]),
        ("Dropout", "p=0.5, inplace=False", "p=0.25, inplace=False", "torch", ["p=0.5 → 0.25"]),
        ("Dropout", "0.5", "0.25", "keras", ["p=0.5 → 0.25"]),
        ("Dense", "64, relu", "128, gelu", "keras", ["64 → 128 features", "relu → gelu"]),
        ("Dense", "64", "64, relu", "keras", ["with relu"]),
        ("Conv2D", "64, kernel_size=(3, 3)", "32, kernel_size=(3, 3)", "keras", ["64 → 32 channels"]),
        ("Odd", "a=(1, [2, 3]), x", "x", "torch", ["without a"]),
        ("Odd", "", "", "torch", []),
    ],
)  # fmt: skip
def test_settings(op: str, before: str, after: str, framework: str, words: list[str]) -> None:
    assert settings_differ(op, before, after, framework) == words
