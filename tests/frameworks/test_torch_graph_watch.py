"""The graph of a person's own next pass: of the whole model, of parts, of what is compiled."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch._dynamo
from torch import nn

from nnwidgets.frameworks import _torch_graph_calls
from nnwidgets.frameworks._torch_graph import trace
from nnwidgets.frameworks.torch import TorchFramework
from nnwidgets.graph import Graph
from tests.frameworks.torch_models import GAN, Noisy, Residual, mlp, ways

PLAIN_CALL = nn.Module.__call__
X = torch.ones(2, 4)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    stayed = list(_torch_graph_calls._takers)
    for taker in stayed:
        _torch_graph_calls.end(taker)
    assert not stayed


def refused(fault: Exception) -> None:
    raise AssertionError from fault


def watched(model: nn.Module) -> tuple[list[Graph], Callable[[], None]]:
    graphs: list[Graph] = []
    return graphs, TorchFramework(model).watch_graph(graphs.append, refused)


def frames() -> int:
    from torch._dynamo.utils import counters

    return int(counters["stats"]["unique_graphs"])


def test_the_next_pass_in_training_mode_is_taken_once() -> None:
    model = Residual()
    graphs, end = watched(model)
    model.eval()(X)
    with torch.no_grad():
        model.train()(X)
    assert not graphs
    model(X)
    assert nn.Module.__call__ is PLAIN_CALL
    model(X)
    assert ways(graphs[0]) == ways(trace(model, (X,), {}))
    assert graphs[0].hash == trace(model, (X,), {}).hash
    assert len(graphs) == 1
    end()


def test_what_is_not_watched_any_more_gives_nothing() -> None:
    model = Residual()
    graphs, end = watched(model)
    end()
    end()
    assert nn.Module.__call__ is PLAIN_CALL
    model(X)
    assert not graphs


def test_two_models_are_watched_side_by_side() -> None:
    one, other = Residual(), mlp()
    graphs, _ = watched(one)
    others, _ = watched(other)
    one(X)
    assert (len(graphs), len(others)) == (1, 0)
    other(X)
    assert (len(graphs), len(others)) == (1, 1)
    assert nn.Module.__call__ is PLAIN_CALL


def test_lazy_layers_are_shown_as_what_they_became() -> None:
    model = nn.Sequential(nn.LazyLinear(3))
    graphs, _ = watched(model)
    model(X)
    (node,) = [n for n in graphs[0].nodes if n.kind == "module"]
    assert (node.op, node.params) == ("Linear", 15)


def test_the_parts_of_a_gan_are_joined_over_one_step() -> None:
    gan = GAN()
    graphs, _ = watched(gan)
    first, second = (torch.optim.SGD(part.parameters(), 0.1) for part in (gan.discriminator, gan.generator))
    for step in range(2):
        assert len(graphs) == 0, step
        real = gan.discriminator(torch.randn(5, 3))
        fake = gan.generator(torch.randn(5, 2))
        guessed = gan.discriminator(fake.detach())
        (guessed.mean() - real.mean()).backward()
        first.step()
        (-gan.discriminator(fake).mean()).backward()
        second.step()
    (graph,) = graphs
    assert ways(graph) == {
        ("input", "discriminator.0"), ("input_2", "generator.0"), ("generator.0", "generator.1"),
        ("generator.1", "GAN/detach"), ("GAN/detach", "discriminator.0@2"), ("generator.1", "discriminator.0@3"),
        ("discriminator.0", "output of discriminator"), ("discriminator.0@2", "output of discriminator_2"),
        ("discriminator.0@3", "output of discriminator_3"),
    }  # fmt: skip
    assert {group.path for group in graph.groups} == {"", "discriminator", "generator"}
    assert "not called as a whole" in graph.notes[0]
    assert nn.Module.__call__ is PLAIN_CALL


def test_what_is_computed_between_parts_is_read_off_the_way_back() -> None:
    class VAE(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encode, self.decode = nn.Linear(4, 4), nn.Linear(2, 4)
            self.scale = nn.Parameter(torch.ones(2))

    model = VAE()
    graphs, end = watched(model)
    mean, spread = model.encode(X).chunk(2, 1)
    model.decode(mean + spread.exp() * model.scale).sum().backward()
    end()
    assert ways(graphs[0]) == {
        ("input", "encode"), ("encode", "VAE/split"), ("VAE/split", "VAE/exp"), ("VAE/exp", "VAE/mul"),
        ("scale", "VAE/mul"), ("VAE/split", "VAE/add"), ("VAE/mul", "VAE/add"), ("VAE/add", "decode"),
        ("decode", "output of decode"),
    }  # fmt: skip
    assert {(e.src_out, e.dst) for e in graphs[0].edges if e.src == "VAE/split"} == {
        (0, "VAE/add"),
        (1, "VAE/exp"),
    }


def test_forward_called_by_hand_is_followed_by_its_parts() -> None:
    model = mlp()
    graphs, end = watched(model)
    for _ in range(2):
        model.forward(X)
    end()
    assert {("0", "1"), ("1", "2")} <= ways(graphs[0])


def test_a_module_list_gives_its_parts() -> None:
    model = nn.ModuleDict({"a": nn.Linear(4, 4), "b": nn.Linear(4, 1)})
    graphs, end = watched(model)
    model["b"](torch.relu(model["a"](X)))
    end()
    assert ("a", "ModuleDict/relu") in ways(graphs[0])
    assert ("ModuleDict/relu", "b") in ways(graphs[0])


def test_parts_are_forgotten_when_the_whole_is_called() -> None:
    model = mlp()
    graphs, _ = watched(model)
    model[0](X)
    model(X)
    assert ways(graphs[0]) == ways(trace(model, (X,), {}))


@pytest.mark.parametrize("how", ["wrapper", "wrapper in hand", "in place", "inside", "part"])
def test_what_is_compiled_is_traced_aside_and_not_compiled_anew(how: str) -> None:
    torch._dynamo.reset()
    torch.manual_seed(0)
    model: Any = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.BatchNorm1d(4))
    called = watched_model = model
    if how.startswith("wrapper"):
        called = torch.compile(model, backend="eager")
        watched_model = called if how == "wrapper" else model
    elif how == "in place":
        model.compile(backend="eager")
    elif how == "inside":
        called = watched_model = model = nn.Sequential(torch.compile(model, backend="eager"), nn.ReLU())
    else:
        watched_model = nn.ModuleDict({"net": model})
        called = torch.compile(model, backend="eager")
    plain = [called(X) for _ in range(2)][1]
    compiled, counted, state = frames(), model.state_dict(), torch.get_rng_state()
    before = {name: tensor.clone() for name, tensor in counted.items()}
    graphs, end = watched(watched_model)
    assert nn.Module.__call__ is not PLAIN_CALL
    result = called(X)
    end()
    after = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert len(graphs) == 1
    assert any(("0" in src, "1" in dst) == (True, True) for src, dst in ways(graphs[0]))
    model.load_state_dict(before)
    torch.set_rng_state(state)
    assert torch.equal(called(X), result)
    assert all(torch.equal(after[name], tensor) for name, tensor in model.state_dict().items())
    assert plain.shape == result.shape
    assert frames() == compiled
    assert nn.Module.__call__ is PLAIN_CALL


def test_a_compiled_step_is_not_compiled_anew_by_a_watch() -> None:
    torch._dynamo.reset()
    model = mlp()
    step = torch.compile(lambda x: model(x).sum(), backend="eager", fullgraph=True)
    step(X)
    compiled = frames()
    graphs, end = watched(model)
    step(X)
    end()
    assert frames() == compiled
    assert not graphs


def test_what_is_compiled_while_somebody_watches_need_not_be_compiled_again() -> None:
    torch._dynamo.reset()
    model = mlp()
    graphs, end = watched(model)
    called: Any = torch.compile(model, backend="eager", fullgraph=True)
    with torch.no_grad():
        called(X)
    end()
    compiled = frames()
    assert not graphs
    with torch.no_grad():
        called(X)
    assert frames() == compiled


def test_a_model_within_another_module_is_found() -> None:
    model = Residual()
    graphs, _ = watched(model)
    nn.Sequential(nn.Linear(4, 4), model)(X)
    assert ways(graphs[0]) == ways(trace(model, (X,), {}))


def test_a_wrapper_for_several_devices_does_not_matter() -> None:
    model = nn.DataParallel(mlp())
    graphs, _ = watched(model)
    model(X)
    assert ("module.0", "module.1") in ways(graphs[0])
    assert ("module.0", "module.1") in ways(trace(model, (X,), {}))


def test_an_own_pass_keeps_no_activation_alive() -> None:
    model = Noisy()
    graphs, _ = watched(model)
    kept = weakref.ref(model(torch.ones(4, 1, 4)))
    gc.collect()
    assert kept() is None
    assert len(graphs) == 1
