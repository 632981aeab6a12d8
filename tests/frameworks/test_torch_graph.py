"""The graph of a PyTorch model: what leads to what, in models of which that is known."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from nnwidgets.graph import Array
from tests.frameworks.torch_models import (
    Batch,
    Branch,
    InPlace,
    LoopRNN,
    Pair,
    Residual,
    Scale,
    Shared,
    Structures,
    UNet,
    mlp,
    traced,
    ways,
)

X = torch.linspace(-1, 2, 12).reshape(3, 4)


def test_a_sequential_is_a_chain_in_a_group() -> None:
    graph = traced(mlp(), X)
    assert ways(graph) == {("input", "0"), ("0", "1"), ("1", "2"), ("2", "output")}
    assert [(g.key, g.type, g.path, g.parent) for g in graph.groups] == [
        ("Sequential", "Sequential", "", None)
    ]
    first = graph.nodes[1]
    assert (first.kind, first.op, first.name, first.path, first.group) == (
        "module",
        "Linear",
        "0",
        "0",
        "Sequential",
    )
    assert first.detail == "in_features=4, out_features=8, bias=True"
    assert first.outputs == (Array((3, 8), "float32"),)
    assert [(p.name, p.shape) for p in first.parameters] == [("weight", (8, 4)), ("bias", (8,))]
    assert graph.params == 58


def test_a_residual_sum_has_both_ways() -> None:
    graph = traced(Residual(), X)
    assert ways(graph) == {
        ("x", "fc1"), ("fc1", "Residual/relu"), ("Residual/relu", "fc2"),
        ("x", "Residual/add"), ("fc2", "Residual/add"), ("Residual/add", "output"),
    }  # fmt: skip
    assert [(e.src, e.dst_in) for e in graph.edges if e.dst == "Residual/add"] == [("x", 0), ("fc2", 1)]


def test_a_shared_module_is_called_twice_and_counted_once() -> None:
    graph = traced(Shared(), X, X * 2)
    assert ways(graph) == {
        ("left", "tower"), ("right", "tower@2"), ("tower", "Shared/cat"), ("tower@2", "Shared/cat"),
        ("Shared/cat", "output"),
    }  # fmt: skip
    assert graph.params == 20


def test_a_loop_is_unrolled_and_folded() -> None:
    graph = traced(LoopRNN(), torch.ones(3, 5, 4))
    assert [g.repeat for g in graph.groups if g.repeat > 1] == [5]
    assert {n.call for n in graph.nodes if n.path == "cell"} == {1, 2, 3, 4, 5}
    after = {e.dst for e in graph.edges if e.src == "x"} - {"LoopRNN/new_zeros"}
    assert len(after) == 5
    assert all("getitem" in key for key in after)


def test_the_branch_that_was_taken_is_shown_and_said() -> None:
    up, down = traced(Branch(), X + 5), traced(Branch(), X - 5)
    assert ("x", "up") in ways(up)
    assert ("x", "down") in ways(down)
    assert up.hash != down.hash
    assert "data-dependent" in up.notes[0]
    assert traced(mlp(), X).notes == ()


def test_structures_of_all_kinds_go_in_and_out() -> None:
    batch = Batch(X, None, Pair(torch.ones(3, 2), torch.ones(1)))
    graph = traced(Structures(), batch, {"scale": torch.ones(3, 2)}, torch.zeros(1))
    assert ways(graph) == {
        ("batch.x", "fc"), ("fc", "Structures/mul"), ("more['scale']", "Structures/mul"),
        ("Structures/mul", "output['logits']"), ("Structures/mul", "Structures/add"),
        ("batch.pair.a", "Structures/add"), ("Structures/add", "output['pair'].a"), ("rest[0]", "output['pair'].b"),
        ("Structures/mul", "Structures/sub"), ("Structures/sub", "output['batch'].x"),
    }  # fmt: skip
    assert "batch.pair.b" in {node.key for node in graph.nodes}


def test_attributes_of_other_objects_are_inputs_where_they_are_used() -> None:
    class Data:
        def __init__(self) -> None:
            self.x, self.unused = X, torch.ones(1)

    class Net(nn.Module):
        def forward(self, data: Data) -> torch.Tensor:
            return data.x * 2

    assert ways(traced(Net(), Data())) == {("data.x", "Net/mul"), ("Net/mul", "output")}


def test_a_skip_goes_around_the_whole_way_down_and_up() -> None:
    assert ways(traced(UNet(), torch.ones(1, 1, 4, 4))) == {
        ("x", "down"), ("down", "middle"), ("middle", "up"), ("x", "UNet/cat"), ("up", "UNet/cat"),
        ("UNet/cat", "last"), ("last", "output"),
    }  # fmt: skip


def test_what_is_changed_in_place_goes_on_from_there() -> None:
    model = InPlace()
    assert ways(traced(model, X)) == {
        ("x", "fc"), ("fc", "InPlace/add"), ("x", "InPlace/add"), ("InPlace/add", "InPlace/setitem"),
        ("InPlace/setitem", "InPlace/getitem"), ("InPlace/getitem", "InPlace/mul"),
        ("InPlace/mul", "InPlace/add_2"), ("table", "InPlace/add_2"), ("InPlace/add_2", "output"),
    }  # fmt: skip


def test_parameters_that_are_used_directly_are_nodes_and_one_operation_is_a_layer() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = Scale()
            self.w = nn.Parameter(torch.ones(4, 2))
            self.constant = torch.ones(2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.scale(x) @ self.w + self.constant

    graph = traced(Net(), X)
    assert ways(graph) == {
        ("x", "scale"), ("scale", "Net/matmul"), ("w", "Net/matmul"), ("Net/matmul", "Net/add"),
        ("Net/constant", "Net/add"), ("Net/add", "output"),
    }  # fmt: skip
    nodes = {node.key: node for node in graph.nodes}
    assert (nodes["scale"].kind, nodes["scale"].op, nodes["scale"].params) == ("module", "Scale", 4)
    assert (nodes["w"].kind, nodes["w"].path, nodes["w"].params) == ("parameter", "w", 8)
    assert nodes["Net/constant"].kind == "constant"
    assert graph.params == 12


def test_a_model_that_is_one_layer_is_a_group_with_it() -> None:
    graph = traced(nn.Linear(4, 2), X)
    (node,) = [node for node in graph.nodes if node.kind == "module"]
    assert (node.path, node.group, node.key) == ("", "Linear", "Linear/Linear")
    assert ways(graph) == {("input", "Linear/Linear"), ("Linear/Linear", "output")}


def test_layers_with_parts_of_their_own_are_one_layer() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
            self.lstm = nn.LSTM(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y, _ = self.attention(x, x, x)
            return self.lstm(y)[1][0]  # type: ignore[no-any-return]

    graph = traced(Net().eval(), torch.ones(2, 3, 4))
    assert ways(graph) == {("x", "attention"), ("attention", "lstm"), ("lstm", "output")}
    assert [(e.src_out, e.dst_in) for e in graph.edges] == [(0, 0), (0, 1), (0, 2), (0, 0), (1, 0)]


def test_a_transformer_in_evaluation_mode_shows_its_inside() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    graph = traced(nn.TransformerEncoder(layer, 3).eval(), torch.ones(2, 3, 8))
    assert [g.repeat for g in graph.groups if g.repeat > 1] == [3]
    assert ("layers.0.self_attn", "layers.0.dropout1") in ways(graph)


def test_functions_of_ones_own_for_gradients_are_nodes_with_their_names() -> None:
    class Cut(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
            return grad

    held: Any = Cut.apply
    w = torch.ones(4, 2, requires_grad=True)
    for apply in (held, lambda x: Cut.apply(x)):  # noqa: PLW0108

        def function(x: torch.Tensor, apply: Any = apply) -> Any:
            return apply(x @ w).sum()

        assert ways(traced(function, X)) == {
            ("x", "function/matmul"), ("w", "function/matmul"), ("function/matmul", "function/Cut"),
            ("function/Cut", "function/sum"), ("function/sum", "output"),
        }  # fmt: skip
    assert "apply" not in vars(torch.autograd.function._SingleLevelFunction)


def test_checkpointing_no_grad_and_autocast_change_nothing() -> None:
    from torch.utils.checkpoint import checkpoint

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = checkpoint(self.a, x, use_reentrant=False)
            x = checkpoint(self.b, x.requires_grad_(), use_reentrant=True)
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                return self.c(x)  # type: ignore[no-any-return]

    for backward in (False, True):
        graph = traced(Net(), X.clone(), backward=backward)
        before = {way for way in ways(graph) if "backward" not in way[1]}
        assert before == {("x", "a"), ("a", "b"), ("b", "c"), ("c", "output")}
        assert next(n for n in graph.nodes if n.path == "c").outputs[0].dtype == "bfloat16"


def test_tensors_that_are_iterated_unpacked_and_split() -> None:
    def function(x: torch.Tensor) -> torch.Tensor:
        first, *_ = x
        low, high = x.chunk(2, 1)
        total = sum(row.sum() for row in x)
        return first.sum() + low.mul(high).T.sum() + total

    graph = traced(function, X)
    iterated = [n for n in graph.nodes if n.op == "unbind"]
    assert [len(n.outputs) for n in iterated] == [3, 3]
    assert {e.src_out for e in graph.edges if e.src == "function/chunk"} == {0, 1}
    assert not [n for n in graph.nodes if n.kind == "constant"]


def test_deep_nesting_and_long_loops() -> None:
    net: nn.Module = nn.Linear(4, 4)
    for _ in range(220):
        net = nn.Sequential(net)
    assert traced(net, X).params == 20

    def long(x: torch.Tensor) -> torch.Tensor:
        for _ in range(3000):
            x = x + 1
        return x

    assert len(traced(long, X).nodes) == 3002
