"""The flag of a run: told, stored, worded, and taken back; whatever the loop looks like."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets import Run
from nnwidgets._flags import Flags
from nnwidgets._points import Points
from nnwidgets.divergence import Raised, Withdrawn
from nnwidgets.history import History
from tests.test_divergence import double_descent, overfitting


def logged(train: np.ndarray, val: np.ndarray, *, per_epoch: int = 5, **options: Any) -> Run:
    """A run of a loop that logs, with so many steps an epoch."""
    run = Run(show=False, **options)
    log_all(run, train, val, per_epoch)
    run.flush()
    return run


def log_all(run: Run, train: np.ndarray, val: np.ndarray, per_epoch: int = 5) -> None:
    first = round(run._position.epoch)
    for epoch, (low, high) in enumerate(zip(train, val, strict=True), start=first):
        for batch in range(per_epoch):
            run.log(loss=float(low), epoch=epoch + (batch + 1) / per_epoch)
        run.log(val_loss=float(high), step=run.steps)


def test_the_flag_says_in_a_sentence_what_is_seen_and_is_told_and_kept(tmp_path: Path) -> None:
    told: list[Any] = []
    run = Run(show=False, store=tmp_path)
    run.on_divergence(told.append)
    assert run.divergence is None
    log_all(run, *overfitting())
    run.finish()
    flag = run.divergence
    assert flag is not None
    assert told == [flag]
    best = int(np.argmin(overfitting()[1])) + 1
    assert flag.best_step == 5 * best
    assert flag.text.startswith("The validation loss has risen ")
    assert f"over {(flag.step - flag.best_step) / 5:.0f} epochs since its best at epoch {best}" in flag.text
    assert "while the training loss fell" in flag.text
    assert nnw.load(run.id, store=tmp_path).divergence == flag


def test_steps_are_named_where_there_are_no_epochs() -> None:
    run = Run(show=False, store=False)
    for low, high in zip(*overfitting(), strict=True):
        run.log(loss=low, val_loss=high)
    run.finish()
    assert run.divergence is not None
    assert "steps since its best at step" in run.divergence.text


def test_a_flag_that_is_taken_back_is_told_with_its_reason() -> None:
    told: list[Any] = []
    run = Run(show=False, store=False)
    forget = run.on_divergence(told.append)
    log_all(run, *double_descent())
    run.flush()
    raised, withdrawn = told[:2]
    assert isinstance(raised, Raised)
    assert isinstance(withdrawn, Withdrawn)
    assert withdrawn.raised == raised
    assert "is taken back: the validation loss" in withdrawn.text
    forget()
    forget()
    before = len(told)
    log_all(run, *(curve + 1 for curve in overfitting()))
    run.finish()
    assert len(told) == before


def test_a_change_of_the_training_takes_the_flag_back_and_begins_anew() -> None:
    run = Run(show=False, store=False, controls={"learning_rate": 0.1, "dropout": 0.0})
    log_all(run, *overfitting())
    run.flush()
    assert run.divergence is not None
    run.controls.dropout = 0.5
    log_all(run, *(curve[:3] for curve in overfitting()))
    run.flush()
    assert run.divergence is None
    last = run._keeper.flags.entries[-1]
    assert isinstance(last, Withdrawn)
    assert last.reason == "changed"
    run.finish()


def test_pausing_changes_no_curve() -> None:
    run = Run(show=False, store=False)
    log_all(run, *overfitting())
    run.flush()
    run.pause()
    run.resume()
    run.log(loss=0.1)
    run.finish()
    assert run.divergence is not None


def test_a_fault_in_a_callback_becomes_a_notice() -> None:
    run = Run(show=False, store=False)

    def broken(_: object) -> None:
        raise ZeroDivisionError("on purpose")

    run.on_divergence(broken)
    log_all(run, *overfitting())
    run.finish()
    assert run.divergence is not None
    assert any("on purpose" in notice.text for notice in run.notices)


def test_an_accuracy_is_watched_where_there_is_no_loss() -> None:
    run = Run(show=False, store=False)
    for epoch in range(50):
        run.log(accuracy=1 - 0.6 * 0.8**epoch)
        run.log(val_accuracy=min(0.4 + 0.05 * epoch, 0.9) - 0.006 * max(epoch - 15, 0), step=run.steps)
    run.finish()
    assert run.divergence is not None
    assert run.divergence.text.startswith("The validation accuracy has ")
    assert run.divergence.best == pytest.approx(0.9)


def test_nothing_is_flagged_without_a_validation() -> None:
    run = Run(show=False, store=False)
    for value in overfitting()[1]:
        run.log(loss=value)
    run.finish()
    assert run.divergence is None


@pytest.mark.parametrize("seed", range(5))
def test_what_is_flagged_does_not_depend_on_how_the_values_arrive(seed: int) -> None:
    """The worker takes what is there: one value, or a thousand."""
    train, val = overfitting(80, noise=0.02, seed=seed)
    steps = np.arange(400)
    rows = np.repeat(train, 5) + 0.05 * np.random.default_rng(seed).normal(size=400)
    chance = random.Random(seed)

    def flags(cuts: list[int]) -> list[Any]:
        watcher = Flags(History())
        for lo, hi in zip([0, *cuts], [*cuts, 400], strict=True):
            at = steps[lo:hi]
            ends = at[at % 5 == 4]
            batch = {"train/loss": Points.of(at, at / 10, rows[lo:hi])}
            if len(ends):
                batch["val/loss"] = Points.of(ends, ends / 10, val[ends // 5])
            watcher.take(batch, [])
        return watcher.entries

    whole = flags([])
    assert whole
    for _ in range(5):
        assert flags(sorted(chance.sample(range(1, 400), chance.randint(1, 200)))) == whole


def test_a_withdrawn_flag_is_shown_for_a_while_and_then_no_more() -> None:
    run = Run(show=False, store=False, controls={"learning_rate": 0.1, "dropout": 0.0})
    log_all(run, *overfitting())
    run.flush()
    run.controls.dropout = 0.5
    quiet = np.linspace(0.5, 0.4, 11)
    log_all(run, quiet[:3], quiet[:3])
    run.flush()
    flags = run._keeper.flags
    assert isinstance(flags.shown, Withdrawn)
    assert run.panel._flag.state["level"] in ("withdrawn", "raised")
    log_all(run, quiet[3:], quiet[3:])
    run.finish()
    assert flags.shown is None
    assert flags.standing is None


def test_the_panel_marks_the_onset_and_what_follows() -> None:
    run = logged(*overfitting(noise=0.02), store=False)
    panel = run.panel
    run.finish()
    flag = run.divergence
    assert flag is not None
    assert flag.onset != flag.best_step  # there the diamond would be enough
    onset = panel.charts[0]._onset
    region, point, right, left = onset.marks
    assert region.x.tolist() == pytest.approx([flag.onset / 5, 60], abs=0.01)
    assert (point.x.tolist(), point.y.tolist()) == (
        pytest.approx([flag.onset / 5]),
        pytest.approx([flag.onset_value]),
    )
    assert (right.text.tolist(), left.text.tolist()) == (["rises since here"], [])
    state = panel._flag.state
    assert (state["level"], state["text"]) == ("raised", flag.text)
    assert state["best"] is None  # there is no model to go back to
    assert any(row["text"] == flag.text for row in panel._page.state["events"])
    panel.close()


def test_what_followed_a_flag_is_told_while_it_stands() -> None:
    run = logged(*overfitting(), store=False)
    flag = run._keeper.flags
    assert flag.now() is not None
    last = run.history["val/loss"].last.value
    assert f"It now stands at {last:.3f}" in flag.now()  # type: ignore[operator]
    assert "above its best." in flag.now()  # type: ignore[operator]
    run.finish()


def test_a_change_after_the_end_takes_no_flag_back() -> None:
    run = Run(show=False, store=False, controls={"learning_rate": 0.1, "dropout": 0.0})
    log_all(run, *overfitting())
    run.finish()
    flag = run.divergence
    assert flag is not None
    run._steering.ledger.decide(
        nnw.controls.Command("restore", 1, "python"),
        old=None,
        new=1,
        text="back to best",
        facts={"from_step": 5},
    )
    run._keeper.close()
    assert run.divergence == flag
    assert run.panel._flag.state["verdict"] is None
    run.panel.close()


@pytest.mark.parametrize("metric", ["loss", "elbo", "accuracy"])
def test_a_sentence_says_what_the_training_did_whatever_the_metric(metric: str) -> None:
    train, val = overfitting()
    if metric == "elbo":
        train, val = 100 * train - 80, 100 * val - 80
    if metric == "accuracy":
        train, val = 1 - train, 1.2 - val
    run = Run(show=False, store=False)
    for low, high in zip(train, val, strict=True):
        run.log(**{metric: low, f"val_{metric}": high})
    run.finish()
    assert run.divergence is not None
    assert f"while the training {metric} {'rose' if metric == 'accuracy' else 'fell'}" in run.divergence.text


def test_a_withdrawn_flag_is_shown_in_an_opened_run_as_long_as_in_a_live_one(tmp_path: Path) -> None:
    run = logged(*double_descent(), store=tmp_path)
    run.finish()
    assert isinstance(run._keeper.flags.entries[-1], Withdrawn)
    assert run._keeper.flags.shown is None
    assert nnw.load(run.id, store=tmp_path)._keeper.flags.shown is None
