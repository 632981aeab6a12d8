"""The way back, beside the way there and alone."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch

from nnwidgets._errors import GraphError
from nnwidgets.frameworks._torch_graph import trace
from nnwidgets.graph import Array
from tests.frameworks.torch_models import Residual, mlp, ways


def test_a_step_by_hand_shows_both_ways() -> None:
    w = torch.ones(3, 1, requires_grad=True)
    graph = trace(
        lambda x, y: ((x @ w - y) ** 2).mean(), (torch.ones(5, 3), torch.ones(5, 1)), {}, backward=True
    )
    assert ways(graph) == {
        ("x", "lambda/matmul"), ("w", "lambda/matmul"), ("lambda/matmul", "lambda/sub"), ("y", "lambda/sub"),
        ("lambda/sub", "lambda/pow"), ("lambda/pow", "lambda/mean"), ("lambda/mean", "output"),
        ("output", "backward/MeanBackward"), ("backward/MeanBackward", "backward/PowBackward"),
        ("backward/PowBackward", "backward/SubBackward"), ("backward/SubBackward", "backward/MmBackward"),
        ("backward/MmBackward", "backward/w"),
    }  # fmt: skip
    of = {n.key: n.of for n in graph.nodes if n.kind == "backward"}
    assert (of["backward/MmBackward"], of["backward/w"]) == ("lambda/matmul", "w")
    last = graph.nodes[-1]
    assert (last.op, last.name, last.outputs) == ("AccumulateGrad", "w", (Array((3, 1), "float32"),))
    assert next(e.array for e in graph.edges if e.dst == "backward/SubBackward") == Array((5, 1), "float32")
    assert w.grad is None
    assert graph.params == 3


def test_steps_within_a_layer_belong_to_it() -> None:
    model = Residual()
    graph = trace(model, (torch.ones(2, 4),), {}, backward=True)
    nodes = {n.key: n for n in graph.nodes}
    assert nodes["backward/fc1.weight"].of == "fc1"
    assert {n.of for n in graph.nodes if n.op in ("AddmmBackward", "TBackward")} == {"fc1", "fc2"}
    assert [n.of for n in graph.nodes if n.op == "AddBackward"] == ["Residual/add"]
    assert all(p.grad is None for p in model.parameters())


def test_a_loss_alone_shows_the_way_back_from_it() -> None:
    graph = trace(mlp()(torch.ones(2, 4)).sum(), (), {})
    assert graph.extractor == "backward"
    assert [n.op for n in graph.nodes][:4] == ["output", "SumBackward", "AddmmBackward", "AccumulateGrad"]
    with pytest.raises(GraphError, match="no grad_fn"):
        trace(torch.ones(2), (), {})


def test_nothing_to_go_back_for_is_said() -> None:
    graph = trace(lambda x: x * 2, (torch.ones(2),), {}, backward=True)
    assert "no way back" in graph.notes[0]


def test_a_long_chain_goes_back_without_recursion_and_nothing_is_kept() -> None:
    kept = []

    def chain(x: torch.Tensor) -> torch.Tensor:
        for _ in range(3000):
            x = x * 1.0
        kept.append(weakref.ref(x))
        return x.sum()

    graph = trace(chain, (torch.ones(2, requires_grad=True),), {}, backward=True)
    assert sum(n.op == "MulBackward" for n in graph.nodes) == 3000
    gc.collect()
    assert kept[0]() is None
