"""Errors that students meet are said in their language, with the names and values that they wrote."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nnwidgets as nnw
from nnwidgets import _errors, _i18n
from nnwidgets.run import Run

PACKAGE = Path(_errors.__file__).parent
#: Everything that is raised for a person to read, and what Python raises where no class of ours fits.
ERRORS = {
    name for name, kind in vars(_errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
}
SAYS = {"t", "tn", "now"}
CYRILLIC = re.compile("[\u0400-\u04ff]{3}")


def name_of(call: ast.expr) -> str:
    """Return what is called: `RefusedError`, whether it is imported or reached by its module."""
    return call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "")


def said_in_english(node: ast.AST) -> Iterator[str]:
    """Yield the texts inside an expression that no catalogue is asked for: words, not mere names and signs."""
    if isinstance(node, ast.Call) and name_of(node.func) in SAYS:
        return
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search("[A-Za-z]{2,} ", node.value)
    ):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from said_in_english(child)


def untranslated(source: str) -> list[str]:
    """Return the texts of errors in a source that are said in English whatever the language."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    made = (call for call in calls if name_of(call.func) in ERRORS)
    return [text for call in made for part in call.args for text in said_in_english(part)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('raise RefusedError("It cannot be changed.")', ["It cannot be changed."]),
        ('raise _errors.StoreError(f"The folder {path} is gone.")', ["The folder ", " is gone."]),
        ('raise MetricError(t("A metric needs a name.") + " It has none.")', [" It has none."]),
        ('return GraphError("There is " "no graph.")', ["There is no graph."]),
        ('raise RefusedError(t("There is no layer {name}.", name=repr(name)))', []),
        ('raise RefusedError(tn(n, "{n} layer is", "{n} layers are"))', []),
        ("raise RefusedError(reason)", []),
        ('raise ValueError("Two columns differ.")', []),
    ],
)  # fmt: skip
def test_the_search_finds_what_is_not_translated(line: str, found: list[str]) -> None:
    assert untranslated(line) == found


def test_no_error_of_ours_is_said_in_english_only() -> None:
    found = {
        str(path.relative_to(PACKAGE)): texts
        for path in PACKAGE.rglob("*.py")
        if (texts := untranslated(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.fixture
def ukrainian() -> Iterator[None]:
    """Speak Ukrainian, as after ``%nnwidgets lang uk``, until the end of the test."""
    _i18n.use("uk")
    yield
    _i18n.use(None)


def a_network() -> tuple[Any, Any]:
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    return model, torch.optim.SGD(model.parameters(), lr=0.1)


def wrong_option() -> None:
    nnw.watch(*a_network(), confg={}, show=False)


def loss_that_is_a_text() -> None:
    with nnw.Run(show=False) as run:
        run.log(loss="0,5")


def loss_of_a_whole_batch() -> None:
    import numpy as np

    with nnw.Run(show=False) as run:
        run.log(loss=np.ones((32, 1)))


def step_that_goes_back() -> None:
    with nnw.Run(show=False) as run:
        run.log(loss=0.5, step=1_200)
        run.log(loss=0.4, step=7)


def epochs_that_are_a_text() -> None:
    with nnw.Run(show=False) as run:
        next(iter(run.epochs("ten")))  # type: ignore[arg-type]


def device_that_is_not_there() -> None:
    nnw.watch(*a_network(), show=False).controls.device = "cuda:7"


def dropout_where_there_is_none() -> None:
    nnw.watch(*a_network(), show=False).controls.dropout = 0.3


def unknown_control() -> None:
    nnw.watch(*a_network(), show=False).controls.learning_rat = 0.1


def unknown_run() -> None:
    nnw.load("lesson-5")


def log_after_the_end() -> None:
    run: Run = nnw.from_history({"train_loss": [0.9, 0.5]}, name="first try")
    run.log(loss=0.4)


def what_is_no_model() -> None:
    nnw.watch([1, 2, 3], show=False)  # type: ignore[arg-type]


def model_without_an_input() -> None:
    nnw.trace(a_network()[0])


MISTAKES: list[tuple[Callable[[], None], type[Exception], list[str]]] = [
    (wrong_option, _errors.OptionError, ["nnw.watch", "'confg'", "'config'"]),
    (loss_that_is_a_text, _errors.MetricError, ["'loss'", "'0,5'"]),
    (loss_of_a_whole_batch, _errors.MetricError, ["'loss'", "(32, 1)", ".mean()"]),
    (step_that_goes_back, _errors.StepError, ["7", "1,200", "step="]),
    (epochs_that_are_a_text, TypeError, ["run.epochs(n)", "'ten'"]),
    (device_that_is_not_there, _errors.RefusedError, ["'cuda:7'", "cpu"]),
    (dropout_where_there_is_none, _errors.RefusedError, ["run.controls.insert_dropout(0.3)"]),
    (unknown_control, AttributeError, ["'learning_rat'", "'learning_rate'"]),
    (unknown_run, _errors.RunNotFoundError, ["'lesson-5'"]),
    (log_after_the_end, _errors.RunClosedError, ["'first try'", "nnw.Run()"]),
    (what_is_no_model, _errors.ModelError, ["list", "run.log(loss=…)"]),
    (model_without_an_input, _errors.GraphError, ["nnw.trace(model, input)"]),
]


@pytest.mark.usefixtures("ukrainian")
@pytest.mark.parametrize(("mistake", "kind", "parts"), MISTAKES)
def test_a_mistake_is_explained_in_ukrainian(
    mistake: Callable[[], None], kind: type[Exception], parts: list[str]
) -> None:
    with pytest.raises(kind) as caught:
        mistake()
    said = str(caught.value)
    assert CYRILLIC.search(said)
    assert [part for part in parts if part not in said] == []
    assert "{" not in said


@pytest.mark.usefixtures("ukrainian")
def test_a_size_is_refused_in_ukrainian_with_the_reason() -> None:
    torch = pytest.importorskip("torch")
    softmax = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Softmax(-1), torch.nn.Linear(8, 1))
    run = nnw.watch(softmax, torch.optim.SGD(softmax.parameters(), lr=0.1), show=False)
    for _ in run.epochs(1):
        for x in run.train([torch.ones(2, 4)] * 3):
            softmax(x).mean().backward()
            run.log(loss=0.5)
            if run.steps == 1:
                run.controls.size = 2.0
    reason = run.interventions[-1].reason
    assert reason is not None
    assert CYRILLIC.search(reason)
    assert "1 (Softmax)" in reason
