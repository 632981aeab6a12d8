"""Which part of a run is its own past, what it did untouched, and what is said of the difference."""

from __future__ import annotations

from typing import Any

import pytest

from nnwidgets import Run
from nnwidgets._branches import last_branch, own_past, parts_of, verdict
from nnwidgets.controls import Command


class Tale:
    """A run that is told step by step, one validation each."""

    def __init__(self) -> None:
        self.run = Run(show=False, store=False)

    def validates(self, *values: float) -> Tale:
        for value in values:
            self.run.log(loss=value, val_loss=value)
        self.run.flush()
        return self

    def goes_back(self, step: int, value: float | None = None, changed: str | None = None) -> Tale:
        facts: dict[str, Any] = {"from_step": step, "from_value": value, "changed": changed}
        return self._decides("branch" if changed else "restore", f"branch from step {step}", facts)

    def undoes(self) -> Tale:
        return self._decides("undo", "undone: branch from best", {})

    def _decides(self, control: Any, text: str, facts: dict[str, Any]) -> Tale:
        self.run._steering.ledger.decide(
            Command(control, None, "python"), old=None, new=None, text=text, facts=facts
        )
        return self

    @property
    def past(self) -> list[float]:
        self.run.flush()
        return own_past(self.run, self.run.history["val/loss"].points()).value.tolist()

    @property
    def parts(self) -> tuple[list[float], list[float]]:
        branch = last_branch(self.run)
        assert branch is not None
        before, since = parts_of(self.run, "val/loss", branch)
        return before.value.tolist(), since.value.tolist()

    @property
    def said(self) -> str:
        branch = last_branch(self.run)
        assert branch is not None
        return verdict(self.run, branch)


def test_a_branch_and_the_stretch_that_it_left() -> None:
    tale = Tale().validates(5, 3, 4, 4.5).goes_back(2, 3, "dropout 0 → 0.5").validates(2.5, 2.2)
    assert tale.parts == ([4, 4.5], [2.5, 2.2])
    assert tale.past == [5, 3, 2.5, 2.2]


def test_going_back_twice_compares_with_what_was_never_touched() -> None:
    tale = Tale().validates(5, 3, 4, 4.5).goes_back(2, 3, "dropout 0 → 0.5").validates(6, 7)
    tale.goes_back(2, 3, "size 1× → 0.5×").validates(2.9)
    assert tale.parts == ([4, 4.5], [2.9])
    assert tale.past == [5, 3, 2.9]


def test_a_branch_of_a_branch_compares_with_the_first_one() -> None:
    tale = Tale().validates(5, 3, 4).goes_back(2, 3, "dropout 0 → 0.5").validates(2.5, 2.6)
    tale.goes_back(4, 2.5, "size 1× → 0.5×").validates(2.4)
    assert tale.parts == ([2.6], [2.4])
    assert tale.past == [5, 3, 2.5, 2.4]


def test_an_undone_branch_is_none() -> None:
    tale = (
        Tale().validates(5, 3, 4).goes_back(2, 3, "dropout 0 → 0.5").validates(9, 9).undoes().validates(4.2)
    )
    assert last_branch(tale.run) is None
    assert tale.past == [5, 3, 4, 4.2]


def test_two_branches_undone_one_after_the_other() -> None:
    tale = Tale().validates(5, 3, 4).goes_back(2, 3, "dropout 0 → 0.5").validates(9)
    tale.goes_back(2, 3, "size 1× → 0.5×").validates(8).undoes().validates(7)
    assert tale.past == [5, 3, 9, 7]
    assert tale.undoes().validates(6).past == [5, 3, 4, 6]


def test_a_snapshot_of_a_stretch_that_was_left() -> None:
    tale = Tale().validates(5, 3, 4, 4.1).goes_back(2, 3).validates(2.9, 2.8).goes_back(3, 4).validates(3.9)
    assert tale.past == [5, 3, 4, 3.9]


def test_going_back_where_one_stands_leaves_nothing() -> None:
    assert last_branch(Tale().validates(5, 3).goes_back(2, 3).run) is None


def test_what_is_done_after_the_end_is_no_branch() -> None:
    tale = Tale().validates(5, 3, 4)
    tale.run.finish()
    tale.goes_back(2, 3)
    assert last_branch(tale.run) is None
    assert tale.past == [5, 3, 4]


def test_a_better_one_is_compared_with_the_best_before() -> None:
    tale = (
        Tale()
        .validates(5, 3, *[4, 4.5] * 3)
        .goes_back(2, 3, "dropout 0 → 0.5")
        .validates(2.5, 2.2, 2.1, 2.0, 1.9)
    )
    assert tale.said.startswith(
        "With dropout 0 → 0.5: best validation loss 1.900 in 5 validations; the untouched run had 3.000 at its best."
    )
    assert "lower" in tale.said


def test_what_both_began_with_favours_neither() -> None:
    """Going back and doing the same again is no worse than the first time."""
    tale = Tale().validates(5, 3, 4, 4.5).goes_back(2, 3).validates(4, 4.5)
    assert tale.said == (
        "Since going back: 4.000 at best in 2 validations; the untouched run had 3.000 at its best. "
        "It began with 3.000, and has not come to a better one yet."
    )
    again = Tale().validates(5, 3, 2.8, 2.7).goes_back(2, 3).validates(2.8, 2.7)
    assert "Since going back: best validation loss 2.700" in again.said
    assert again.said.endswith("The same.")


@pytest.mark.parametrize("values", [(), (4.0,)])
def test_no_validation_or_one(values: tuple[float, ...]) -> None:
    tale = Tale().validates(5, 3, 4).goes_back(2, 3, "dropout 0 → 0.5").validates(*values)
    expected = "no validation yet" if not values else "4.000 at best in 1 validation;"
    assert expected in tale.said
