"""Which steps are sampled: early ones, then few enough that they cost one percent."""

from __future__ import annotations

import itertools
import sys

import pytest

from nnwidgets._sampling_plan import SHARE, Plan


def simulated(
    per_step: float, cost: float, steps: int, first_cost: float | None = None
) -> tuple[list[int], float, int]:
    """Return the steps that are sampled, the share that they take, and how often the clock was looked at."""
    plan, clock, sampled, spent, looks = Plan(), 0.0, list[int](), 0.0, 0
    for step in range(1, steps + 1):
        if step >= plan.look_at:
            looks += 1
            if plan.is_due(step, clock):
                now = first_cost if first_cost is not None and not sampled else cost
                clock += now
                spent += now
                plan.sampled(step, clock, now)
                sampled.append(step)
        clock += per_step
    return sampled, spent / clock, looks


def test_first_samples_come_early() -> None:
    assert simulated(0.001, 0.0005, 30)[0] == [2, 12, 23]


def test_then_they_are_a_quarter_of_a_second_apart() -> None:
    steps = simulated(0.001, 0.0005, 2_000)[0]
    assert all(250 <= b - a <= 330 for a, b in itertools.pairwise(steps[2:]))


@pytest.mark.parametrize("per_step", [0.0004, 0.01, 0.5])
@pytest.mark.parametrize("cost", [0.0002, 0.004, 0.06, 0.5])
def test_they_take_one_percent_at_most(per_step: float, cost: float) -> None:
    steps, share, _ = simulated(per_step, cost, int(300 / per_step))
    assert share <= SHARE * 1.2
    assert len(steps) >= 3


def test_a_slow_training_has_a_sample_every_ten_steps_or_so() -> None:
    steps = simulated(1.0, 0.02, 200)[0]
    assert all(10 <= b - a <= 17 for a, b in itertools.pairwise(steps))
    assert len({b - a for a, b in itertools.pairwise(steps)}) > 3


def test_a_dear_sample_pushes_the_next_one_far() -> None:
    steps = simulated(0.01, 0.1, 10_000)[0]
    assert all(b - a >= 1_000 for a, b in itertools.pairwise(steps[1:]))


def test_what_the_first_sample_takes_counts_less() -> None:
    steps = simulated(0.01, 0.001, 2_000, first_cost=0.2)[0]
    assert 300 <= steps[1] - steps[0] <= 500


def test_hardly_any_step_looks_at_the_clock() -> None:
    assert simulated(0.0004, 0.0005, 100_000)[2] < 100_000 / 40


def test_a_change_of_pace_is_noticed() -> None:
    plan = Plan()
    for step, now in ((2, 0.0), (12, 0.01), (23, 0.02)):
        assert plan.is_due(step, now)
        plan.sampled(step, now, 0.0001)
    assert plan.look_at <= 23 + 64  # by the pace until now it would be 250
    assert not plan.is_due(plan.look_at, 0.1)
    assert plan.is_due(plan.look_at + 64, 100.0)


def test_every_step_and_no_step() -> None:
    plan = Plan(every_step=True)
    for step in (1, 2, 3):
        assert plan.look_at == step
        assert plan.is_due(step, 0.0)
        plan.sampled(step, 0.0, 100.0)
    plan.dropped(4)
    assert plan.look_at == 5
    plan.stop()
    assert plan.look_at == sys.maxsize
    assert not plan.is_due(10, 1e9)
