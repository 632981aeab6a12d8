"""Self-checks for exercises: what is reached, what is missing, and what to try; never only true or false.

A check takes a run, or the id of one that is kept, and says what it measured. In an exercise with gaps the run may
still be ``None`` or ``...``: then the check says so. Each is true where it is reached, so ``assert`` and ``if`` work.

>>> import nnwidgets as nnw
>>> with nnw.Run(name="lesson", show=False, store=False) as run:
...     for epoch in run.epochs(10):
...         for _ in run.train(range(2)):
...             run.log(loss=0.9 / (1 + epoch))
...         run.log(val_loss=1 / (1 + epoch))
>>> nnw.check.all(nnw.check.val_loss_below(run, 0.3), nnw.check.no_flag(run))
✓ the validation loss is below 0.300: reached
    0.100 after epoch 10
✓ no flag is raised: reached
    none in 10 validations
All 2 reached.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from nnwidgets._check_advice import advice, after, final
from nnwidgets._check_given import finite, given_run, going_on, missing
from nnwidgets._check_gradients import gradients
from nnwidgets._check_result import Check, Checks
from nnwidgets._check_used import used
from nnwidgets._errors import CheckError, OptionError
from nnwidgets._i18n import t, tn, told
from nnwidgets._metrics import number
from nnwidgets.divergence import WARM_UP, Raised

if TYPE_CHECKING:
    from nnwidgets.run import Run

__all__ = [
    "Check",
    "Checks",
    "accuracy_at_least",
    "all",
    "gradients",
    "no_flag",
    "trained_for",
    "used",
    "val_loss_below",
]


def val_loss_below(run: Run | str | None, bound: float, *, metric: str = "loss") -> Check:
    """Check that the last validation loss of a run is below a bound.

    What counts is the model as the run left it: after going back to a snapshot, the loss at that snapshot.

    Parameters
    ----------
    run
        The run, or its id. None or ``...`` where there is none yet.
    bound
        The loss to stay below.
    metric
        What to look at, of which less is better: ``"error"`` means ``val/error``.

    Returns
    -------
    Check
        Its hint tells a loss that was lower once, one that still falls, learning by heart, and a model that does not
        even fit its own samples, from each other.

    Raises
    ------
    OptionError
        If ``run`` is something else, or the bound is no number.
    RunNotFoundError
        If there is no run of this id.
    """
    least = finite("val_loss_below", bound)
    what = (
        t("the validation loss is below {bound}", bound=number(least))
        if metric == "loss"
        else t("the validation {metric} is below {bound}", metric=metric, bound=number(least))
    )
    return _of_validation("val_loss_below", run, metric, what, least, sign=1)


def accuracy_at_least(run: Run | str | None, bound: float, *, metric: str = "accuracy") -> Check:
    """Check that the last validation accuracy of a run has come to a bound.

    Parameters
    ----------
    run
        See `val_loss_below`.
    bound
        A share from 0 to 1: 0.95 for 95 %.
    metric
        What it was logged as: ``"acc"`` means ``val/acc``.

    Raises
    ------
    OptionError
        See `val_loss_below`.
    CheckError
        If the bound is not between 0 and 1.
    RunNotFoundError
        If there is no run of this id.
    """
    least = finite("accuracy_at_least", bound)
    if not 0 <= least <= 1:
        raise CheckError(
            t(
                "An accuracy lies between 0 and 1, so {bound} cannot be reached: write 0.95 for 95 %.",
                bound=bound,
            )
        )
    what = t("the validation {metric} is at least {bound}", metric=metric, bound=number(least))
    return _of_validation("accuracy_at_least", run, metric, what, least, sign=-1)


def no_flag(run: Run | str | None) -> Check:
    """Check that no flag is raised: the validation loss has not left its minimum.

    A flag that was taken back does no harm. Fewer than four validations are too few to tell.

    Parameters
    ----------
    run
        See `val_loss_below`.

    Raises
    ------
    OptionError, RunNotFoundError
        See `val_loss_below`.
    """
    what, found = t("no flag is raised"), given_run("no_flag", run)
    if found is None:
        return missing(what)
    going = going_on(found)
    flags = found._keeper.flags
    series = found.history.get(flags.series)
    count = 0 if series is None else series.count
    raised = flags.standing
    if raised is not None:
        return Check(False, what, told(raised.text), _remedy(raised), going)
    if count < WARM_UP:
        measured = tn(count, "only {n} validation", "only {n} validations")
        hint = t(
            "The flag needs {least} to tell: validate after each epoch, and train longer.", least=WARM_UP
        )
        return Check(False, what, measured, hint, going)
    measured = tn(count, "none in {n} validation", "none in {n} validations")
    if flags.entries:
        measured = t("it was raised, and taken back: {why}", why=told(flags.entries[-1].text))
    return Check(True, what, measured, going=going)


def trained_for(run: Run | str | None, *, epochs: int | None = None, steps: int | None = None) -> Check:
    """Check that a run was trained for so many epochs, or steps, at least.

    Parameters
    ----------
    run
        See `val_loss_below`.
    epochs, steps
        One of the two.

    Raises
    ------
    OptionError
        If none of the two is given, or both; see also `val_loss_below`.
    CheckError
        If it is less than 1.
    RunNotFoundError
        If there is no run of this id.
    """
    if (epochs is None) == (steps is None):
        raise OptionError(t("nnw.check.trained_for() takes one of epochs= and steps=."))
    wanted = int(finite("trained_for", steps if epochs is None else epochs))
    if wanted < 1:
        raise CheckError(t("Nobody trains for {n} epochs or steps: ask for 1 at least.", n=wanted))
    if epochs is None:
        what = tn(wanted, "it was trained for {n} step", "it was trained for {n} steps")
    else:
        what = tn(wanted, "it was trained for {n} epoch", "it was trained for {n} epochs")
    found = given_run("trained_for", run)
    if found is None:
        return missing(what)
    done = found.progress.step if epochs is None else found.progress.epoch
    measured = tn(done, "{n} step", "{n} steps") if epochs is None else tn(done, "{n} epoch", "{n} epochs")
    hint = "" if done >= wanted else _why_short(found, epochs is not None)
    return Check(done >= wanted, what, measured, hint, going_on(found))


def all(*checks: Check | Checks) -> Checks:  # noqa: A001 - it reads as what it is: nnw.check.all(…)
    """Put checks together into one table, which is true where all of them are reached.

    Parameters
    ----------
    *checks
        What the other functions of this module return, or tables of them.

    Raises
    ------
    OptionError
        If there are none, or something else is among them.
    """
    found: list[Check] = []
    for check in checks:
        if isinstance(check, Checks):
            found += check
        elif isinstance(check, Check):
            found.append(check)
        else:
            raise OptionError(
                t("nnw.check.all() takes what the checks return, not {kind}.", kind=type(check).__name__)
            )
    if not found:
        raise OptionError(t("nnw.check.all() needs one check at least."))
    return Checks(found)


def _of_validation(
    function: str, given: Run | str | None, metric: str, what: str, bound: float, *, sign: int
) -> Check:
    """Judge the last validation of a metric; ``sign`` is 1 where less is better, and -1 where more is."""
    run = given_run(function, given)
    if run is None:
        return missing(what)
    going = going_on(run)
    points = final(run, metric)
    if not len(points.value):
        return Check(False, what, t("there is no validation of it"), _not_logged(run, metric), going)
    value, step = float(points.value[-1]), int(points.step[-1])
    passed = value < bound if sign > 0 else value >= bound
    hint = "" if passed else advice(run, metric, points, bound)
    return Check(passed, what, after(run, value, step), hint, going)


def _not_logged(run: Run, metric: str) -> str:
    known = ", ".join(name for name in run.history if name.startswith("val/"))
    how = t(
        "Log it inside run.validate: run.log({metric}=…); or anywhere: run.log(val_{metric}=…).",
        metric=metric,
    )
    return t("{how} There is: {names}.", how=how, names=known) if known else how


def _remedy(raised: Raised) -> str:
    if raised.kind == "instability":
        return t("Try a smaller learning rate.")
    return t(
        "Try dropout, a smaller network, more data, or fewer epochs; run.branch(dropout=0.5) begins at the best."
    )


def _why_short(run: Run, by_epochs: bool) -> str:
    if run.status == "failed":
        return t("The run failed: {error}", error=run.error or "")
    if by_epochs and not run.history.epochs.known:
        return t("Nobody counted its epochs: write the loop as for epoch in run.epochs(n).")
    if run.status == "interrupted" or builtins.any(
        one.control == "stop" and one.applied for one in run.interventions
    ):
        return t("It was stopped before.")
    return t("Let it train further.")
