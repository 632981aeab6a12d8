"""PyTorch: going back to a snapshot, in the running loop and afterwards, value for value."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import nnwidgets as nnw
from nnwidgets import Run
from nnwidgets._errors import RefusedError, SnapshotError
from nnwidgets._snapshot_writer import writer
from nnwidgets.snapshots import Snapshot
from tests.trainer import outcome

EPOCHS = 6


def _best(lesson: Lesson) -> Snapshot:
    assert lesson.run.snapshots.best is not None
    return lesson.run.snapshots.best


def _labelled(lesson: Lesson, label: str) -> Snapshot:
    return next(snapshot for snapshot in lesson.run.snapshots if snapshot.label == label)


class Lesson:
    """A training with dropout, shuffling, momentum, a schedule and noise of the person's own."""

    def __init__(self, tmp_path: Path | None = None, *, own_generator: bool = False, **options: Any) -> None:
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        torch.manual_seed(1)
        inputs = torch.randn(96, 8)
        targets = (inputs.sum(1) > 0).long()
        self.model = nn.Sequential(
            nn.Linear(8, 32), nn.ReLU(), nn.Dropout(0.3), nn.BatchNorm1d(32), nn.Linear(32, 2)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-2)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 2, 0.5)
        generator = torch.Generator().manual_seed(5) if own_generator else None
        self.train = DataLoader(TensorDataset(inputs, targets), 16, shuffle=True, generator=generator)
        self.val = DataLoader(TensorDataset(torch.randn(32, 8), targets[:32]), 32)
        self.run: Run = nnw.watch(self.model, self.optimizer, show=False, store=tmp_path or False, **options)
        self.losses: list[list[float]] = []
        self.validations: list[float] = []

    def go(self, acts: dict[int, Callable[[], Any]] | None = None, epochs: int = EPOCHS) -> Lesson:
        """Train; after some steps, counted from 1, something is done."""
        for _ in self.run.epochs(epochs):
            self.losses.append([])
            for x, y in self.run.train(self.train):
                noise = random.random() + np.random.rand()  # noqa: NPY002
                loss = nn.functional.cross_entropy(self.model(x + 0.01 * noise), y)
                self.optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                self.optimizer.step()
                self.run.log(loss=loss)
                self.losses[-1].append(loss.item())
                act = (acts or {}).get(self.run.steps)
                if act:
                    act()
            for x, y in self.run.validate(self.val):
                loss = nn.functional.cross_entropy(self.model(x), y)
                self.run.log(loss=loss)
                self.validations.append(loss.item())
            act = (acts or {}).get(-len(self.losses))
            if act:
                act()
            self.scheduler.step()
        return self


@pytest.mark.parametrize("own_generator", [False, True])
def test_going_back_in_the_running_loop_repeats_every_value(own_generator: bool) -> None:
    plain = Lesson(own_generator=own_generator).go().losses
    again = Lesson(own_generator=own_generator)
    asked: list[Any] = []
    again.go(
        {
            13: lambda: asked.append(
                again.run.snapshots.take("here")
            ),  # after the first batch of the third epoch
            27: lambda: asked.append(again.run.snapshots[outcome(asked[0]).new].restore()),  # in the fifth
        }
    )
    # The fifth epoch goes on with the second batch of the third, and the sixth is the fourth.
    flat = [loss for epoch in again.losses for loss in epoch]
    expected = [loss for epoch in plain for loss in epoch]
    assert flat[:27] == expected[:27]
    assert flat[27:] == expected[13 : 13 + len(flat) - 27]
    assert len(flat) - 27 == 11
    assert "those of the first time" in (outcome(asked[1]).note or "")


def test_the_epoch_after_the_best_is_repeated_with_its_rate_and_order() -> None:
    """The schedule was stepped between the validation and the next epoch; that belongs to what is repeated."""
    plain = Lesson().go()
    best = int(np.argmin(plain.validations[:4]))
    again = Lesson()
    again.go({27: lambda: _best(again).restore()})
    assert again.losses[4][:3] == plain.losses[4][:3]
    assert again.losses[4][3:] == plain.losses[best + 1]
    assert again.losses[5] == plain.losses[best + 2]


def test_after_the_end_the_best_weights_come_back_at_once() -> None:
    lesson = Lesson()
    states: list[dict[str, torch.Tensor]] = []

    def keep() -> None:
        states.append({name: value.clone() for name, value in lesson.model.state_dict().items()})

    keep_all = {-epoch: keep for epoch in range(1, 7)}
    lesson.go(keep_all)
    best = int(np.argmin(lesson.validations))
    snapshot = lesson.run.snapshots.best
    assert snapshot is not None
    assert snapshot.value == pytest.approx(min(lesson.validations))
    lesson.optimizer.zero_grad()
    command = snapshot.restore()
    assert outcome(command).applied  # type: ignore[arg-type]
    assert all(torch.equal(states[best][k], v) for k, v in lesson.model.state_dict().items())


def test_stop_can_restore_the_best() -> None:
    lesson = Lesson()
    lesson.go({27: lambda: lesson.run.stop(restore="best")})
    assert lesson.run.status == "finished"
    assert lesson.run.interventions[-1].text.startswith("stopped, back at best, epoch")
    lesson.model.eval()
    with torch.no_grad():
        x, y = next(iter(lesson.val))
        assert nn.functional.cross_entropy(lesson.model(x), y).item() == min(lesson.validations[:4])


def test_a_file_holds_all_of_it(tmp_path: Path) -> None:
    """Weights, buffers, moments, counters, rates and random states, read into a model that was made anew."""
    plain = Lesson().go(epochs=4)
    lesson = Lesson(tmp_path)
    lesson.go({-2: lambda: lesson.run.snapshots.take("two epochs")}, epochs=3)
    run = nnw.load(lesson.run.id, store=tmp_path)
    (kept,) = [s for s in run.snapshots if s.label == "two epochs"]
    assert kept.path is not None
    with pytest.raises(RefusedError, match="what to load"):
        kept.restore()
    other = Lesson()
    kept.restore(other.model, other.optimizer)
    # The request was obeyed at the first safe point after it: before the third epoch's first batch.
    other.scheduler = torch.optim.lr_scheduler.StepLR(other.optimizer, 1000)
    other.losses.clear()
    other.go(epochs=1)
    assert other.losses[0] == plain.losses[2]


def test_the_best_of_a_run_stays_on_disk(tmp_path: Path) -> None:
    lesson = Lesson(tmp_path).go()
    kept = nnw.load(lesson.run.id, store=tmp_path).snapshots
    assert kept.best is not None
    assert kept.best.value == pytest.approx(min(lesson.validations))
    files = sorted(path.name for path in (tmp_path / "snapshots" / lesson.run.id).iterdir())
    assert files == ["best.safetensors", "last.safetensors"]


def test_a_model_of_another_size_is_left_alone(tmp_path: Path) -> None:
    lesson = Lesson(tmp_path).go(epochs=2)
    best = nnw.load(lesson.run.id, store=tmp_path).snapshots.best
    assert best is not None
    other = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.3), nn.BatchNorm1d(16), nn.Linear(16, 2))
    before = {k: v.clone() for k, v in other.state_dict().items()}
    with pytest.raises(SnapshotError, match=r"another size.*\(16, 8\) here and \(32, 8\) there"):
        best.restore(other)
    with pytest.raises(SnapshotError, match="another model"):
        best.restore(nn.Sequential(nn.Linear(8, 2)))
    assert all(torch.equal(before[k], v) for k, v in other.state_dict().items())


def test_going_back_past_a_change_of_size() -> None:
    lesson = Lesson()
    lesson.go(
        {
            12: lambda: lesson.run.snapshots.take("small"),
            15: lambda: setattr(lesson.run.controls, "size", 2.0),
            20: lambda: _labelled(lesson, "small").restore(),
        }
    )
    assert lesson.model[0].weight.shape == (32, 8)
    assert all(i.applied for i in lesson.run.interventions)
    assert any(s.label.startswith("before") for s in lesson.run.snapshots)


def test_a_branch_changes_one_thing_and_repeats_the_rest() -> None:
    """With a rate that is the same as before, a branch is the run itself; with another one it is not."""
    plain = Lesson().go(epochs=8)

    def branched(rate: float) -> Lesson:
        lesson = Lesson()
        return lesson.go({27: lambda: lesson.run.branch(dropout=rate)}, epochs=8)

    same, other = branched(0.3), branched(0.6)
    at = int(np.argmin(plain.validations[:4])) + 1
    assert outcome_of(same).text.startswith(f"branch from best, epoch {at}: dropout 0.3")
    assert other.losses[4][:3] == plain.losses[4][:3]
    assert same.losses[4][3:] != other.losses[4][3:]
    assert other.model[2].p == 0.6  # type: ignore[union-attr]


def outcome_of(lesson: Lesson) -> Any:
    return lesson.run.interventions[-1]


@pytest.mark.parametrize("change", [{"learning_rate": 3.0}, {"size": 2.0}])
def test_a_change_right_after_the_best_is_no_part_of_it(change: dict[str, Any]) -> None:
    """Asked for between a validation and the next epoch, where schedules are taken anew as well."""
    ((control, value),) = change.items()
    lesson = Lesson()
    rates: list[float] = []

    def note() -> None:
        rates.append(lesson.optimizer.param_groups[0]["lr"])

    def ask() -> None:
        setattr(lesson.run.controls, control, value)

    def go_back() -> None:
        lesson.run.snapshots[1].restore()

    lesson.go({6: note, -1: ask, 10: go_back, 11: note}, epochs=3)
    assert lesson.run.snapshots[1].label == "best, epoch 1"
    assert all(i.applied for i in lesson.run.interventions)
    assert rates[0] == rates[1]
    assert lesson.model[0].weight.shape == (32, 8)
    assert lesson.optimizer.param_groups[0]["params"][0] is lesson.model[0].weight


def test_a_branch_that_cannot_be_made_leaves_everything_as_it_was() -> None:
    plain = Lesson().go()
    lesson = Lesson()
    lesson.go({27: lambda: lesson.run.branch(insert_dropout=0.5)})
    assert not outcome_of(lesson).applied
    assert "dropout already" in outcome_of(lesson).reason
    assert lesson.losses == plain.losses


@pytest.mark.parametrize(
    "change", [{}, {"dropout": 0.5, "size": 2}, {"pause": None}, {"dropout": 2.0}, {"dropout": "high"}]
)
def test_a_branch_takes_one_change_that_makes_sense(change: dict[str, Any]) -> None:
    lesson = Lesson()
    with pytest.raises(RefusedError):
        lesson.run.branch(**change)
    lesson.run.finish()


def test_weight_decay_is_set_where_the_optimizer_has_it() -> None:
    lesson = Lesson()
    lesson.go({8: lambda: lesson.run.branch(weight_decay=0.1)})
    assert lesson.optimizer.param_groups[0]["weight_decay"] == 0.1
    assert "weight decay 0 → 0.1" in outcome_of(lesson).text


def test_keeping_snapshots_changes_no_number() -> None:
    assert Lesson(snapshots=False).go().losses == Lesson(snapshots=True).go().losses


def test_without_snapshots_there_is_nothing_to_go_back_to() -> None:
    lesson = Lesson(snapshots=False).go(epochs=2)
    assert lesson.run.snapshots.best is None
    assert len(lesson.run.snapshots) == 0
    assert not outcome(lesson.run._steering.submit("restore", "best", "panel")).applied


def test_a_run_without_a_model_says_so() -> None:
    with nnw.Run(show=False, store=False) as run:
        for value in (0.9, 0.5, 0.7):
            run.log(loss=value, val_loss=value)
        command = run.snapshots.take()
        run.log(loss=0.4)
    assert run.snapshots.best is None
    assert "watches numbers" in (outcome(command).reason or "")


def test_a_disk_that_refuses_leaves_the_snapshot_in_memory(tmp_path: Path) -> None:
    (tmp_path / "snapshots").write_text("a file where the folder should be")
    lesson = Lesson(tmp_path).go(epochs=2)
    writer.drain()
    best = lesson.run.snapshots.best
    assert best is not None
    assert best.path is None
    assert outcome(best.restore()).applied  # type: ignore[arg-type]
    lesson.run.flush()
    assert any(n.kind == "snapshots" and "in memory only" in n.text for n in lesson.run.notices)


def test_a_run_that_memorises_stops_by_itself_with_its_best_state() -> None:
    """64 random labels are learnt by heart: the validation loss turns up within a few epochs."""

    def train(**options: Any) -> tuple[Run, nn.Module, list[float], int]:
        torch.manual_seed(0)
        inputs, targets = torch.randn(128, 8), torch.randint(0, 2, (128,))
        model = nn.Sequential(nn.Linear(8, 128), nn.ReLU(), nn.Linear(128, 2))
        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        run = nnw.watch(model, optimizer, show=False, store=False, **options)
        validations: list[float] = []
        for _ in run.epochs(60):
            for x, y in run.train(DataLoader(TensorDataset(inputs[:64], targets[:64]), 16)):
                loss = nn.functional.cross_entropy(model(x), y)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                run.log(loss=loss)
            for x, y in run.validate([(inputs[64:], targets[64:])]):
                loss = nn.functional.cross_entropy(model(x), y)
                run.log(loss=loss)
                validations.append(loss.item())
        model.eval()
        with torch.no_grad():
            last = nn.functional.cross_entropy(model(inputs[64:]), targets[64:]).item()
        return run, model, [*validations, last], len(validations)

    run, _, values, epochs = train(stop_on_divergence=True)
    *validations, last = values
    assert epochs < 30
    assert run.status == "finished"
    assert last == min(validations)
    assert run.divergence is None or run.divergence.step == run.steps
    again, _, same, _ = train(stop_on_divergence=True)
    assert same == values
    assert [i.text for i in again.interventions] == [i.text for i in run.interventions]
    unwatched, _, longer, count = train()
    assert count == 60
    assert longer[:epochs] == validations
    assert unwatched.divergence is not None
    assert unwatched.divergence.kind == "overfitting"


def test_stop_with_a_snapshot_that_is_not_there_is_refused_and_nothing_stops() -> None:
    plain = Lesson().go()
    lesson = Lesson(snapshots=False)
    lesson.go({27: lambda: lesson.run.stop(restore="best")})
    assert not outcome_of(lesson).applied
    assert "no snapshot 'best'" in outcome_of(lesson).reason
    assert lesson.losses == plain.losses


def test_a_finished_run_does_not_touch_a_model_that_another_one_trains() -> None:
    first = Lesson().go(epochs=2)
    best = _best(first)
    run = nnw.watch(first.model, first.optimizer, show=False, store=False)
    refused: list[Any] = []
    before: list[torch.Tensor] = []
    for _ in run.train([1]):
        before.append(first.model[0].weight.clone())
        refused.append(best.restore())
        assert torch.equal(before[0], first.model[0].weight)
    run.finish()
    assert "trains this model now" in (outcome(refused[0]).reason or "")
    assert outcome(best.restore()).applied  # type: ignore[arg-type]


def test_a_pinned_best_outlives_the_next_one(tmp_path: Path) -> None:
    lesson = Lesson(tmp_path)
    lesson.val = DataLoader(lesson.train.dataset, 96)  # gets better with every epoch
    pinned: list[Snapshot] = []

    def pin() -> None:
        if not pinned:
            pinned.append(_best(lesson))
            pinned[0].pin()

    lesson.go({-1: pin})
    assert lesson.run.snapshots.best is not pinned[0]
    kept = nnw.load(lesson.run.id, store=tmp_path).snapshots
    assert [snapshot.value for snapshot in kept] == [pinned[0].value, _best(lesson).value]
    assert kept.best is not None
    assert kept.best.value == _best(lesson).value
    other = Lesson()
    next(iter(kept)).restore(other.model, other.optimizer)
    other.model.eval()
    with torch.no_grad():
        x, y = next(iter(lesson.val))
        assert nn.functional.cross_entropy(other.model(x), y).item() == pinned[0].value


def test_memory_is_given_back_where_a_file_holds_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nnwidgets import _archive

    monkeypatch.setattr(_archive, "_BYTES_AFTERWARDS", 0)
    lesson = Lesson(tmp_path)
    lesson.go({9: lambda: lesson.run.snapshots.take("mine"), 15: lambda: lesson.run.branch(dropout=0.5)})
    writer.drain()
    # That from before the branch has no file, and makes room.
    assert [snapshot.reason for snapshot in lesson.run.snapshots] == ["best", "pinned", "last"]
    assert all(snapshot.path is not None for snapshot in lesson.run.snapshots)
    assert lesson.run._archive._memory == {}
    best = _best(lesson)
    assert outcome(best.restore()).applied  # type: ignore[arg-type]
    lesson.model.eval()
    with torch.no_grad():
        x, y = next(iter(lesson.val))
        assert nn.functional.cross_entropy(lesson.model(x), y).item() == best.value
