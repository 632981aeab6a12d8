"""What a trace of a PyTorch model says besides edges: failures, missing inputs, sources, what is shared or compiled."""

from __future__ import annotations

import functools
import gc
import weakref
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from nnwidgets._errors import GraphError
from nnwidgets.frameworks._torch_graph import trace
from tests.frameworks.torch_models import (
    Residual,
    traced,
    ways,
)

X = torch.linspace(-1, 2, 12).reshape(3, 4)


def test_a_failing_pass_gives_the_part_before_with_the_failure_marked() -> None:
    graph = traced(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(7, 2), nn.ReLU()), X)
    assert ways(graph) == {("input", "0"), ("0", "1"), ("1", "2")}
    assert graph.failed is not None
    assert graph.failed.key == "2"
    assert str(graph.failed.error).startswith("RuntimeError: mat1 and mat2 shapes cannot be multiplied")

    def function(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        return y @ y

    failed = traced(function, X).failed
    assert failed is not None
    assert failed.op == "matmul"

    class Raises(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ValueError(f"no {len(x * 2)}\nsecond line")

    failed = traced(Raises(), X).failed
    assert failed is not None
    assert (failed.group, failed.error) == ("Raises", "ValueError: no 3")


def test_an_error_that_is_caught_is_no_failure() -> None:
    class Tries(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wrong = nn.Linear(5, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            try:
                return self.wrong(x)  # type: ignore[no-any-return]
            except RuntimeError:
                try:
                    return x @ x
                except RuntimeError:
                    return x * 2

    graph = traced(Tries(), X)
    assert graph.failed is None
    assert ways(graph) >= {("x", "Tries/mul"), ("Tries/mul", "output")}


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, r"Give an example input: nnw\.trace\(model, x, mask\)"),
        ((X,), {}, r"forward\(\) also needs 'mask': nnw\.trace\(model, x, mask=…\)"),
        ((), {"mask": X}, r"forward\(\) also needs 'x': nnw\.trace\(model, mask=…, x=…\)"),
        ((X, X, X), {}, r"forward\(\) cannot be called like this: too many positional arguments"),
        ((X, X), {"other": 1}, r"got an unexpected keyword argument 'other'"),
    ],
)
def test_inputs_that_do_not_fit_are_said(args: Any, kwargs: Any, said: str) -> None:
    class Net(nn.Module):
        def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return x * mask

    with pytest.raises(GraphError, match=said):
        trace(Net(), args, kwargs)


def test_lazy_modules_are_not_made_by_us() -> None:
    model = nn.Sequential(nn.LazyLinear(3))
    with pytest.raises(GraphError, match="Call the model once"):
        trace(model, (X,), {})
    assert isinstance(model[0], nn.LazyLinear)


def test_a_trace_keeps_no_activation_alive() -> None:
    kept: list[weakref.ref[torch.Tensor]] = []

    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = x * 2
            kept.append(weakref.ref(y))
            y = y + 1
            assert kept[-1]() is None
            return y

    graph = traced(Net(), X)
    gc.collect()
    assert kept[0]() is None
    assert len(graph.nodes) == 4


def test_where_modules_are_made_and_functions_called_is_known() -> None:
    nodes = {n.key: n for n in traced(Residual(), X).nodes}
    lines = {key: nodes[key].source for key in ("fc1", "fc2", "Residual/relu")}
    assert all(str(line).startswith("torch_models.py:") for line in lines.values())
    numbers = [int(str(line).split(":")[1]) for line in lines.values()]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 4]


def test_tied_parameters_are_counted_once() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(7, 4)
            self.head = nn.Linear(4, 7, bias=False)
            self.head.weight = self.embedding.weight

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.head(self.embedding(ids))  # type: ignore[no-any-return]

    graph = traced(Tied(), torch.zeros(2, 3, dtype=torch.long))
    assert graph.params == 28
    assert "share" in graph.notes[0]


def test_compiled_models_are_traced_as_they_were_written() -> None:
    plain = Residual()
    expected = traced(plain, X)
    compiled = traced(torch.compile(plain, backend="eager"), X)
    assert (compiled.nodes, compiled.edges) == (expected.nodes, expected.edges)
    assert "compiled" in compiled.notes[0]
    inside = traced(nn.Sequential(torch.compile(plain, backend="eager"), nn.ReLU()), X)
    assert ("0._orig_mod.fc1", "0._orig_mod/relu") in ways(inside)
    again = Residual()
    again.compile(backend="eager")
    assert ways(traced(again, X)) == ways(expected)


def test_models_that_need_gradients_within_their_forward_get_them() -> None:
    class Force(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.energy = nn.Linear(4, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x.clone().requires_grad_()
            (grad,) = torch.autograd.grad(self.energy(x).pow(2).sum(), x)
            return F.relu(grad)

    graph = traced(Force(), X)
    assert graph.failed is None
    assert ("Force/grad", "Force/relu") in ways(graph)


def test_functions_find_their_models_and_tensors_under_the_names_they_use() -> None:
    model, w = Residual(), torch.ones(4, 1, requires_grad=True)

    def step(x: torch.Tensor, net: nn.Module) -> torch.Tensor:
        return net(x) @ w  # type: ignore[no-any-return]

    graph = traced(functools.partial(step, net=model), X)
    assert {n.path for n in graph.nodes if n.path} == {"net.fc1", "net.fc2", "w"}
    assert [(g.type, g.parent) for g in graph.groups] == [("step", None), ("Residual", "step")]
    assert {n.path for n in traced(model.forward, X).nodes if n.path} == {"fc1", "fc2"}


def test_slices_of_a_transform_belong_to_what_they_are_slices_of() -> None:
    graph = traced(lambda x: torch.vmap(lambda row: row * 2)(x), X)  # noqa: PLW0108 — it has no name else
    assert ("x", "lambda/mul") in ways(graph)
    assert "not seen" in graph.notes[0]
