"""Trainings that use torch in unusual ways, watched and sampled in every step: they go as if nobody looked."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize
from torch.overrides import TorchFunctionMode, _len_torch_function_stack  # type: ignore[attr-defined]
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

import nnwidgets as nnw
from nnwidgets._sampling_plan import Plan
from nnwidgets.frameworks import _torch_graph_calls
from nnwidgets.frameworks._torch_tape import Tape
from nnwidgets.frameworks.torch import TorchFramework
from nnwidgets.run import Run

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PLAIN_CALL = nn.Module.__call__
BATCHES = [torch.linspace(i - 3, i, 32).reshape(8, 4) for i in range(6)]
Step = Callable[[torch.Tensor], Any]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert nn.Module.__call__ is PLAIN_CALL
    assert not _len_torch_function_stack()
    assert not _torch_graph_calls._takers


def mlp() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))


def sampled(model: nn.Module, optimizer: torch.optim.Optimizer | None = None) -> Run:
    run = nnw.watch(model, optimizer, store=False, show=False)
    run._sampling.plan = Plan(every_step=True)
    run._sampling.open()
    return run


def trained(
    watch: bool, make: Callable[[nn.Sequential, torch.optim.Optimizer], Step]
) -> tuple[list[Any], Run | None]:
    """Train a small model, and return what each step returned and all parameters."""
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = sampled(model, optimizer) if watch else None
    step = make(model, optimizer)
    results: list[Any] = [step(x) for x in (BATCHES if run is None else run.train(BATCHES))]
    if run is not None:
        run.finish()
        assert run.notices == []
    return [*results, *(parameter.tolist() for parameter in model.parameters())], run


def plain_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor) -> float:
    loss = model(x).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


class Dispatched(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


def test_a_dispatch_mode_sees_nothing_of_a_sample() -> None:
    def make(model: nn.Module, optimizer: torch.optim.Optimizer) -> Step:
        def step(x: torch.Tensor) -> list[str]:
            with Dispatched() as mode:
                plain_step(model, optimizer, x)
            return mode.seen

        return step

    results, run = trained(True, make)
    assert results == trained(False, make)[0]
    assert run is not None
    assert run.history.layers.series("0", "mean")[0].size == 6


def test_selective_checkpointing_in_a_loop_that_logs_before_its_backward() -> None:
    keep = functools.partial(
        create_selective_checkpoint_contexts, lambda *_, **__: CheckpointPolicy.MUST_SAVE
    )
    model = mlp()
    del model[2]  # torch itself does not checkpoint a dropout like this
    run = sampled(model)
    for x in BATCHES:
        loss: Any = checkpoint(model, x, use_reentrant=False, context_fn=keep).square().mean()
        run.log(loss=loss)
        loss.backward()
    run.finish()
    assert run.notices == []
    assert len(run.history.layers) > 3


@pytest.mark.filterwarnings("error::torch.jit.TracerWarning")
def test_a_model_is_traced_by_jit_in_a_sampled_step() -> None:
    def make(model: nn.Module, optimizer: torch.optim.Optimizer) -> Step:
        def step(x: torch.Tensor) -> tuple[bool, float]:
            model.eval()
            traced = torch.jit.trace(model, x)
            same = torch.equal(traced(x), model(x))
            model.train()
            return same, plain_step(model, optimizer, x)

        return step

    assert trained(True, make)[0] == trained(False, make)[0]


def test_scripted_parts_are_measured_as_a_whole() -> None:
    def make(model: nn.Sequential, optimizer: torch.optim.Optimizer) -> Step:
        model[0] = torch.jit.script(nn.Sequential(model[0], nn.Tanh()))
        return functools.partial(plain_step, model, optimizer)

    results, run = trained(True, make)
    assert results == trained(False, make)[0]
    assert run is not None
    assert run.history.layers.layout is not None
    assert run.history.layers.layout.modules == ("0", "1", "2", "3")
    assert run.history.layers.series("0", "mean")[0].size == 6


@pytest.mark.parametrize("whole", [True, False])
def test_a_scripted_model_is_watched_and_kept(whole: bool) -> None:
    scripted: Any = torch.jit.script(mlp())
    model = scripted if whole else nn.Sequential(scripted)
    run = sampled(model, torch.optim.SGD(model.parameters(), 0.1))
    for x in run.train(BATCHES):
        loss = model(x).square().sum()
        loss.backward()
        run.log(loss=loss)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    back = TorchFramework(model).snapshot()
    for parameter in model.parameters():
        parameter.data.add_(1.0)
    back.restore()
    run.finish()
    assert run.notices == []
    assert run.graph is not None
    assert run.history.layers.series("" if whole else "0", "mean")[0].size == 6
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("what", ["loss", "optimizer", "step"])
def test_what_is_compiled_around_a_model_is_compiled_once(what: str) -> None:
    import torch._dynamo
    from torch._dynamo.testing import CompileCounter

    frames: list[int] = []

    def make(model: nn.Module, optimizer: torch.optim.Optimizer) -> Step:
        torch._dynamo.reset()
        counter = CompileCounter()
        compiled = functools.partial(torch.compile, backend=counter)
        loss = compiled(lambda x: model(x).square().mean()) if what == "loss" else None
        update = compiled(optimizer.step) if what == "optimizer" else optimizer.step

        def step(x: torch.Tensor) -> float:
            value = model(x).square().mean() if loss is None else loss(x)
            optimizer.zero_grad()
            value.backward()
            update()
            frames[-1] = counter.frame_count
            return float(value.item())

        return compiled(step) if what == "step" else step

    for watch in (False, True):
        frames.append(0)
        trained(watch, make)
    assert frames[0] == frames[1]


class Strange(nn.Module):
    """Has arguments with names that wrappers like to use themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor, *, module: float, original: float, one: float) -> Any:
        return self.inner(x) * module * original * one


@pytest.mark.parametrize("as_part", [False, True])
def test_arguments_may_have_any_name(as_part: bool) -> None:
    strange = Strange()
    model: nn.Module = nn.ModuleDict({"part": strange}) if as_part else strange
    run = sampled(model)
    for x in run.train(BATCHES):
        strange(x, module=2.0, original=3.0, one=4.0).sum().backward()
    run.finish()
    assert run.notices == []
    assert run.graph is not None


def test_the_limit_of_recursion_comes_back_however_watches_overlap() -> None:
    limit = sys.getrecursionlimit()
    watches = [TorchFramework(mlp()).watch_graph(lambda _: None) for _ in range(3)]
    assert sys.getrecursionlimit() > limit
    for end in watches:
        end()
    assert sys.getrecursionlimit() == limit


def test_a_graph_is_taken_though_the_first_passes_were_interrupted() -> None:
    class Interrupted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.errors = nn.Linear(4, 2), [KeyboardInterrupt(), ValueError("too large")]

        def forward(self, x: torch.Tensor) -> Any:
            if self.errors:
                raise self.errors.pop(0)
            return self.inner(x)

    model = Interrupted()
    run = nnw.watch(model, store=False, show=False)
    for error in (KeyboardInterrupt, ValueError):
        with pytest.raises(error):
            for x in run.train(BATCHES):
                model(x)
    assert run.graph is not None
    assert run.graph.failed is not None
    for x in run.train(BATCHES):
        model(x)
    run.finish()
    assert [node.op for node in run.graph.nodes] == ["input", "Linear", "output"]


def test_a_pass_of_ours_leaves_what_torch_keeps_of_weights() -> None:
    model = nn.Sequential(parametrizations.orthogonal(nn.Linear(4, 4)))
    with parametrize.cached():
        nnw.trace(model, BATCHES[0])
        model(BATCHES[0]).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_a_frozen_transformer_evaluates_the_fast_way_in_the_first_step() -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.Sequential(nn.Linear(4, 8), layer.eval().requires_grad_(False), nn.Linear(8, 2))
    seen: list[str] = []

    class Functions(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func.__name__)
            return func(*args, **(kwargs or {}))

    tape = Tape(model)
    tape.open()
    with torch.no_grad(), Dispatched() as mode:
        model(BATCHES[0][None])
    assert "aten._transformer_encoder_layer_fwd.default" in mode.seen
    with Functions():  # what comes later stays above
        model(BATCHES[0][None]).mean().backward()
    assert "mean" in seen
    assert tape.close() is not None


def test_one_tensor_for_two_arguments_is_one_input() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 4)

        def forward(self, ids: torch.Tensor, labels: torch.Tensor) -> Any:
            return (self.inner(ids) - labels).square().mean()

    x = BATCHES[0]
    graph = nnw.trace(Own(), x, labels=x)
    assert [node.name for node in graph.nodes if node.kind == "input"] == ["ids, labels"]


def test_who_waits_for_another_model_is_not_in_the_way() -> None:
    ends = [TorchFramework(mlp()).watch_graph(lambda _: None) for _ in range(100)]
    net: nn.Module = nn.Linear(4, 4)
    for _ in range(150):
        net = nn.Sequential(net)
    end = TorchFramework(net).watch_graph(lambda _: None)
    with torch.no_grad():
        assert net(BATCHES[0]).shape == (8, 4)
    for one in (*ends, end):
        one()
