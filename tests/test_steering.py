"""Commands: from any thread, obeyed between two steps, in order, each answered once."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import nnwidgets as nnw
from nnwidgets import Run
from nnwidgets.controls import MAX_WAITING, Command, Intervention
from tests.trainer import PATIENCE, Trainer, outcome

VALUES = {"learning_rate": 0.1, "dropout": 0.2}


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run(store=False, show=False, controls=VALUES)
    yield run
    run.finish()


def endless(run: Run, after: list[str] | None = None, *, validating: bool = False) -> Any:
    """Return a training that only a command ends."""

    def work(trainer: Trainer) -> None:
        for _ in run.epochs(1_000_000):
            for _batch in run.train(range(10)):
                run.log(loss=1.0)
                trainer.step()
            for _batch in run.validate(range(3 if validating else 0)):
                run.log(loss=2.0)
        if after is not None:
            after.append("the code after the loop")

    return work


def test_a_paused_training_stands_still_until_it_is_resumed(run: Run) -> None:
    with Trainer(endless(run)) as trainer:
        trainer.wait_for(3)
        assert outcome(run.pause()).applied
        assert run.status == "paused"
        assert run.controls.paused
        standing = run.steps
        for _ in range(3):
            assert outcome(run.undo()).reason == "There is nothing to undo."  # it still answers
        assert run.steps == standing
        assert outcome(run.resume()).applied
        trainer.wait_for(3)
        assert run.status == "running"
        run.stop()


@pytest.mark.parametrize("before", [1, 9, 10, 11])
def test_one_step_is_one_batch_and_shows_its_loss(run: Run, before: int) -> None:
    with Trainer(endless(run, validating=True)) as trainer:
        trainer.wait_for(before)
        outcome(run.pause())
        for _ in range(12):  # over the end of an epoch and its validation
            standing = run.steps
            made = outcome(run.step())
            assert made.applied
            assert (made.step, run.steps) == (standing + 1, standing + 1)
            assert made.text == "one step, loss 1"
        assert run.status == "paused" or run.controls.paused
        run.stop()


def test_a_validation_can_be_paused_and_what_would_spoil_it_waits_for_its_end(run: Run) -> None:
    answers: list[Command] = []
    for _batch in run.train(range(1)):
        run.log(loss=1.0)
    values = []
    for value in run.validate([1.0, 3.0]):
        run.log(loss=value)
        values.append(run.controls.learning_rate)
        if value == 1.0:
            answers = [run._steering.post("learning_rate", 0.7), run._steering.post("undo")]
            answers.append(run._steering.post("learning_rate", 0.9))
    assert values == [0.1, 0.7]
    assert [answer.outcome is not None for answer in answers] == [True, False, False]
    for _batch in run.train(range(1)):
        assert run.controls.learning_rate == 0.9
    assert [o.text for o in run.interventions] == [
        "learning rate 0.1 → 0.7", "undone: learning rate 0.1 → 0.7", "learning rate 0.1 → 0.9",
    ]  # fmt: skip


def test_stop_ends_the_loop_and_the_code_after_it_runs(run: Run) -> None:
    after: list[str] = []
    with Trainer(endless(run, after)) as trainer:
        trainer.wait_for(2)
        assert outcome(run.stop()).applied
    assert after == ["the code after the loop"]
    assert run.status == "finished"
    assert run.history["train/loss"].count == run.steps


def test_a_stopped_epoch_is_not_counted_as_a_whole_one(run: Run) -> None:
    for _ in run.epochs(5):
        for batch in run.train(range(10)):
            run.log(loss=1.0)
            if run.steps == 14:
                run.stop()
                assert batch == 3
    assert (run.steps, run.progress.epoch, run.status) == (14, 1, "finished")


def test_a_run_that_was_stopped_can_be_trained_further(run: Run) -> None:
    for _ in range(2):
        for _epoch in run.epochs(3):
            for _batch in run.train(range(4)):
                run.log(loss=1.0)
                if run.steps % 2 == 0:
                    run.stop()
    assert run.steps == 4
    assert run.progress.epoch == 0


def test_commands_are_obeyed_in_order_and_each_is_answered_once(run: Run) -> None:
    answers: list[Intervention] = []
    with Trainer(endless(run)) as trainer:
        trainer.wait_for(1)
        outcome(run.pause())
        commands = [run._steering.post("learning_rate", rate) for rate in (0.5, 0.4, 0.3)]
        for command in commands:
            command.then(answers.append)
        assert [outcome(command).new for command in commands] == [0.5, 0.4, 0.3]
        assert [(o.old, o.new) for o in run.interventions[-3:]] == [(0.1, 0.5), (0.5, 0.4), (0.4, 0.3)]
        run.stop()
    assert len(answers) == 3


def test_a_change_is_made_between_two_steps_and_never_inside_one(run: Run) -> None:
    torn = []

    def work(trainer: Trainer) -> None:
        for _ in run.epochs(1_000_000):
            for _batch in run.train(range(10)):
                first = run.controls.dropout
                trainer.step()
                torn.append(first != run.controls.dropout)
                run.log(loss=1.0)

    with Trainer(work) as trainer:
        for i in range(200):
            run.controls.dropout = (i % 9) / 10
            trainer.wait_for(1)
        run.stop()
    assert not any(torn)


def test_a_training_alone_with_its_commands_is_steered_at_once(run: Run) -> None:
    run.controls.learning_rate = 0.02
    assert run.controls.learning_rate == 0.02
    run.controls.learning_rate = "×0.5"
    assert run.controls.learning_rate == pytest.approx(0.01)
    assert [o.text for o in run.interventions] == ["learning rate 0.1 → 0.02", "learning rate 0.02 → 0.01"]


def test_undo_goes_back_one_intervention_at_a_time(run: Run) -> None:
    run.controls.learning_rate = 0.5
    run.controls.dropout = 0.9
    assert outcome(run.undo()).text == "undone: dropout 0.2 → 0.9"
    assert (run.controls.learning_rate, run.controls.dropout) == (0.5, 0.2)
    assert outcome(run.undo()).applied
    assert run.controls.learning_rate == 0.1
    refused = outcome(run.undo())
    assert (refused.applied, refused.reason) == (False, "There is nothing to undo.")


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("learning_rate", math.nan), ("learning_rate", math.inf), ("learning_rate", -1e-3), ("learning_rate", "fast"),
        ("learning_rate", True), ("learning_rate", None), ("learning_rate", "×0"), ("learning_rate", "×nan"),
        ("learning_rate", {"a": 1.0}), ("learning_rate", {}), ("learning_rate", [0.1]),
        ("dropout", 1.5), ("dropout", 1.0), ("dropout", -0.1), ("dropout", "0.3"), ("dropout", math.nan),
        ("size", -1), ("size", 0), ("size", 1e9), ("size", math.nan), ("size", "2"),
        ("size", {"fc1": -1}), ("size", {"fc1": 0}), ("size", {"fc1": 10**9}), ("size", {"fc1": 2.5}),
        ("device", 3), ("device", ""), ("device", "x" * 1000),
    ],
)  # fmt: skip
def test_a_value_that_can_be_judged_at_once_raises_in_the_caller(run: Run, control: str, value: Any) -> None:
    before = repr(run.controls)
    with pytest.raises(ValueError, match=r"\w+"):
        setattr(run.controls, control, value)
    assert repr(run.controls) == before
    assert run.interventions == []


@pytest.mark.parametrize(
    "value", ["abc", 5, True, {"dropout": 2}, {"from": "best"}, ["best", "dropout", 0.5]]
)
def test_a_branch_of_a_page_that_cannot_be_judged_is_refused(run: Run, value: Any) -> None:
    command = run._steering.submit("branch", value, "panel")
    outcome = run.interventions[-1]
    assert (outcome.applied, outcome.control, command.control) == (False, "branch", "branch")
    assert outcome.text.startswith("branch ")
    assert outcome.reason


def test_a_control_that_does_not_exist_is_named(run: Run) -> None:
    with pytest.raises(AttributeError, match="Did you mean 'dropout'"):
        run.controls.droput = 0.3  # type: ignore[attr-defined]


def test_a_hand_written_network_says_what_it_can_change(run: Run) -> None:
    refused = outcome(run._steering.post("size", 2.0))
    assert not refused.applied
    assert "watches numbers, not a model" in str(refused.reason)
    with pytest.raises(nnw.NnwidgetsError, match="learning_rate and dropout, not 'momentum'"):
        Run(controls={"momentum": 0.9}, show=False, store=False)


def test_commands_after_the_end_are_refused(run: Run) -> None:
    run.log(loss=1.0)
    run.finish()
    refused = outcome(run.pause())
    assert (refused.applied, refused.reason) == (
        False,
        "The run is over (finished), so there is nothing to steer any more.",
    )
    run.controls.learning_rate = 0.3
    assert run.controls.learning_rate == 0.1


def test_what_waits_when_the_run_ends_is_refused(run: Run) -> None:
    waiting = []
    for _batch in run.train(range(2)):
        waiting = [run._steering.post("dropout", 0.5)]
        run.finish()
        assert not outcome(waiting[0]).applied


def test_a_flood_is_answered_and_the_training_goes_on(run: Run) -> None:
    commands: list[Command] = []

    def flood() -> None:
        commands.extend(run._steering.submit("dropout", (i % 10) / 10, "panel") for i in range(1000))

    with Trainer(endless(run)) as trainer:
        trainer.wait_for(1)
        outcome(run.pause())
        with run._steering._applying:  # nothing is taken out meanwhile
            thread = threading.Thread(target=flood)
            thread.start()
            thread.join(PATIENCE)
        outcomes = [outcome(command) for command in commands]
        run.resume()
        trainer.wait_for(5)
        run.stop()
    applied = sum(o.applied for o in outcomes)
    assert MAX_WAITING <= applied <= MAX_WAITING + 1
    assert all("wait already" in str(o.reason) for o in outcomes if not o.applied)
    assert run.status == "finished"


def test_interrupting_a_paused_training_ends_it_as_python_does(run: Run) -> None:
    run.pause()
    timer = threading.Timer(0.3, __import__("_thread").interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in run.epochs(3):
            for _batch in run.train(range(3)):
                run.log(loss=1.0)


def test_evaluate_now_runs_the_persons_own_loop_between_two_steps(run: Run) -> None:
    seen: list[float] = []
    for _ in run.epochs(1):
        for batch in run.train(range(5)):
            run.log(loss=1.0)
            if batch in (1, 3):
                run.evaluate()
        for value in run.validate([2.0, 4.0]):
            seen.append(value)
            run.log(loss=value)
    run.flush()
    points = run.history["val/loss"].points()
    assert points.step.tolist() == [2, 4, 5]
    assert points.value.tolist() == [3.0, 3.0, 3.0]
    assert [o.text for o in run.interventions] == ["validated", "validated"]
    assert run.status == "finished"


def check_it(run: Run) -> None:
    for value in run.validate([1.0]):
        run.log(loss=value)


def test_evaluate_now_finds_a_validation_in_a_function(run: Run) -> None:
    for batch in run.train(range(3)):
        run.log(loss=1.0)
        if batch == 0:
            run.evaluate()
    check_it(run)
    run.flush()
    assert run.history["val/loss"].points().step.tolist() == [1, 3]


def test_without_a_validation_there_is_nothing_to_evaluate(run: Run) -> None:
    def train() -> None:
        for _batch in run.train(range(2)):
            run.log(loss=1.0)
            run.evaluate()

    train()
    assert "no validation that could be run" in str(run.interventions[0].reason)


def test_a_loop_that_only_logs_is_steered_where_it_logs() -> None:
    rates: list[float | None] = []
    with Run(controls={"learning_rate": 1.0}, show=False, store=False) as run:
        for i in range(100):
            rates.append(run.controls.learning_rate)
            run.log(loss=1.0)
            if i == 2:
                threading.Thread(target=lambda: setattr(run.controls, "learning_rate", 0.5)).start()
                assert PATIENCE > 0
                while not len(run._steering.mailbox):
                    pass
            if i == 5:
                run._steering.submit("stop", None, "panel")
        rates.append(-1.0)
    assert run.status == "finished"
    assert rates == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5]


def test_a_plain_loop_that_cannot_be_stopped_says_so() -> None:
    run = Run(show=False, store=False)
    run.log(loss=1.0)
    refused = outcome(run.stop())
    assert "run.stopping" in str(refused.reason)
    run.finish()


def test_interventions_are_kept_with_the_run_and_read_back() -> None:
    with Run(controls=VALUES, show=False) as run:
        run.log(loss=1.0)
        run.controls.dropout = 0.5
        run.log(loss=0.5)
    loaded = nnw.load(run.id)
    (kept,) = loaded.interventions
    assert kept == run.interventions[0]
    assert (kept.control, kept.old, kept.new, kept.step, kept.source, kept.applied) == (
        "dropout", 0.2, 0.5, 1, "python", True,
    )  # fmt: skip
    assert kept.delay >= 0
    assert not outcome(loaded.pause()).applied


def test_in_the_background_the_caller_goes_on(run: Run) -> None:
    trainer = Trainer(lambda _: None)
    run.start(endless(run), trainer)
    trainer.wait_for(3)
    with pytest.raises(RuntimeError, match="already"):
        run.start(print)
    outcome(run.pause())
    outcome(run.resume())
    run.stop()
    assert run.wait(PATIENCE)
    assert run.status == "finished"


def test_a_failure_in_the_background_is_told_and_ends_the_run(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        for _batch in run.train(range(3)):
            run.log(loss=1.0)
            raise ArithmeticError("too deep")

    run.start(work)
    assert run.wait(PATIENCE)
    assert (run.status, run.error) == ("failed", "ArithmeticError: too deep")
    assert "ArithmeticError: too deep" in capsys.readouterr().err
