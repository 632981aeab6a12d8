"""The flag's rule, on curves made here: what is raised, what is not, what is taken back, and what it costs."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnwidgets._excursion import Excursion
from nnwidgets.divergence import DivergenceMonitor, Raised, Withdrawn, odds, replay

Curve = tuple[np.ndarray, np.ndarray]


def falling(n: int, floor: float = 0.1, rate: float = 0.15) -> np.ndarray:
    """A loss as a training has it: 1 at first, ever more slowly towards its floor."""
    return floor + (1 - floor) * np.exp(-rate * np.arange(n))


def overfitting(n: int = 60, at: int = 15, slope: float = 0.03, noise: float = 0.0, seed: int = 0) -> Curve:
    """Training falls to nothing; validation turns up after ``at``."""
    epochs = np.arange(n)
    val = 0.4 + 0.6 * np.exp(-0.25 * epochs) + slope * np.maximum(epochs - at, 0)
    return falling(n, 0.01), val + noise * np.random.default_rng(seed).normal(size=n)


def watch(curve: Curve, monitor: DivergenceMonitor | None = None) -> list[tuple[int, Raised | Withdrawn]]:
    """All events of a curve, with the index at which each came."""
    monitor = monitor or DivergenceMonitor()
    train, val = curve
    events = ((i, monitor.update(i, v, t)) for i, (t, v) in enumerate(zip(train, val, strict=True)))
    return [(i, event) for i, event in events if event is not None]


def test_overfitting_is_raised_soon_after_its_onset() -> None:
    (at, event), *rest = watch(overfitting())
    assert isinstance(event, Raised)
    assert event.kind == "overfitting"
    assert not rest
    lowest = int(np.argmin(overfitting()[1]))
    assert event.best_step == lowest
    assert lowest <= event.onset < at <= lowest + 8
    assert event.best == pytest.approx(overfitting()[1].min())
    assert event.rise is not None
    assert event.rise > 0.03
    assert event.sigmas > 2.5
    assert event.train_change is not None
    assert event.train_change < -0.3
    assert event.validations == at - lowest
    assert 0.65 < event.probability < 1


@pytest.mark.parametrize("seed", range(20))
def test_noise_delays_the_flag_but_does_not_hide_it(seed: int) -> None:
    events = [
        event for _, event in watch(overfitting(100, noise=0.03, seed=seed)) if isinstance(event, Raised)
    ]
    assert events
    assert events[0].kind == "overfitting"
    assert 5 <= events[0].best_step <= 25
    assert events[-1].step <= 60


def learning_rate_drop(_seed: int) -> np.ndarray:
    return np.concatenate([falling(60, 0.5), 0.35 + 0.15 * np.exp(-0.5 * np.arange(40))])


def slow_improvement(seed: int) -> np.ndarray:
    return falling(300, 0.3, 0.01) + 0.01 * np.random.default_rng(seed).normal(size=300)


def single_spikes(_seed: int) -> np.ndarray:
    val = falling(120, 0.3, 0.03)
    val[[20, 45, 80]] *= 3
    return val


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("shape", [learning_rate_drop, slow_improvement, single_spikes])
def test_what_only_stands_still_or_wobbles_is_not_raised(
    shape: Callable[[int], np.ndarray], seed: int
) -> None:
    val = shape(seed)
    assert watch((falling(len(val), 0.01), val)) == []


@pytest.mark.parametrize("n", [200, 1000])
def test_of_plateaus_of_noise_hardly_one_is_raised_and_that_one_is_taken_back(n: int) -> None:
    """Noise of 2 % for hundreds of epochs: in one stretch or another it looks like a rise."""
    wrong = 0
    for seed in range(60):
        val = falling(n, 0.4) * (1 + 0.02 * np.random.default_rng(seed).normal(size=n))
        events = [event for _, event in watch((falling(n, 0.01), val))]
        wrong += bool(events)
        assert not events or isinstance(events[-1], Withdrawn)
    assert wrong <= 2


def test_a_gap_alone_is_never_a_reason() -> None:
    """Training at a thousandth of the validation loss, and the latter flat."""
    assert watch((falling(100, 1e-4, 0.5), np.full(100, 0.8) - 1e-3 * np.arange(100))) == []


def test_a_plateau_has_a_name() -> None:
    monitor = DivergenceMonitor()
    assert monitor.state == "waiting"
    watch((falling(10), falling(10)), monitor)
    assert monitor.state == "improving"
    watch((falling(40), np.full(40, falling(10)[-1])), monitor)
    assert monitor.state == "plateau"


def test_training_that_rises_too_is_instability() -> None:
    train, val = falling(40, 0.3), falling(40, 0.4)
    train[20:] += 0.05 * np.arange(20)
    val[20:] += 0.06 * np.arange(20)
    (_, event), *_ = watch((train, val))
    assert isinstance(event, Raised)
    assert event.kind == "instability"
    assert event.probability == 0
    assert event.train_change is not None
    assert event.train_change > 0.02
    assert replay(range(40), train, range(40), val) == []


def test_a_rise_of_both_after_a_hot_start_is_not_overfitting() -> None:
    """Warm restarts of the learning rate move both losses up and down together."""
    epochs = np.arange(120)
    both = 0.3 + 0.7 * np.exp(-0.02 * epochs) + 0.15 * np.abs(np.sin(epochs / 8))
    assert all(
        event.kind == "instability" for _, event in watch((both * 0.9, both)) if isinstance(event, Raised)
    )


def test_instability_that_settles_may_become_overfitting() -> None:
    """Both losses jump; then training falls to nothing, while validation stays up and goes on rising."""
    train, val = falling(60, 0.01), falling(60, 0.4)
    train[12:18] += 0.8 + 0.1 * np.arange(6)
    val[12:] += 0.25 + 0.01 * np.arange(48)
    events = [event for _, event in watch((train, val))]
    assert [getattr(event, "kind", None) or event.reason for event in events] == [
        "instability",
        "settled",
        "overfitting",
    ]
    assert events[2].best_step == 11


def test_no_number_is_instability_until_it_is_one_again() -> None:
    monitor = DivergenceMonitor()
    watch((falling(10), falling(10)), monitor)
    event = monitor.update(10, math.nan, 0.3)
    assert isinstance(event, Raised)
    assert event.kind == "instability"
    assert event.best_step == 9
    assert monitor.update(11, math.inf, math.nan) is None
    back = monitor.update(12, 0.25, 0.3)
    assert isinstance(back, Withdrawn)
    assert back.reason in ("returned", "improved")
    assert monitor.raised is None


def test_nothing_but_nan_says_nothing() -> None:
    assert watch((np.full(20, math.nan), np.full(20, math.nan))) == []


def double_descent() -> Curve:
    epochs = np.arange(150)
    val = 0.4 + 0.6 * np.exp(-0.2 * epochs) + 0.4 * np.exp(-(((epochs - 45) / 14) ** 2)) - 0.0015 * epochs
    return falling(150, 0.01), val


def test_double_descent_is_taken_back() -> None:
    raised, withdrawn = (event for _, event in watch(double_descent())[:2])
    assert isinstance(raised, Raised)
    assert isinstance(withdrawn, Withdrawn)
    assert withdrawn.raised is raised
    assert withdrawn.reason in ("improved", "returned")
    assert withdrawn.step > raised.step


def test_a_hill_from_which_the_curve_returned_makes_the_next_one_less_telling() -> None:
    curve = Excursion()
    measured = []
    for value in [1.0, 0.5, 0.7, 0.8, 0.7, 0.4, 0.6, 0.7, 0.6]:
        curve.add(value, 0.1)
        measured.append(curve.features())
    first, second = measured[4], measured[8]
    assert second.precedent > first.precedent
    assert odds(second) < odds(second._replace(precedent=first.precedent))


def test_a_change_of_the_run_begins_a_new_curve() -> None:
    monitor = DivergenceMonitor()
    watch(overfitting(), monitor)
    assert monitor.raised is not None
    event = monitor.restart(60)
    assert isinstance(event, Withdrawn)
    assert event.reason == "changed"
    assert event.value is None
    assert monitor.raised is None
    assert monitor.state == "waiting"
    assert monitor.restart(61) is None
    train, val = overfitting()
    later = [monitor.update(60 + i, 3 * v, t) for i, (t, v) in enumerate(zip(train, val, strict=True))]
    (raised,) = [event for event in later if event is not None]
    assert isinstance(raised, Raised)
    assert raised.best_step >= 60


@pytest.mark.parametrize("every", [1, 10])
def test_validation_more_or_less_often_than_the_training_loss(every: int) -> None:
    train, val = overfitting(80)
    steps = np.arange(80) * 100
    noisy = np.repeat(train, 100) + 0.05 * np.random.default_rng(1).normal(size=8000)
    often = replay(np.arange(8000), noisy, steps, val)
    seldom = replay(steps[::every], train[::every], steps, val)
    for events in (often, seldom):
        assert events
        assert 12 <= events[0][1] <= 18
        assert events[0][0] <= 26


def test_eight_validations_are_enough() -> None:
    val = np.array([0.9, 0.5, 0.52, 0.6, 0.7, 0.85, 1.0, 1.2])
    ((flag, best),) = replay(range(8), falling(8, 0.01, 0.6), range(8), val)
    assert best == 1
    assert flag <= 5


def test_more_is_better() -> None:
    """An accuracy that reaches 0.9 and sinks, while that on the training data goes on rising."""
    epochs = np.arange(50)
    val = np.minimum(0.4 + 0.05 * epochs, 0.9) - 0.006 * np.maximum(epochs - 15, 0)
    train = 1 - 0.6 * np.exp(-0.2 * epochs)
    (_, event), *_ = watch((train, val), DivergenceMonitor("max"))
    assert isinstance(event, Raised)
    assert event.kind == "overfitting"
    assert event.best == pytest.approx(0.9)
    assert 10 <= event.best_step <= 15
    assert event.value < event.best
    assert watch((train, train - 0.05), DivergenceMonitor("max")) == []


@pytest.mark.parametrize("shift", [-1.0, -1200.0])
def test_losses_below_zero(shift: float) -> None:
    """A negative log-likelihood or an ELBO has no floor at zero: its rise is measured by what it had gained."""
    train, val = overfitting()
    events = watch((100 * train + shift - 50, 100 * val + shift - 50))
    assert events
    assert isinstance(events[0][1], Raised)
    assert events[0][1].rise is None
    assert 12 <= events[0][1].best_step <= 18
    assert events[0][0] <= 30
    still = 100 * falling(100, 0.4) + shift - 50
    assert watch((still, still + 1)) == []


def test_without_a_training_loss_the_validation_loss_decides() -> None:
    monitor = DivergenceMonitor()
    events = [monitor.update(i, v) for i, v in enumerate(overfitting()[1])]
    (event,) = [event for event in events if event is not None]
    assert isinstance(event, Raised)
    assert event.train_change is None


def test_a_loss_of_exactly_zero() -> None:
    val = np.array([1.0, 0.5, 0.1, 0.0, 0.0, 0.0, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9])
    assert watch((val * 0, val))
    assert watch((val * 0, np.zeros(12))) == []


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="mode is"):
        DivergenceMonitor("auto")  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=60),
    st.integers(0, 60),
)
def test_any_numbers_are_taken_and_a_prefix_gives_a_prefix(val: list[float], cut: int) -> None:
    train = [abs(v) if math.isfinite(v) else v for v in reversed(val)]
    steps = range(len(val))
    whole, part = replay(steps, train, steps, val), replay(steps[:cut], train[:cut], steps[:cut], val[:cut])
    assert part == [event for event in whole if event[0] < cut]
    assert all(0 <= best < flag < len(val) for flag, best in whole)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1e-6, 0.125, 8.0, 4096.0]))
def test_the_unit_of_the_loss_does_not_matter(seed: int, unit: float) -> None:
    train, val = overfitting(50, noise=0.02, seed=seed)
    assert replay(range(50), train, range(50), val) == replay(range(50), unit * train, range(50), unit * val)


def test_memory_is_bounded() -> None:
    monitor = DivergenceMonitor()

    def held() -> int:
        curve = monitor._curve
        return sum(sys.getsizeof(part) for part in vars(curve).values()) + len(curve._returned)

    random = np.random.default_rng(0)
    for i in range(2000):
        monitor.update(i, 1 + abs(random.normal()), 1.0)
    before = held()
    for i in range(2000, 20_000):
        monitor.update(i, 1 + abs(random.normal()), 1.0)
    assert held() <= before + 2048
