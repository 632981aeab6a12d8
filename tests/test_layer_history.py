"""Samples of what happens inside a model: found again by step and by name, within a bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from nnwidgets._i18n import speaking, t, told
from nnwidgets._layer_history import LayerHistory
from nnwidgets._layer_sample import Layout, Sample
from nnwidgets.history import History

LAYOUT = Layout(("conv", "relu"), ("conv.weight",))


def sample(step: int, layout: Layout = LAYOUT, first: float = 0.0) -> Sample:
    return Sample(step, step / 10, layout, np.arange(first, first + layout.size, dtype=np.float32))


def filled(count: int, **bounds: int) -> LayerHistory:
    layers = LayerHistory(**bounds)
    for step in range(1, count + 1):
        layers.append(sample(step, first=step))
    return layers


def test_numbers_stand_layer_by_layer_then_parameter_by_parameter() -> None:
    assert LAYOUT.size == 11
    assert [LAYOUT.place("relu", name) for name in ("mean", "std", "zeros", "dead")] == [4, 5, 6, 7]
    assert [LAYOUT.place("conv.weight", name) for name in ("grad", "update", "weight")] == [8, 9, 10]
    assert LAYOUT.place("conv.weight", "mean") is None
    assert sample(1).value("relu", "dead") == 7.0
    assert np.isnan(sample(1).value("other", "dead"))


def test_without_samples_there_is_nothing() -> None:
    layers = LayerHistory()
    assert (len(layers), layers.layout, layers.at(), layers.at(5), layers.version) == (0, None, None, None, 0)
    assert layers.steps.dtype == np.int64
    assert list(layers.to_pandas()) == ["step", "time", "key", "statistic", "value"]
    assert layers.recent(3)[1].size == 0
    with pytest.raises(KeyError, match="Nothing was measured yet"):
        layers.series("conv", "mean")
    assert isinstance(History().layers, LayerHistory)


def test_the_sample_at_or_before_a_step_is_found() -> None:
    layers = LayerHistory()
    layers.append(sample(2), sample(12), sample(22))
    assert [None if (s := layers.at(step)) is None else s.step for step in (1, 2, 11, 12, 99, None)] == [
        None, 2, 2, 12, 22, 22,
    ]  # fmt: skip
    assert layers.steps.tolist() == [2, 12, 22]


def test_a_series_has_the_steps_at_which_something_was_measured() -> None:
    layers = LayerHistory()
    for step, value in ((1, np.nan), (2, 0.5), (3, np.inf)):
        values = np.full(LAYOUT.size, np.nan, np.float32)
        values[8] = value
        layers.append(Sample(step, 0.0, LAYOUT, values))
    steps, values = layers.series("conv.weight", "grad")
    assert (steps.tolist(), values.tolist()) == ([2, 3], [0.5, np.inf])
    assert layers.series("conv", "mean")[0].size == 0


def test_what_is_unknown_is_told_with_what_is_known() -> None:
    layers = filled(1)
    with pytest.raises(KeyError, match="there are mean, std, zeros, dead, grad, update, weight"):
        layers.series("conv", "median")
    with pytest.raises(KeyError, match=r"no grad of 'fc'; it is known of conv\.weight"):
        layers.series("fc", "grad")
    with pytest.raises(KeyError, match="no mean of 'fc'; it is known of conv, relu"):
        layers.series("fc", "mean")


def test_another_layout_begins_a_new_row_of_samples() -> None:
    layers = filled(3)
    wider = Layout(("conv", "drop", "relu"), ("conv.weight",))
    layers.append(sample(4, wider), sample(5, Layout(*map(tuple, (wider.modules, wider.parameters)))))
    assert layers.layout is wider
    assert layers.series("conv", "mean")[0].tolist() == [1, 2, 3, 4, 5]
    assert layers.series("drop", "mean")[0].tolist() == [4, 5]
    assert layers.recent(10)[0].tolist() == [4, 5]
    assert layers.recent(1)[1].shape == (1, wider.size)


def test_a_training_that_went_back_forgets_what_came_after() -> None:
    layers = filled(5)
    layers.append(sample(3, first=100))
    assert layers.steps.tolist() == [1, 2, 3]
    assert layers.series("conv", "mean")[1].tolist() == [1.0, 2.0, 100.0]


@pytest.mark.parametrize("count", [100, 1_000, 5_000])
def test_older_samples_are_thinned_evenly(count: int) -> None:
    layers = filled(count, most=64)
    steps = layers.steps
    assert 16 <= len(steps) <= 64
    assert steps[0] == 1
    assert steps[-8:].tolist() == list(range(count - 7, count + 1))
    old = np.diff(steps[: len(steps) // 2])
    assert len(set(old.tolist())) == 1, old


def test_samples_of_a_huge_model_take_a_bounded_memory() -> None:
    layers = filled(3_000, most_bytes=LAYOUT.size * 4 * 100)
    assert sum(one.values.nbytes for one in layers.samples) <= LAYOUT.size * 4 * 100
    assert len(layers) >= 50
    assert layers.steps[0] == 1


def test_a_few_samples_stay_however_large_they_are() -> None:
    layers = filled(200, most_bytes=10)
    assert 8 <= len(layers) <= 17
    assert layers.steps[-1] == 200


def test_a_sample_has_as_many_numbers_as_its_layout() -> None:
    with pytest.raises(ValueError, match="A sample of 11 numbers"):
        LayerHistory().append(Sample(1, 0.0, LAYOUT, np.zeros(3, np.float32)))


def test_the_table_has_a_row_for_each_number_measured() -> None:
    layers = LayerHistory()
    values = np.full(LAYOUT.size, np.nan, np.float32)
    values[[0, 9]] = 0.5, 0.25
    layers.append(Sample(7, 1.5, LAYOUT, values))
    rows = layers.to_pandas()
    assert rows.to_dict("records") == [
        {"step": 7, "time": 1.5, "key": "conv", "statistic": "mean", "value": 0.5},
        {"step": 7, "time": 1.5, "key": "conv.weight", "statistic": "update", "value": 0.25},
    ]


def test_the_version_grows_and_notes_stand_once() -> None:
    layers = filled(1)
    before = layers.version
    layers.note("No activations.")
    layers.note("No activations.")
    assert (layers.notes, layers.version) == (("No activations.",), before + 1)
    assert "1 samples: 2 layers, 1 parameters" in repr(layers)


def test_a_note_stands_once_in_whatever_language_it_is_said_again() -> None:
    layers = filled(1)
    for code in ("en", "uk", "en"):
        with speaking(code):
            layers.note(t("There is nothing to undo."))
    assert [told(note) for note in layers.notes] == ["There is nothing to undo."]
