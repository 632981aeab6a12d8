"""Neither tracing nor watching changes anything of a training."""

from __future__ import annotations

import copy
import inspect
import pickle
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack  # type: ignore[attr-defined]

from nnwidgets.frameworks import _torch_graph_ledger, _torch_graph_recorder
from nnwidgets.frameworks._torch_graph import trace
from nnwidgets.frameworks._torch_tape import Tape
from nnwidgets.frameworks.torch import TorchFramework
from nnwidgets.graph import Graph
from tests.frameworks.torch_models import Noisy, Scale, mlp, ways

X = torch.linspace(-1, 1, 16).reshape(4, 1, 4)
PLAIN_CALL = nn.Module.__call__


def nothing_is_installed() -> bool:
    return (
        nn.Module.__call__ is PLAIN_CALL
        and torch._C._is_torch_function_enabled()
        and not _get_current_function_mode_stack()
        and "apply" not in vars(torch.autograd.function._SingleLevelFunction)
    )


def state_of(model: nn.Module) -> Any:
    tensors = {name: (id(t), t._version, t.clone()) for name, t in model.state_dict(keep_vars=True).items()}
    own = [{k: copy.copy(v) for k, v in vars(m).items() if not k.startswith("_")} for m in model.modules()]
    random_states = random.getstate(), np.random.get_state()[2], torch.get_rng_state().tolist()  # noqa: NPY002
    grads = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    return tensors, own, random_states, grads


def same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_a_trace_changes_nothing(backward: bool, training: bool) -> None:
    model = Noisy().train(training)
    model(X).sum().backward()
    model.norm.eval()
    before, limit = state_of(model), sys.getrecursionlimit()
    graph = trace(model, (X,), {}, backward=backward)
    assert graph.failed is None
    assert same(state_of(model), before)
    assert sys.getrecursionlimit() == limit
    assert nothing_is_installed()


def test_inputs_and_tensors_from_outside_that_a_forward_changes_come_back() -> None:
    class Changes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                self.weight.clamp_(max=0.5)
            y[1:].mul_(2)
            outside.zero_()
            return self.relu(x) * self.weight + y  # type: ignore[no-any-return]

    model, x, y, outside = Changes(), torch.tensor([-1.0, 0, 1]), torch.ones(3), torch.ones(3)
    versions = [t._version for t in (x, y, outside, model.weight)]
    trace(model, (x, y), {})
    assert x.tolist() == [-1, 0, 1]
    assert y.tolist() == outside.tolist() == model.weight.tolist() == [1, 1, 1]
    assert model.weight._version == versions[3]


def test_a_trace_between_forward_and_backward_does_not_disturb_it() -> None:
    model = Noisy()
    loss = model(X).sum()
    trace(model, (X,), {})
    loss.backward()


def losses(begin: Callable[[nn.Module], object], kind: type[nn.Module] = Noisy) -> list[float]:
    torch.manual_seed(0)
    model = kind()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9)
    begin(model)
    found = []
    for step in range(30):
        if step == 10:
            begin(model)
        loss = model(X + step / 30).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def test_thirty_steps_give_the_same_losses_with_and_without_a_watch() -> None:
    graphs: list[Graph] = []
    plain = losses(lambda model: None)
    assert losses(lambda model: TorchFramework(model).watch_graph(graphs.append)) == plain
    assert losses(lambda model: trace(model, (X,), {}, backward=True)) == plain
    assert len(graphs) == 2
    assert graphs[0].hash == graphs[1].hash
    assert nothing_is_installed()


def test_a_frozen_transformer_takes_its_fast_way_all_the_same() -> None:
    class Frozen(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
            self.head = nn.Linear(8, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.encoder.eval()
            with torch.no_grad():
                y = self.encoder(x.expand(4, 2, 4).repeat(1, 1, 2))
            return self.head(y)  # type: ignore[no-any-return]

    graphs: list[Graph] = []
    plain = losses(lambda model: None, Frozen)
    assert losses(lambda model: TorchFramework(model).watch_graph(graphs.append), Frozen) == plain
    assert ("Frozen/repeat", "encoder") in ways(graphs[0])
    assert "evaluation mode" in graphs[0].notes[0]


class Interrupted(nn.Module):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.fc, self.error = nn.Linear(4, 4), error

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.fc(x)
        raise self.error
        return y


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("no"), SystemExit()])
def test_nothing_stays_installed_whatever_a_forward_raises(error: BaseException) -> None:
    graphs: list[Graph] = []
    model = Interrupted(error)
    TorchFramework(model).watch_graph(graphs.append)
    with pytest.raises(type(error)) as raised:
        model(X)
    assert raised.value is error
    assert nothing_is_installed()
    assert [str(g.failed and g.failed.error) for g in graphs] == (
        ["ValueError: no"] if isinstance(error, ValueError) else []
    )
    if not isinstance(error, Exception):
        with pytest.raises(type(error)):
            trace(model, (X,), {})
        assert nothing_is_installed()


def test_an_interrupt_anywhere_in_ours_leaves_nothing_installed() -> None:
    model = nn.Sequential(nn.Linear(4, 4), Scale(), nn.ReLU())
    x = torch.ones(2, 4)

    def interrupted_at(wanted: int) -> bool:
        """Raise where Python looks for an interrupt: at the beginning of a function, and after one of C's."""
        seen = 0

        def look(frame: Any, event: str, argument: Any) -> None:
            nonlocal seen
            # A generator that is closed early is told to be called as well, where no interrupt would come.
            plain = not frame.f_code.co_flags & inspect.CO_GENERATOR
            if event in ("call", "c_return") and plain and "_torch_graph_" in frame.f_code.co_filename:
                seen += 1
                if seen == wanted:
                    raise KeyboardInterrupt

        end = TorchFramework(model).watch_graph(lambda graph: None)
        sys.setprofile(look)
        try:
            model(x)
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
            end()
        return seen >= wanted

    limit, at = sys.getrecursionlimit(), 1
    while interrupted_at(at):
        assert nothing_is_installed()
        assert sys.getrecursionlimit() == limit
        at += 1
    assert at > 100


@pytest.mark.parametrize(
    ("home", "name"),
    [
        (_torch_graph_recorder.Recorder, "_enter"),
        (_torch_graph_recorder.Recorder, "_leave"),
        (_torch_graph_recorder.Recorder, "_after"),
        (_torch_graph_ledger.Ledger, "bind"),
        (_torch_graph_ledger.Ledger, "__init__"),
    ],
)
def test_a_fault_of_ours_is_reported_and_the_pass_goes_on(
    home: type, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("ours")

    graphs: list[Graph] = []
    faults: list[Exception] = []
    torch.manual_seed(0)
    model = Noisy()
    torch.manual_seed(1)
    expected = model(X)
    other = Noisy()
    other.load_state_dict(model.state_dict())
    monkeypatch.setattr(home, name, broken)
    TorchFramework(other).watch_graph(graphs.append, faults.append)
    torch.manual_seed(1)
    assert torch.equal(other(X), expected)
    assert other.count == 1
    assert not graphs
    assert [str(fault) for fault in faults] == ["ours"]
    assert nothing_is_installed()


def test_a_fault_in_who_takes_the_graph_does_not_reach_the_training(caplog: pytest.LogCaptureFixture) -> None:
    model = mlp()
    TorchFramework(model).watch_graph(lambda graph: 1 / 0)
    model(torch.ones(2, 4))
    assert "could not be taken" in caplog.text


def test_a_watched_model_can_be_copied_and_pickled() -> None:
    model = mlp()
    end = TorchFramework(model).watch_graph(lambda graph: None)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert vars(other).keys() == vars(model).keys() == vars(mlp()).keys()
        assert torch.equal(other(torch.ones(2, 4)), model.eval()(torch.ones(2, 4)))
    end()
    assert nothing_is_installed()


def test_a_tape_and_other_modes_see_what_they_see_without_us() -> None:
    class Mode(TorchFunctionMode):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[str] = []

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.seen.append(func.__name__)
            return func(*args, **(kwargs or {}))

    def seen(watch: bool) -> tuple[list[str], float | None]:
        torch.manual_seed(0)
        model, graphs = mlp(), []
        tape = Tape(model)
        tape.open()
        end = TorchFramework(model).watch_graph(graphs.append) if watch else None
        with Mode() as mode:
            loss = model(torch.ones(2, 4)).pow(2).mean()
        loss.backward()
        replay = tape.close()
        assert len(graphs) == watch
        if end is not None:
            end()
        assert replay is not None
        return mode.seen, replay.loss()

    assert seen(True) == seen(False)
