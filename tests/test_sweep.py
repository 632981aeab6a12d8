"""One training for each combination: in order, from the same random state, with its values in its file."""

from __future__ import annotations

import random
import threading
from typing import Any

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets._errors import NnwidgetsError, OptionError
from nnwidgets.run import Run


def one(dropout: float = 0.0, **_: Any) -> Run:
    with Run(show=False) as run:
        run.log(loss=1 - dropout)
    return run


def test_each_combination_is_trained_once_in_order() -> None:
    called: list[dict[str, Any]] = []

    def train(**values: Any) -> Run:
        called.append(values)
        return one()

    runs = nnw.sweep(train, dropout=(0, 0.3), size=["S", "M"], epochs=3)
    assert called == [
        {"dropout": dropout, "size": size, "epochs": 3} for dropout in (0, 0.3) for size in ("S", "M")
    ]
    assert [run.config["sweep"] for run in runs] == [
        {"dropout": dropout, "size": size} for dropout in (0, 0.3) for size in ("S", "M")
    ]


def test_the_values_are_in_the_name_and_in_the_file() -> None:
    runs = nnw.sweep(one, dropout=(0, 0.3))
    assert [run.name.split(", ")[1] for run in runs] == ["dropout 0", "dropout 0.3"]
    assert [nnw.load(run.id).config["sweep"] for run in runs] == [{"dropout": 0}, {"dropout": 0.3}]


def test_a_name_that_was_given_stays_as_it_is() -> None:
    def train(dropout: float) -> Run:
        return Run(name="mine", show=False, store=False)

    assert [run.name for run in nnw.sweep(train, dropout=(0, 0.3))] == ["mine", "mine"]


def test_a_run_that_is_not_returned_is_taken_and_ended() -> None:
    def train(dropout: float) -> str:
        Run(show=False, store=False).log(loss=dropout)
        return "trained"

    runs = nnw.sweep(train, dropout=(0, 0.3))
    assert [run.history["train/loss"].count for run in runs] == [1, 1]
    assert [run.status for run in runs] == ["finished", "finished"]


def test_a_run_among_several_results_and_a_recording_are_taken() -> None:
    def train(dropout: float) -> tuple[str, Run]:
        return "model", nnw.from_history({"loss": [1.0, dropout]})

    runs = nnw.sweep(train, dropout=(0, 0.3))
    assert [run.config["sweep"] for run in runs] == [{"dropout": 0}, {"dropout": 0.3}]


def test_every_training_draws_the_same_and_the_persons_states_stay() -> None:
    drawn: list[tuple[float, float]] = []

    def train(dropout: float) -> Run:
        drawn.append((random.random(), np.random.random()))  # noqa: NPY002
        return one()

    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]  # noqa: NPY002
    nnw.sweep(train, dropout=(0, 0.3))
    nnw.sweep(train, dropout=(0,), seed=1)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # type: ignore[index, union-attr]  # noqa: NPY002
    assert drawn[0] == drawn[1] != drawn[2]


def test_torch_draws_the_same_too() -> None:
    torch = pytest.importorskip("torch")
    drawn: list[float] = []

    def train(dropout: float) -> Run:
        drawn.append(float(torch.rand(())))
        return one()

    before = torch.get_rng_state()
    nnw.sweep(train, dropout=(0, 0.3))
    assert drawn[0] == drawn[1]
    assert (torch.get_rng_state() == before).all()


def test_without_a_seed_the_random_states_go_on() -> None:
    drawn: list[float] = []

    def train(dropout: float) -> Run:
        drawn.append(random.random())
        return one()

    random.seed(7)
    expected = [random.random(), random.random()]
    random.seed(7)
    nnw.sweep(train, dropout=(0, 0.3), seed=None)
    assert drawn == expected


def test_a_training_that_fails_is_named_and_left_out() -> None:
    failed: list[Run] = []

    def train(dropout: float) -> Run:
        run = Run(show=False, store=False)
        if dropout == 0.3:
            failed.append(run)
            raise ValueError("too much")
        return run

    with pytest.warns(RuntimeWarning, match=r"dropout 0\.3.*too much"):
        runs = nnw.sweep(train, dropout=(0, 0.3, 0.5))
    assert [run.config["sweep"]["dropout"] for run in runs] == [0, 0.5]
    assert (failed[0].status, failed[0].error) == ("failed", "ValueError: too much")


def test_where_all_fail_the_first_error_is_raised() -> None:
    def train(dropout: float) -> None:
        raise ValueError(f"no {dropout}")

    with pytest.warns(RuntimeWarning), pytest.raises(ValueError, match="no 0"):
        nnw.sweep(train, dropout=(0, 0.3))


def test_an_interrupt_ends_the_sweep_and_its_run() -> None:
    begun: list[Run] = []

    def train(dropout: float) -> None:
        begun.append(Run(show=False, store=False))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nnw.sweep(train, dropout=(0, 0.3))
    assert [run.status for run in begun] == ["interrupted"]


def test_a_function_without_a_run_is_told_what_is_missing() -> None:
    with pytest.warns(RuntimeWarning), pytest.raises(NnwidgetsError, match="began no run"):
        nnw.sweep(lambda dropout: None, dropout=(0, 0.3))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "something to vary"),
        ({"dropout": 0.3}, "something to vary"),
        ({"dropout": ()}, "empty"),
        ({"dropout": (0.3, 0.30)}, "twice"),
        ({"rate": (0, 1)}, "cannot be called"),
        ({"dropout": (0, 0.3), "seed": (0, 1)}, "another name"),
        ({"dropout": (0, 0.3), "seed": -1}, "whole number"),
        ({"dropout": (0, 0.3), "seed": True}, "whole number"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_anything_is_trained(values: Any, why: str) -> None:
    def train(dropout: float) -> Run:
        raise AssertionError

    with pytest.raises(OptionError, match=why):
        nnw.sweep(train, **values)


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(OptionError, match="function that trains"):
        nnw.sweep(3, dropout=(0, 0.3))  # type: ignore[arg-type]


def test_a_sweep_inside_a_sweep_has_the_values_of_both() -> None:
    inner: list[Run] = []

    def train(size: str) -> Run:
        inner.extend(nnw.sweep(one, dropout=(0, 0.3)))
        return one()

    nnw.sweep(train, size=("S", "M"))
    assert [run.config["sweep"] for run in inner[:2]] == [
        {"size": "S", "dropout": 0},
        {"size": "S", "dropout": 0.3},
    ]


def test_functions_and_numpy_numbers_are_kept_as_text_and_numbers() -> None:
    def relu(_: Any) -> None: ...

    runs = nnw.sweep(lambda act, rate: one(), act=(relu, None), rate=np.array([0.1, 0.5]))
    assert runs[0].config["sweep"] == {"act": "relu", "rate": 0.1}
    assert nnw.load(runs[-1].id).config["sweep"] == {"act": None, "rate": 0.5}


def test_a_run_of_another_thread_goes_on_while_others_are_swept() -> None:
    others: list[Run] = []

    def train(dropout: float) -> Run:
        thread = threading.Thread(target=lambda: others.append(Run(show=False, store=False)))
        thread.start()
        thread.join()
        return one(dropout)

    runs = nnw.sweep(train, dropout=(0, 0.3))
    assert [run.status for run in runs] == ["finished", "finished"]
    assert [run.status for run in others] == ["running", "running"]
    for other in others:
        other.finish()


def test_a_run_that_a_thread_of_the_function_trained_is_taken_and_ended() -> None:
    def train(dropout: float) -> Run:
        found: list[Run] = []
        thread = threading.Thread(target=lambda: found.append(Run(show=False, store=False)))
        thread.start()
        thread.join()
        return found[0]

    runs = nnw.sweep(train, dropout=(0, 0.3))
    assert [run.status for run in runs] == ["finished", "finished"]
    assert [run.config["sweep"] for run in runs] == [{"dropout": 0}, {"dropout": 0.3}]
