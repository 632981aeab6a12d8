"""`where=`: the cell or the sidebar, wherever a run can be begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets._errors import OptionError
from nnwidgets._services import services


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Return where runs are shown, with their names."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(services, "show", lambda run: found.append(("cell", run.name)))
    monkeypatch.setattr(services, "show_aside", lambda run: found.append(("sidebar", run.name)))
    return found


def by_hand(**options: Any) -> None:
    with nnw.Run(store=False, **options):
        pass


def watched(**options: Any) -> None:
    torch = pytest.importorskip("torch")
    nnw.watch(torch.nn.Linear(1, 1), store=False, **options).finish()


def fitted(**options: Any) -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.zeros((4, 1), "float32")
    model.fit(x, x, verbose=0, callbacks=[nnw.KerasCallback(store=False, **options)])


def with_lightning(**options: Any) -> None:
    pytest.importorskip("lightning")
    from nnwidgets.run import Run

    callback = nnw.LightningCallback(store=False, **options)
    Run(**callback._options).finish()


BEGIN = {
    "nnw.Run": by_hand,
    "nnw.watch": watched,
    "KerasCallback": fitted,
    "LightningCallback": with_lightning,
}


@pytest.mark.parametrize("begin", BEGIN.values(), ids=BEGIN)
def test_a_run_is_shown_where_it_is_said(begin: Callable[..., None], shown: list[tuple[str, str]]) -> None:
    begin(name="usual")
    begin(name="in the cell", where="cell")
    begin(name="aside", where="sidebar")
    begin(name="nowhere", show=False)
    assert shown == [("cell", "usual"), ("cell", "in the cell"), ("sidebar", "aside")]


@pytest.mark.parametrize("begin", BEGIN.values(), ids=BEGIN)
def test_what_makes_no_sense_is_refused_in_words(
    begin: Callable[..., None], shown: list[tuple[str, str]]
) -> None:
    with pytest.raises(OptionError, match=r"where= is 'cell' or 'sidebar', not 'attic'"):
        begin(where="attic")
    with pytest.raises(OptionError, match="show=False shows no panel at all"):
        begin(where="sidebar", show=False)
    assert shown == []
