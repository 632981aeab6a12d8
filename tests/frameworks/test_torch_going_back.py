"""PyTorch: what follows after going back, whatever the loader is and whenever it was asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

import nnwidgets as nnw
from nnwidgets import Run
from nnwidgets._errors import SnapshotError
from tests.frameworks.test_torch_snapshots import Lesson
from tests.trainer import outcome

DATA = TensorDataset(torch.arange(24.0)[:, None])


def seen_by(
    loader_of: Callable[[int], Iterable[Any]], acts: dict[int, Callable[[Run], Any]], epochs: int = 3
) -> tuple[Run, list[list[float]]]:
    """Train on what the loader of each epoch gives, and act after some steps; return the batches of each epoch."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    run = nnw.watch(model, torch.optim.SGD(model.parameters(), 1e-6), show=False, store=False)
    seen: list[list[float]] = []
    for epoch in run.epochs(epochs):
        seen.append([])
        for batch in run.train(loader_of(epoch)):
            seen[-1].append(float(batch[0].flatten()[0]))
            act = acts.get(run.steps)
            if act is not None:
                act(run)
    return run, seen


def note_of(run: Run) -> str:
    """What the last way back says of the batches that follow."""
    return next(o.note or "" for o in reversed(run.interventions) if o.control == "restore")


def take(run: Run) -> None:
    run.snapshots.take("here")


def back(run: Run) -> None:
    next(s for s in run.snapshots if s.label == "here").restore()


@pytest.mark.parametrize("wrapped", [lambda loader: (b for b in loader), enumerate, zip])
def test_what_can_only_go_on_loses_no_batch(wrapped: Callable[[Any], Any]) -> None:
    batches = [torch.full((2, 1), float(i)) for i in range(8)]
    plain = [
        torch.as_tensor(b[-1] if isinstance(b, tuple) else b).flatten()[0].item() for b in wrapped(batches)
    ]
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    run = nnw.watch(model, torch.optim.SGD(model.parameters(), 0.1), show=False, store=False)
    seen = []
    for batch in run.train(wrapped(batches)):
        seen.append(torch.as_tensor(batch[-1] if isinstance(batch, tuple) else batch).flatten()[0].item())
        {3: take, 6: back}.get(run.steps, lambda _: None)(run)
    assert seen == plain
    assert "goes on where it is" in note_of(run)
    run.finish()


class Wrapper:
    """A progress bar, for example."""

    def __init__(self, iterable: Any) -> None:
        self.iterable = iterable

    def __iter__(self) -> Any:
        return iter(self.iterable)


class Shuffled(Sampler[int]):
    """A sampler with a generator of its own."""

    def __init__(self) -> None:
        self.generator = np.random.default_rng(3)

    def __iter__(self) -> Any:
        return iter(self.generator.permutation(24).tolist())

    def __len__(self) -> int:
        return 24


def _always(loader: Any) -> Callable[[int], Any]:
    return lambda _: loader


def _own(**options: Any) -> Callable[[int], Any]:
    """Return a loader that is the same in each epoch."""
    return _always(DataLoader(DATA, 4, generator=torch.Generator().manual_seed(1), **options))


LOADERS: dict[str, Callable[[], Callable[[int], Any]]] = {
    "its own generator": lambda: _own(shuffle=True),
    "wrapped": lambda: _always(Wrapper(_own(shuffle=True)(0))),
    "made anew in each epoch": lambda: lambda _: DataLoader(DATA, 4, shuffle=True),
    "a sampler's own generator": lambda: _own(sampler=Shuffled()),
    "a list": lambda: _always([torch.full((2, 1), float(i)) for i in range(6)]),
}


@pytest.mark.parametrize("name", LOADERS)
def test_the_batches_of_the_first_time_follow(name: str) -> None:
    _, plain = seen_by(LOADERS[name](), {})
    run, seen = seen_by(LOADERS[name](), {2: take, 10: back})
    # In the second epoch, after its fourth batch, the first epoch goes on with its third.
    assert seen[1] == plain[1][:4] + plain[0][2:]
    assert seen[2] == plain[1]
    expected = "begins anew" if name == "a sampler's own generator" else "those of the first time"
    assert expected in note_of(run)


def test_the_epoch_that_a_sampler_was_told_comes_back() -> None:
    from torch.utils.data.distributed import DistributedSampler

    def loaders() -> Callable[[int], Any]:
        sampler = DistributedSampler(DATA, 1, 0, shuffle=True)  # type: ignore[var-annotated]
        loader = DataLoader(DATA, 4, sampler=sampler)

        def of(epoch: int) -> Any:
            sampler.set_epoch(epoch)
            return loader

        return of

    _, plain = seen_by(loaders(), {})
    run, seen = seen_by(loaders(), {2: take, 10: back})
    assert seen[1] == plain[1][:4] + plain[0][2:]
    assert "those of the first time" in note_of(run)


def test_a_list_in_another_order_is_not_called_the_same() -> None:
    batches = [torch.full((2, 1), float(i)) for i in range(6)]

    def of(_: int) -> Any:
        batches.append(batches.pop(0))
        return batches

    run, _ = seen_by(of, {2: take, 10: back})
    assert "begins anew" in note_of(run)


def test_another_loader_goes_on_where_it_is() -> None:
    loaders = [DataLoader(DATA, 4), DataLoader(TensorDataset(torch.arange(100.0, 124.0)[:, None]), 4)]
    run, seen = seen_by(lambda epoch: loaders[epoch % 2], {2: take, 10: back}, epochs=2)
    assert seen[1] == [100.0, 104.0, 108.0, 112.0, 116.0, 120.0]
    assert "goes on where it is" in note_of(run)


class Hostile:
    """A loader that answers to every name and cannot be looked at."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Hostile()

    @property
    def generator(self) -> Any:
        raise ValueError("not now")

    def __iter__(self) -> Any:
        return iter([torch.ones(2, 1)] * 3)


def test_a_loader_that_does_not_want_to_be_looked_at_is_left_in_peace() -> None:
    run, seen = seen_by(lambda _: Hostile(), {2: take, 5: back})
    # In the second epoch, after its second batch, the first one's third follows.
    assert [len(epoch) for epoch in seen] == [3, 3, 3]
    assert run.status == "finished"


def test_two_things_asked_for_in_one_gap() -> None:
    """Going back and undoing it at once is nothing; a refused branch leaves the way back as it was promised."""
    _, plain = seen_by(LOADERS["its own generator"](), {})
    run, seen = seen_by(LOADERS["its own generator"](), {2: take, 10: lambda r: (back(r), r.undo())})
    assert seen == plain
    run, seen = seen_by(
        LOADERS["its own generator"](), {2: take, 10: lambda r: (back(r), r.branch("last", size=0.5))}
    )
    assert [o.applied for o in run.interventions if o.control in ("restore", "branch")] == [True, False]
    assert seen[1] == plain[1][:4] + plain[0][2:]


def test_all_that_is_kept_between_two_epochs_has_the_schedule_of_the_next() -> None:
    plain = Lesson().go()
    best = int(np.argmin(plain.validations[:2]))
    lesson = Lesson()

    def pin() -> None:
        lesson.run.snapshots.take("one")
        lesson.run.snapshots.take("two")

    def go_back() -> None:
        lesson.run.snapshots.best.restore()  # type: ignore[union-attr]

    lesson.go({-(best + 1): pin, 27: go_back})
    assert lesson.losses[4][3:] == plain.losses[best + 1][: len(lesson.losses[4]) - 3]


def test_a_stop_in_a_validation_leaves_its_figure_alone_and_ends_at_the_best() -> None:
    plain = Lesson().go()
    lesson = Lesson()
    original, lesson.val = lesson.val, DataLoader(lesson.val.dataset, 8)
    batches = 0

    class Asking:
        """Asks for the stop in the middle of the third validation."""

        def __iter__(self) -> Any:
            nonlocal batches
            for batch in DataLoader(original.dataset, 8):
                batches += 1
                if batches == 10:
                    lesson.run.stop(restore="best")
                yield batch

    lesson.val = Asking()  # type: ignore[assignment]
    lesson.go()
    history = lesson.run.history["val/loss"].points().value
    assert len(history) == 3
    assert history[2] == pytest.approx(plain.validations[2], rel=1e-5)
    lesson.model.eval()
    with torch.no_grad():
        x, y = next(iter(original))
        assert nn.functional.cross_entropy(lesson.model(x), y).item() == pytest.approx(min(history), rel=1e-5)


def test_a_loop_that_only_logs_ends_at_the_best_too() -> None:
    """It makes one more step after the stop, before it can be ended."""
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    states = {}
    with nnw.watch(model, optimizer, show=False, store=False) as run:
        for i in range(20):
            optimizer.zero_grad()
            loss = model(torch.ones(2, 4)).square().mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            states[i] = model.weight.detach().clone()
            run.log(loss=loss.item(), val_loss=abs(i - 5) + 1.0)
            if i == 9:
                run.stop(restore="best")
    assert i < 19
    assert torch.equal(model.weight, states[5])


def test_the_loss_is_what_the_best_is_known_by_whatever_was_logged_first() -> None:
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    run = nnw.watch(model, torch.optim.SGD(model.parameters(), 0.1), show=False, store=False)
    for epoch, loss in enumerate([0.9, 0.5, 0.3, 0.6]):
        run.log(loss=1.0)
        run.log(val_acc=0.8 - 0.1 * epoch, step=run.steps)
        run.log(val_loss=loss, step=run.steps)
    run.finish()
    assert run.snapshots.best is not None
    assert run.snapshots.best.value == 0.3


def test_a_thread_that_trains_is_not_reached_into() -> None:
    """Its loop only logs: what another thread asks for is obeyed there, by the one that trains."""
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = nnw.watch(model, optimizer, show=False, store=False)
    asked, may_go_on = threading.Event(), threading.Event()
    obeyed_in_a_step: list[bool] = []

    def train() -> None:
        for i in range(6):
            run.log(loss=1.0, val_loss=float(i))
            if i == 2:
                before = model.weight.detach().clone()
                asked.set()
                may_go_on.wait(30)
                obeyed_in_a_step.append(not torch.equal(before, model.weight))
            with torch.no_grad():
                model.weight.add_(1.0)

    thread = threading.Thread(target=train)
    thread.start()
    assert asked.wait(30)
    command = run.snapshots.best.restore()  # type: ignore[union-attr]
    may_go_on.set()
    thread.join(30)
    run.finish()
    assert obeyed_in_a_step == [False]
    assert outcome(command).applied  # type: ignore[arg-type]


def test_how_it_ended_is_kept_to_go_on_from_there(tmp_path: Path) -> None:
    lesson = Lesson(tmp_path).go()
    end = {name: value.clone() for name, value in lesson.model.state_dict().items()}
    kept = nnw.load(lesson.run.id, store=tmp_path).snapshots
    assert kept.last is not None
    assert kept.last.label == "end, epoch 6"
    other = Lesson()
    kept.last.restore(other.model, other.optimizer)
    assert all(torch.equal(end[name], value) for name, value in other.model.state_dict().items())
    lesson.run.snapshots.best.restore()  # type: ignore[union-attr]
    lesson.run.snapshots.last.restore()  # type: ignore[union-attr]  # from before going back
    assert all(torch.equal(end[name], value) for name, value in lesson.model.state_dict().items())


def test_the_end_is_that_after_the_last_change(tmp_path: Path) -> None:
    lesson = Lesson(tmp_path)
    # The request is obeyed between the last validation and the end.
    lesson.go({-6: lambda: lesson.run.snapshots.best.restore()})  # type: ignore[union-attr]  # noqa: PLW0108
    assert lesson.run.interventions[-1].applied
    end = {name: value.clone() for name, value in lesson.model.state_dict().items()}
    kept = nnw.load(lesson.run.id, store=tmp_path).snapshots.last
    assert kept is not None
    assert kept.label == "end, epoch 6"
    other = Lesson()
    kept.restore(other.model, other.optimizer)
    assert all(torch.equal(end[name], value) for name, value in other.model.state_dict().items())


def test_one_that_another_took_the_place_of_says_so(tmp_path: Path) -> None:
    first: list[Any] = []
    lesson = Lesson(tmp_path)
    lesson.val = DataLoader(lesson.train.dataset, 96)  # gets better with every epoch
    lesson.go({-1: lambda: first.append(lesson.run.snapshots.best)})
    before = {name: value.clone() for name, value in lesson.model.state_dict().items()}
    with pytest.raises(SnapshotError, match="no longer kept"):
        first[0].restore(lesson.model)
    assert all(torch.equal(before[name], value) for name, value in lesson.model.state_dict().items())


def test_one_in_memory_can_be_loaded_into_another_model() -> None:
    lesson = Lesson().go()
    best = lesson.run.snapshots.best
    assert best is not None
    other = Lesson()
    best.restore(other.model, other.optimizer)
    other.model.eval()
    with torch.no_grad():
        x, y = next(iter(lesson.val))
        assert nn.functional.cross_entropy(other.model(x), y).item() == best.value


def test_a_label_makes_no_best(tmp_path: Path) -> None:
    lesson = Lesson(tmp_path)
    lesson.go({27: lambda: lesson.run.snapshots.take("best, I think")})
    kept = nnw.load(lesson.run.id, store=tmp_path).snapshots
    assert kept.best is not None
    assert kept.best.value == min(lesson.validations)


def test_a_loop_that_cannot_be_stopped_is_told_once() -> None:
    model = nn.Linear(4, 1)
    run = nnw.watch(
        model,
        torch.optim.SGD(model.parameters(), 0.1),
        show=False,
        store=False,
        stop_on_divergence=True,
    )
    for i in range(40):
        run.log(loss=0.9**i, val_loss=0.4 + 0.6 * 0.8**i + 0.03 * max(i - 12, 0))
    run.finish()
    assert [n.kind for n in run.notices] == ["stop_on_divergence"]
    assert run.interventions == []


def test_without_run_epochs_a_pass_is_one_epoch() -> None:
    model = nn.Linear(1, 1)
    run = nnw.watch(model, torch.optim.SGD(model.parameters(), 0.1), show=False, store=False)
    for _ in run.train([torch.ones(2, 1)] * 4):
        run.log(loss=1.0)
    run.log(val_loss=0.5, step=run.steps)
    assert run.snapshots.best is not None
    assert run.snapshots.best.label == "best, epoch 1"
    run.finish()


@pytest.mark.parametrize("logs_first", [True, False])
def test_a_loop_that_logs_before_its_step_is_changed_after_it(logs_first: bool) -> None:
    """Between the forward pass and the step, another size would break the gradients that follow."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    run = nnw.watch(model, optimizer, show=False, store=False)
    widths: list[int] = []
    for i in range(8):
        optimizer.zero_grad()
        loss = model(torch.ones(2, 4)).square().mean()
        if i == 3:
            # As from another thread: it waits in the mailbox for a gap.
            thread = threading.Thread(target=lambda: setattr(run.controls, "size", 2.0))
            thread.start()
            thread.join()
        if logs_first:
            run.log(loss=loss)
            widths.append(model[0].weight.shape[0])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if not logs_first:
            run.log(loss=loss)
            widths.append(model[0].weight.shape[0])
    run.finish()
    assert [o.applied for o in run.interventions] == [True]
    # The first record after it was asked for shows which loop it is; the next gap is taken.
    assert widths == [8, 8, 8, 8, *([16] * 4)]
    assert not model._forward_pre_hooks
    assert not optimizer._optimizer_step_post_hooks


def test_a_watched_model_can_be_copied_and_pickled() -> None:
    import copy
    import pickle

    model = nn.Linear(4, 1)
    run = nnw.watch(model, torch.optim.SGD(model.parameters(), 0.1), show=False, store=False)
    assert torch.equal(copy.deepcopy(model).weight, model.weight)
    assert torch.equal(pickle.loads(pickle.dumps(model)).weight, model.weight)
    run.finish()


def test_what_would_take_the_memory_away_is_not_kept_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    class Little:
        available = 10_000

    monkeypatch.setattr(psutil, "virtual_memory", Little)
    lesson = Lesson().go(epochs=2)
    assert lesson.run.snapshots.best is None
    (notice,) = lesson.run.notices
    assert "no snapshot is taken by itself" in notice.text
    lesson = Lesson()
    lesson.go({8: lambda: lesson.run.snapshots.take("all the same")}, epochs=2)
    assert [snapshot.label for snapshot in lesson.run.snapshots] == ["all the same"]
