"""Is a gradient right? Compared with how much the loss changes when one number moves a little.

Central differences, with a step of the cube root of the machine's precision: there the error of the formula, which
grows with the square of the step, and that of rounding, which grows with its inverse, are about alike (J. Nocedal and
S. Wright, *Numerical Optimization*, 2nd edition, section 8.1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from nnwidgets._check_result import Check
from nnwidgets._errors import CheckError, OptionError
from nnwidgets._i18n import t
from nnwidgets._metrics import number
from nnwidgets._points import Floats

_STEP: Final = float(np.cbrt(np.finfo(np.float64).eps))
#: Numbers of one parameter that are moved at most.
_MOST: Final = 40
#: Derivatives below this share of the loss are compared as if they were so large: rounding hides the rest.
_FLOOR: Final = 1e-4
#: The slopes to the left and to the right differ by this share where the loss has a kink between, as ReLU makes them.
_KINK: Final = 1e-3
#: How far the factors of the numbers of one parameter may lie apart to be called one factor.
_ALIKE: Final = 1e-3
_NOTHING: Final = np.empty(0)


@dataclass(frozen=True)
class _Found:
    """What was measured at some numbers of one parameter, and what the person's gradient says there; shape ``(n,)``.

    ``shapes`` has that of the gradient, None where there is none yet, and of the parameter, where they differ; then
    nothing was measured.
    """

    name: str
    places: list[tuple[int, ...]]
    given: Floats
    measured: Floats
    error: Floats
    shapes: tuple[tuple[int, ...] | None, tuple[int, ...]] | None = None

    @property
    def worst(self) -> float:
        return math.inf if self.shapes else float(self.error.max(initial=0.0))


def gradients(f: Callable[..., Any], *parameters: Any, tolerance: float = 1e-5) -> Check:
    """Check gradients that were written by hand.

    Parameters
    ----------
    f
        Takes the parameters; returns the loss, one number, and its gradients: one array for each parameter, of its
        shape. It must give the same loss each time, so without dropout and with one batch.
    *parameters
        Where to check: arrays of floats, or one dict of such arrays, which ``f`` takes and gives as dicts. They are
        copied, and left as they are.
    tolerance
        The relative difference up to which two derivatives count as the same. Up to 40 numbers of each parameter are
        looked at.

    Returns
    -------
    Check
        Its hint names the parameter that is wrong, and whether it is a factor, a sign, a transpose or a single number.

    Raises
    ------
    OptionError
        If ``f`` cannot be called, or a parameter is no array of floats.
    CheckError
        If there are no parameters, or the tolerance is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> gradients(lambda w: ((w**2).sum(), 2 * w), np.array([1.0, -2.0])).passed
    True
    >>> gradients(lambda w: ((w**2).sum(), w), np.array([1.0, -2.0]))
    ✗ the gradients are right: not yet
        parameter 1, at [0]: yours is 1.000, measured is 2.000
        → Everywhere yours is 0.500 times what it should be: a factor is missing, or one too many.
    """
    names, start = _taken(f, parameters)
    if not 0 < tolerance < 1:
        raise CheckError(t("The tolerance is between 0 and 1, not {value}.", value=repr(tolerance)))
    call = _Caller(f, names, start, named=len(parameters) == 1 and isinstance(parameters[0], Mapping))
    what = t("the gradients are right")
    answer = call.answer()
    if isinstance(answer, str):
        return Check(False, what, t("nothing to compare yet"), answer)
    loss, given = answer
    compared = [_compare(call, at, loss, gradient) for at, gradient in enumerate(given)]
    wrong = [found for found in compared if not found.worst <= tolerance]
    if wrong:
        # The last one is nearest to the loss, where the way back begins.
        return Check(False, what, *_wrong(wrong[-1], len(compared) - len(wrong), len(compared), tolerance))
    worst = max(found.worst for found in compared)
    return Check(True, what, t("the largest relative difference is {value}", value=number(worst)))


class _Caller:
    """Calls the person's function with one number moved."""

    def __init__(self, f: Callable[..., Any], names: list[str], start: list[Floats], *, named: bool) -> None:
        self._f, self._named = f, named
        self.names, self.start = names, start

    def answer(self) -> tuple[float, list[Floats | None]] | str:
        """Return the loss and the gradients where nothing is moved, or what is wrong with the answer."""
        got = self._call(self.start)
        if got is None or got is Ellipsis:
            return t("The function returns nothing yet: fill the gap.")
        if not isinstance(got, Sequence) or len(got) != 2:
            return t("The function should return two things: the loss and the gradients.")
        if got[0] is None or got[0] is Ellipsis:
            return t("There is no loss yet: fill the gap.")
        given = self._listed(got[1])
        if given is None:
            return t(
                "The gradients should be {n} arrays of numbers, one for each parameter.", n=len(self.names)
            )
        return self._doubt(got[0]) or (self._loss(got), given)

    def _doubt(self, loss: Any) -> str:
        """Return why nothing can be compared with a loss; nothing where it can."""
        kind = np.asarray(loss).dtype
        if kind in (np.float16, np.float32):
            return t("The function computes in {kind}, too coarse to compare: use float64.", kind=kind)
        value = self._loss((loss,))
        if not math.isfinite(value):
            return t("The loss is {loss} here: no number can be compared with it.", loss=number(value))
        if value != self._loss(self._call(self.start)):
            return t(
                "The function gave two different losses for the same parameters: leave dropout out, take one batch."
            )
        return ""

    def moved(self, at: int, place: tuple[int, ...], value: float) -> float:
        """Return the loss with one number in the place of another."""
        parameters = [array.copy() for array in self.start]
        parameters[at][place] = value
        return self._loss(self._call(parameters))

    def _call(self, parameters: list[Floats]) -> Any:
        copies = [array.copy() for array in parameters]
        return self._f(dict(zip(self.names, copies, strict=True))) if self._named else self._f(*copies)

    def _loss(self, got: Any) -> float:
        array = np.asarray(got[0], dtype=np.float64)
        if array.size != 1:
            raise CheckError(
                t("The loss is one number, not {n}: take the mean over the samples.", n=f"{array.size:,}")
            )
        return float(array.reshape(()))

    def _listed(self, given: Any) -> list[Floats | None] | None:
        """Return the gradients in the order of the parameters, None for one that is not there yet."""
        if isinstance(given, Mapping):
            given = [given.get(name) for name in self.names]
        elif len(self.names) == 1 and not (isinstance(given, (list, tuple)) and len(given) == 1):
            given = [given]
        try:
            arrays = [
                None if one is None or one is Ellipsis else np.asarray(one, dtype=np.float64) for one in given
            ]
        except (TypeError, ValueError):
            return None
        return arrays if len(arrays) == len(self.names) else None


def _taken(f: Any, parameters: tuple[Any, ...]) -> tuple[list[str], list[Floats]]:
    if not callable(f):
        raise OptionError(
            t("nnw.check.gradients() takes a function first, not {kind}.", kind=type(f).__name__)
        )
    if len(parameters) == 1 and isinstance(parameters[0], Mapping):
        names, given = [str(name) for name in parameters[0]], list(parameters[0].values())
    else:
        names, given = [t("parameter {n}", n=i + 1) for i in range(len(parameters))], list(parameters)
    if not given:
        raise CheckError(t("nnw.check.gradients(f, w, b) needs the parameters at which to check."))
    arrays = [np.asarray(one) for one in given]
    for name, array in zip(names, arrays, strict=True):
        if not np.issubdtype(array.dtype, np.floating):
            raise OptionError(
                t(
                    "{name} holds {kind}; a gradient can be checked for floats only.",
                    name=name,
                    kind=array.dtype,
                )
            )
    return names, [array.astype(np.float64) for array in arrays]


def _compare(call: _Caller, at: int, loss: float, gradient: Floats | None) -> _Found:
    """Measure the derivative by some numbers of a parameter."""
    start = call.start[at]
    if gradient is None or gradient.shape != start.shape:
        shape = None if gradient is None else gradient.shape
        return _Found(call.names[at], [], _NOTHING, _NOTHING, _NOTHING, (shape, start.shape))
    random = np.random.default_rng(0)
    chosen = np.sort(random.choice(start.size, min(_MOST, start.size), replace=False))
    places = [tuple(int(i) for i in np.unravel_index(index, start.shape)) for index in chosen]
    measured, error = np.empty(len(places)), np.empty(len(places))
    for i, place in enumerate(places):
        step = _STEP * max(1.0, abs(float(start[place])))
        high, low = (call.moved(at, place, float(start[place]) + sign * step) for sign in (1, -1))
        right, left = (high - loss) / step, (loss - low) / step
        measured[i] = (high - low) / (2 * step)
        error[i] = _difference(float(gradient[place]), measured[i], left, right, _FLOOR * abs(loss))
    return _Found(call.names[at], places, np.array([gradient[place] for place in places]), measured, error)


def _difference(given: float, measured: float, left: float, right: float, floor: float) -> float:
    """Return how far a derivative is from what was measured, as a share; at a kink any slope between counts."""
    size = max(abs(left), abs(right), floor, 1e-12)
    low, high = sorted((left, right))
    slack = 1e-6 * size
    if high - low > _KINK * size and low - slack <= given <= high + slack:
        return 0.0
    # NaN in a gradient must not pass for a small difference.
    error = abs(given - measured) / max(abs(given), abs(measured), floor, 1e-12)
    return error if math.isfinite(error) else math.inf


def _wrong(found: _Found, right: int, total: int, tolerance: float) -> tuple[str, str]:

    def beside(hint: str) -> str:
        if not right:
            return hint
        return t("{hint} {right} of the {total} parameters are right.", hint=hint, right=right, total=total)

    if found.shapes is not None:
        given, wanted = found.shapes
        if given is None:
            return t("{name}: there is no gradient yet", name=found.name), beside(t("Fill the gap."))
        measured = t(
            "{name}: the gradient has the shape {given}, the parameter {wanted}",
            name=found.name,
            given=given,
            wanted=wanted,
        )
        if given[::-1] == wanted:
            return measured, beside(t("It is transposed: which of the two factors should have .T?"))
        return measured, beside(t("A gradient has the shape of its parameter: over which axis is the sum?"))
    at = int(np.argmax(found.error))
    measured = t(
        "{name}, at {place}: yours is {given}, measured is {measured}",
        name=found.name,
        place=list(found.places[at]),
        given=number(float(found.given[at])),
        measured=number(float(found.measured[at])),
    )
    return measured, beside(_hint(found, tolerance))


def _hint(found: _Found, tolerance: float) -> str:
    if not np.isfinite(found.given).all():
        return t("Some of it is no number: is there a division by zero, or the logarithm of zero?")
    if not found.given.any():
        return t("Yours is zero everywhere: does it get from the loss to this parameter?")
    clear = np.abs(found.measured) > 1e-3 * np.abs(found.measured).max()
    factors = found.given[clear] / found.measured[clear]
    factor = float(np.median(factors)) if len(factors) else math.nan
    if len(factors) and np.abs(factors - factor).max() <= _ALIKE * abs(factor):
        if abs(factor + 1) <= _ALIKE:
            return t("Everywhere the sign is the opposite one.")
        return t(
            "Everywhere yours is {factor} times what it should be: a factor is missing, or one too many.",
            factor=number(factor),
        )
    wrong, total = int((found.error > tolerance).sum()), len(found.error)
    return t(
        "{wrong} of the {total} numbers that were looked at are wrong. Write the shapes beside each product, and "
        "follow the chain rule back from the loss, one operation at a time.",
        wrong=wrong,
        total=total,
    )
