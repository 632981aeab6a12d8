"""One training for each combination of values, so that a page can switch between them."""

from __future__ import annotations

import inspect
import itertools
import random
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from nnwidgets._combination import SWEEP, as_text, kept, training
from nnwidgets._errors import NnwidgetsError, OptionError
from nnwidgets._i18n import t
from nnwidgets._random import RandomState
from nnwidgets._recent import Held, recent
from nnwidgets.protocol import OPEN_STATUSES
from nnwidgets.run import Run

#: Seeds that every generator takes.
_SEEDS: Final = 2**32


def sweep(train: Callable[..., Any], *, seed: int | None = 0, **values: Any) -> list[Run]:
    """Train once for each combination of values, one after the other, and return the runs.

    Parameters
    ----------
    train
        Called as ``train(dropout=0.3, size="M")``. It returns its run, or something else: then the last run that it
        began is taken.
    seed
        Python's, numpy's, PyTorch's and Keras's random generators are set to it before each training, as far as they
        are loaded, so that two trainings differ by their values alone; afterwards they are put back where they stood,
        but for TensorFlow's and Keras's, which cannot be read. None leaves all of them alone. A training that uses a
        generator of its own seeds that itself.
    **values
        For each argument of ``train`` a list, tuple or range of values; the first of each makes the untouched run.
        Anything else is passed to every training as it is.

    Returns
    -------
    list of Run
        In the order of the combinations, the last value changing fastest. A training that fails is left out, with a
        warning that names it. Each run has its values in ``run.config["sweep"]``, also when it is loaded again.

    Raises
    ------
    OptionError
        If ``train`` cannot be called so, or nothing is to be varied.
    Exception
        That of the first training, if all of them failed.

    Examples
    --------
    >>> def train(dropout):
    ...     with Run(show=False, store=False) as run:
    ...         run.log(loss=1 - dropout)
    ...     return run
    >>> [run.name for run in sweep(train, dropout=(0, 0.3))]
    ['run, dropout 0', 'run, dropout 0.3']
    """
    names, combinations = _grid(train, values)
    _check_seed(seed)
    before = RandomState() if seed is not None else None
    runs: list[Run] = []
    errors: list[Exception] = []
    try:
        for combination in combinations:
            varied = {name: combination[name] for name in names}
            try:
                runs.append(_one(train, combination, varied, seed))
            except Exception as error:  # noqa: BLE001 — one training that fails must not cost the others
                errors.append(error)
                warnings.warn(_failed(varied, error), RuntimeWarning, stacklevel=2)
    finally:
        if before is not None:
            before.restore()
    if not runs:
        raise errors[0]
    return runs


def _grid(train: Any, values: Mapping[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the names of what varies, and all combinations."""
    if not callable(train):
        raise OptionError(
            t(
                "nnw.sweep takes the function that trains, then its values; not {kind}.",
                kind=type(train).__name__,
            )
        )
    lists = {name: _listed(value) for name, value in values.items()}
    names = [name for name, several in lists.items() if several is not None]
    for name in names:
        _check_values(name, lists[name] or [])
    if not names:
        raise OptionError(
            t(
                "nnw.sweep needs something to vary: a list of values, as in nnw.sweep(train, dropout=(0, 0.3))."
            )
        )
    choices = [several if several is not None else [values[name]] for name, several in lists.items()]
    combinations = [dict(zip(lists, chosen, strict=True)) for chosen in itertools.product(*choices)]
    try:
        inspect.signature(train).bind(**combinations[0])
    except TypeError as error:
        raise OptionError(
            t("The function cannot be called with {names}: {error}.", names=", ".join(lists), error=error)
        ) from None
    except ValueError:
        pass  # it does not tell its arguments
    return names, combinations


def _check_values(name: str, several: list[Any]) -> None:
    texts = [as_text(value) for value in several]
    if not texts:
        raise OptionError(t("The list of {name} is empty.", name=name))
    for text in texts:
        if texts.count(text) > 1:
            raise OptionError(t("{name} has the value {value} twice.", name=name, value=text[:60]))


def _check_seed(seed: object) -> None:
    if seed is None or (type(seed) is int and 0 <= seed < _SEEDS):
        return
    raise OptionError(
        t(
            "seed= is one whole number from 0 to 4,294,967,295, or None. "
            "To vary the seed, give it another name: nnw.sweep(train, random_seed=(0, 1, 2))."
        )
    )


def _listed(value: Any) -> list[Any] | None:
    """Return what a list, a tuple, a range or an array holds, or None for a single value."""
    if isinstance(value, (list, tuple, range)):
        return list(value)
    return list(value) if isinstance(value, np.ndarray) and value.ndim == 1 else None


def _one(
    train: Callable[..., Any], combination: dict[str, Any], varied: dict[str, Any], seed: int | None
) -> Run:
    with recent.holding() as begun, training(varied):
        try:
            if seed is not None:
                _seed(seed)
            run = _run_of(train(**combination), begun)
        except BaseException as error:
            for one in begun.here:
                _end(one, error)
            raise
    for one in begun.here:  # one that another thread began meanwhile may be nobody's business here
        _end(one, None)
    if SWEEP not in run.config:  # it was begun on another thread, or is a recording
        run._config[SWEEP] = {name: kept(value) for name, value in varied.items()}
        run._keeper.touch()
    return run


def _run_of(returned: Any, begun: Held) -> Run:
    found = returned if isinstance(returned, (tuple, list)) else [returned]
    run = next((one for one in found if isinstance(one, Run)), None)
    if run is not None and any(run is one for one in begun.elsewhere):
        begun.here.append(run)  # it was trained on a thread of the function's own, and ends as well
    elif run is None and (begun.here or begun.elsewhere):
        run = (begun.here or begun.elsewhere)[-1]
    if run is None:
        raise NnwidgetsError(
            t(
                "The function began no run and returned none. Watch its training, as with nnw.watch(model, optimizer)."
            )
        )
    return run


def _end(run: Run, error: BaseException | None) -> None:
    """End a run that its function left open."""
    if run.status not in OPEN_STATUSES:
        return
    if error is None:
        run.finish()
    elif isinstance(error, Exception):
        run.finish("failed", f"{type(error).__name__}: {error}"[:500])
    else:
        run.finish("interrupted")


def _seed(seed: int) -> None:
    """Set the global random generators of what is loaded."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 — it is the global one that trainings draw from
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
    tensorflow: Any = sys.modules.get("tensorflow")
    if tensorflow is not None and hasattr(tensorflow, "random"):
        tensorflow.random.set_seed(seed)
    keras: Any = sys.modules.get("keras")
    if keras is not None and hasattr(keras, "utils"):
        keras.utils.set_random_seed(seed)


def _failed(varied: Mapping[str, Any], error: Exception) -> str:
    said = ", ".join(f"{name} {as_text(value)}" for name, value in varied.items())
    reason = f"{type(error).__name__}: {error}"
    return t("The training with {values} failed and is left out. {reason}", values=said, reason=reason)
