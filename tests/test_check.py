"""What a student is told of an exercise: what is reached, what is missing, what was measured, and what to try."""

from __future__ import annotations

import doctest
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import torch

import nnwidgets as nnw
from nnwidgets import Run, check
from nnwidgets import _check_gradients as gradients_module
from nnwidgets._errors import CheckError, OptionError, RunNotFoundError
from nnwidgets._i18n import speaking
from nnwidgets.controls import Intervention
from tests.recorded import STEPS, branch, change, overfitting, recorded

CALM = 0.2


def calm(epoch: int) -> float:
    """Fall towards 0.2."""
    return CALM + 0.5 / epoch


def logged(values: list[float], *, train: float | None = None, **options: Any) -> Run:
    run = Run(name="lesson", show=False, store=False, **options)
    for i in run.epochs(len(values)):
        for _ in run.train(range(2)):
            if train is not None:
                run.log(loss=train)
        run.log(val_loss=values[i], val_accuracy=1 - values[i])
    return run


@pytest.mark.parametrize("module", [check, gradients_module], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_are_true(module: Any) -> None:
    tried = doctest.testmod(module)
    assert tried.attempted > 2
    assert tried.failed == 0


def test_the_examples_on_the_page_are_true() -> None:
    page = Path(__file__).resolve().parent.parent / "docs" / "course" / "checks.md"
    tried = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert tried.attempted > 5
    assert tried.failed == 0


def test_it_is_reached_from_the_package() -> None:
    assert nnw.check is check
    assert "check" in dir(nnw)
    assert all(hasattr(check, name) for name in check.__all__)


def test_below_the_bound_and_no_flag_can_be_asked_for_together() -> None:
    good, bad = recorded(calm, name="good"), recorded(overfitting, name="bad")
    assert check.all(check.val_loss_below(good, 0.3), check.no_flag(good))
    both = check.all(check.val_loss_below(bad, 0.6), check.no_flag(bad))
    assert [one.passed for one in both] == [True, False]
    assert not both
    assert repr(both).endswith("1 of 2 reached.")
    assert bad.divergence is not None
    assert both[1].measured == bad.divergence.text


def test_a_bound_is_not_reached_by_touching_it() -> None:
    run = logged([0.5, 0.3])
    assert not check.val_loss_below(run, 0.3)
    assert check.val_loss_below(run, 0.31)
    assert check.accuracy_at_least(run, 0.7)
    assert not check.accuracy_at_least(run, 0.71)


@pytest.mark.parametrize(
    ("values", "train", "hint"),
    [
        ([0.9, 0.8, 0.7, 0.6], 0.5, "It is still getting better"),
        ([0.9, 0.2, 0.8, 0.9], 0.1, "It was there: 0.200 after epoch 2"),
        ([0.9, *[0.6] * 15], 0.1, "On its own samples it is 0.100 already"),
        ([0.9, *[0.6] * 15], 0.55, "On its own samples it is 0.550, too"),
        ([0.9, *[0.6] * 15], None, "It does not get better"),
        ([0.9, math.nan], 0.1, "It is no number any more"),
    ],
)
def test_the_hint_fits_the_curves(values: list[float], train: float | None, hint: str) -> None:
    found = check.val_loss_below(logged(values, train=train), 0.3)
    assert not found
    assert found.hint.startswith(hint)
    assert found.measured.endswith(f"after epoch {len(values)}")


def test_learning_by_heart_is_called_so() -> None:
    assert "learns its samples by heart" in check.val_loss_below(recorded(overfitting), 0.1).hint


def test_what_the_run_went_back_from_does_not_count() -> None:
    def later(epoch: int) -> float:
        return 0.1 if epoch <= 10 else 0.9 if epoch <= 14 else 0.5

    run = recorded(later, done=[branch(14, 10)])
    assert check.val_loss_below(run, 0.6).measured == "0.500 after epoch 40"
    after_end = change("restore", 40, "back to best", from_step=10 * STEPS)
    run = recorded(later, done=[Intervention(**{**vars(after_end), "moment": 2.0})])
    assert check.val_loss_below(run, 0.2).measured == "0.100 after epoch 10"


def test_a_training_that_ended_at_its_best_is_judged_there() -> None:
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    run = nnw.watch(model, optimizer, show=False, store=False)
    data = [torch.zeros(1, 2)]
    for epoch in run.epochs(9):
        for x in run.train(data):
            model(x).sum().backward()
            optimizer.step()
            run.log(loss=0.5)
        for _ in run.validate(data):
            run.log(loss=(0.9, 0.2, 0.8)[epoch])
        if epoch == 2:
            run.stop(restore="best")
    assert check.val_loss_below(run, 0.3).measured == "0.200 after epoch 2"


def test_a_metric_that_nobody_logged_is_named() -> None:
    run = logged([0.5])
    found = check.accuracy_at_least(run, 0.9, metric="f1")
    assert found.measured == "there is no validation of it"
    assert "run.log(f1=…)" in found.hint
    assert "There is: val/loss, val/accuracy." in found.hint
    assert "There is" not in check.val_loss_below(recorded(calm, metric="error"), 0.3, metric="loss").measured


def test_a_gap_that_is_not_filled_is_no_error() -> None:
    for empty in (None, ...):
        results = check.all(
            check.val_loss_below(empty, 0.3),  # type: ignore[arg-type]  # an ellipsis is what an exercise begins with
            check.accuracy_at_least(empty, 0.3),  # type: ignore[arg-type]
            check.no_flag(empty),  # type: ignore[arg-type]
            check.trained_for(empty, epochs=3),  # type: ignore[arg-type]
            check.used(empty, "dropout"),  # type: ignore[arg-type]
        )
        assert {one.measured for one in results} == {"there is no run yet"}
        assert not any(results)


def test_too_few_validations_are_no_proof_that_there_is_no_flag() -> None:
    found = check.no_flag(logged([0.5, 0.4]))
    assert not found
    assert found.measured == "only 2 validations"
    assert check.no_flag(logged([])).measured == "only 0 validations"


def test_a_flag_that_was_taken_back_does_no_harm() -> None:
    found = check.no_flag(recorded(lambda epoch: overfitting(epoch) if epoch <= 20 else 0.1))
    assert found
    assert found.measured.startswith("it was raised, and taken back: The flag is taken back")


def test_an_unstable_run_gets_another_hint() -> None:
    found = check.no_flag(recorded(lambda epoch: math.nan if epoch > 9 else 1 / epoch, epochs=12))
    assert found.hint == "Try a smaller learning rate."


def test_how_long_it_trained() -> None:
    run = recorded(calm, epochs=12)
    assert check.trained_for(run, epochs=12).measured == "12 epochs"
    assert check.trained_for(run, steps=48)
    assert check.trained_for(run, epochs=13).hint == "Let it train further."
    assert not check.trained_for(run, steps=49)
    failed = recorded(calm, status="failed", error="ValueError: shapes")
    assert check.trained_for(failed, epochs=50).hint == "The run failed: ValueError: shapes"
    bare = Run(name="bare", show=False, store=False)
    bare.log(loss=1.0)
    bare.finish()
    assert "Nobody counted its epochs" in check.trained_for(bare, epochs=1).hint


def test_a_control_that_was_used() -> None:
    run = Run(name="steered", show=False, store=False, controls={"learning_rate": 0.1, "dropout": 0.0})
    for i in range(4):
        if i == 2:
            run.controls.learning_rate = 0.05
        run.log(loss=1.0)
    run.finish()
    assert check.used(run, "learning_rate").measured == "learning rate 0.1 → 0.05, at step 2"
    not_used = check.used(run, "dropout")
    assert not_used.measured == "not used"
    assert "run.controls.dropout = 0.5" in not_used.hint


def test_a_branch_with_dropout_is_both() -> None:
    one = branch(14, 10)
    run = recorded(
        calm, done=[Intervention(**{**vars(one), "facts": {**one.facts, "branch_control": "dropout"}})]
    )
    assert check.used(run, "branch")
    assert check.used(run, "dropout")
    assert not check.used(run, "size")


def test_what_was_refused_or_undone_does_not_count() -> None:
    refused = Intervention(
        "dropout", 0, 0.5, "panel", False, "dropout 0.5", reason="There is no dropout <b>layer</b>.", step=3
    )
    found = check.used(recorded(calm, done=[refused]), "dropout")
    assert found.measured == "dropout 0.5: refused at step 3: There is no dropout <b>layer</b>."
    assert "<b>" not in found._repr_html_()
    done = [change("dropout", 5, "dropout 0 → 0.5"), change("undo", 6, "undone: dropout 0 → 0.5")]
    assert "undone" in check.used(recorded(calm, done=done), "dropout").measured
    again = [*done, change("dropout", 7, "dropout 0 → 0.3")]
    assert check.used(recorded(calm, done=again), "dropout")


def test_every_control_has_its_python() -> None:
    for control in ("pause", "deepen", "weight_decay", "restore", "undo"):
        assert "from Python: run." in check.used(recorded(calm), control).hint


def test_a_run_that_goes_on_says_so() -> None:
    run = Run(name="open", show=False, store=False)
    run.log(loss=1.0, val_loss=0.5)
    found = check.val_loss_below(run, 0.3)
    assert found.going
    assert "The run still goes on" in repr(found)
    run.finish()
    assert "The run still goes on" not in repr(check.val_loss_below(run, 0.3))


def test_a_run_that_is_kept_is_known_by_its_id(home: Path) -> None:
    run = Run(name="kept", show=False)
    run.log(loss=1.0, val_loss=0.2)
    run.finish()
    assert check.val_loss_below(run.id, 0.3)
    with pytest.raises(RunNotFoundError):
        check.no_flag("20200101-000000-nobody")


def test_wrong_input_is_refused_in_words() -> None:
    run = recorded(calm)
    for wrong in ("0.3", True, math.nan, 10**400, None):
        with pytest.raises(OptionError, match="takes a number, not"):
            check.val_loss_below(run, wrong)  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(OptionError, match="takes a run, or the id of one, not History"):
        check.no_flag(run.history)  # type: ignore[arg-type]
    with pytest.raises(CheckError, match=r"write 0\.95 for 95 %"):
        check.accuracy_at_least(run, 95)
    with pytest.raises(OptionError, match=r"'droput'\. Did you mean 'dropout'"):
        check.used(run, "droput")
    with pytest.raises(OptionError, match="There is no control"):
        check.used(run, ["dropout"])  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="one of epochs= and steps="):
        check.trained_for(run)
    with pytest.raises(CheckError, match="ask for 1 at least"):
        check.trained_for(run, epochs=0)
    with pytest.raises(OptionError, match="takes what the checks return, not bool"):
        check.all(True)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="needs one check"):
        check.all()


def test_it_is_shown_as_a_table_that_reads_without_its_colours() -> None:
    named = check.val_loss_below(recorded(calm, metric="<i>"), 0.01, metric="<i>")
    page = check.all(check.trained_for(recorded(calm), epochs=1), check.all(named))._repr_html_()
    root = ET.fromstring(page)
    assert root.tag == "table"
    assert [node.text for node in root.iter("caption")] == ["1 of 2 reached."]
    rows = ["".join(row.itertext()) for row in root.iter("tr")]
    assert rows[0].startswith("✓ reachedit was trained for 1 epoch")
    assert rows[1].startswith("✗ not yetthe validation <i> is below 0.010")
    assert [node.get("scope") for node in root.iter("th")] == ["row", "row"]
    assert ET.fromstring(named._repr_html_()).find("caption") is None


def test_it_speaks_the_language_in_force() -> None:
    results = check.all(check.val_loss_below(recorded(overfitting), 0.1), check.no_flag(recorded(calm)))
    with speaking("uk"):
        said = repr(results)
    assert said.splitlines()[0] == "✗ втрати на валідації менші за 0.100: ще ні"
    assert said.endswith("Виконано 1 з 2.")
    assert "reached" not in said
    with speaking("uk"):
        assert check.trained_for(recorded(calm), epochs=22).what == "навчання тривало 22 епохи"
