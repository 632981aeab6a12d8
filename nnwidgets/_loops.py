"""The loops that a person writes around their training: epochs, training batches, validation batches.

They are generators, so that leaving them early, by ``break`` or by an exception, still puts every mode back.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from nnwidgets._averages import Averages
from nnwidgets._evaluate import find_validation
from nnwidgets._i18n import t
from nnwidgets._open_runs import left_early
from nnwidgets.protocol import OPEN_STATUSES

if TYPE_CHECKING:
    from nnwidgets.run import Run

Batch = TypeVar("Batch")


def epochs(run: Run, n: int) -> Iterator[int]:
    """See `Run.epochs`."""
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError(
            t("run.epochs(n) takes a whole number of epochs, not {given}.", given=repr(n))
        ) from None
    if n < 0:
        raise ValueError(t("run.epochs(n) takes a number of epochs from 0 up, not {given}.", given=n))
    return _epochs(run, n)


def _epochs(run: Run, n: int) -> Iterator[int]:
    _wake(run)
    position, intake = run._position, run._intake
    first = position.epoch
    position.epochs = first + n
    intake.in_epochs = True
    try:
        for epoch in range(first, first + n):
            position.step_in_epoch = 0
            yield epoch
            intake.settle(keep=True)
            if run._steering.stopping:
                break
            position.epoch = epoch + 1
            position.step_in_epoch = 0
            intake.anchor(float(epoch + 1))
            # Elsewhere the next pass through a loader looks; what waits already need not wait for it.
            steering = run._steering
            if steering.attention and (steering.mailbox or not intake.counted) and steering.safe_point():
                break
    except GeneratorExit:
        # Left by ``break`` or by an exception; which of the two is known only when the cell or the script ends.
        intake.in_epochs = False
        intake.settle(keep=False)
        left_early.append(run)
        run.finish()
        raise
    finally:
        intake.in_epochs = False
    run.finish()


def train(run: Run, loader: Iterable[Batch]) -> Iterator[Batch]:
    """See `Run.train`."""
    _wake(run)
    position, intake, adapter = run._position, run._intake, run._adapter
    intake.settle(keep=True)
    intake.counted = True
    intake.forget_order()
    outer, intake.split = intake.split, "train"
    position.phase = "train"
    position.step_in_epoch = 0
    position.steps_per_epoch = _length(loader)
    adapter.train_mode()
    begin_step, to_device, steering = intake.begin_step, adapter.to_device, run._steering
    loop = steering.loop
    steering.evaluate = find_validation(run, sys._getframe(1))
    steering.begin_loop()
    try:
        loop.comes(loader)
        if not (steering.attention and steering.safe_point()):
            with steering.shielded():
                run._archive.pass_begins()
            with steering.shielded():
                loop.begin(loader)
            run._graphs.watch_if_none()  # the first pass may have been interrupted
            steering.rehearse()
            batches: Iterable[Batch] | None = loader
            while batches is not None:
                again = None
                for batch in batches:
                    begin_step()
                    loop.batches += 1
                    yield to_device(batch)
                    if steering.attention:
                        if steering.safe_point():
                            break
                        if loop.rewound:
                            again = loop.again()
                            position.step_in_epoch = loop.batches
                            break
                batches = again
    finally:
        loop.end()
        steering.end_loop()
        intake.split = outer
        position.phase = "idle"
        if not steering.stopping:
            position.steps_per_epoch = position.steps_per_epoch or position.step_in_epoch or None
        if not intake.in_epochs and not steering.stopping:
            position.epoch += 1
            position.step_in_epoch = 0
            intake.anchor(float(position.epoch))


def validate(run: Run, loader: Iterable[Batch]) -> Iterator[Batch]:
    """See `Run.validate`."""
    _wake(run)
    position, intake, adapter = run._position, run._intake, run._adapter
    intake.settle(keep=True)
    averages = intake.averages = Averages()
    steering = run._steering
    outer, intake.split = intake.split, "val"
    phase, position.phase = position.phase, "validate"
    restore = adapter.eval_mode()
    try:
        for batch in loader:
            averages.batch_size = adapter.batch_size(batch)
            yield adapter.to_device(batch)
            if steering.attention:
                # Pausing is possible here too. A validation is never cut short: half an average would mislead.
                steering.safe_point(training=False)
    finally:
        restore()
        intake.split = outer
        position.phase = phase
    intake.settle(keep=True)
    if steering.stopping:
        steering.end_where_asked()


def _wake(run: Run) -> None:
    if run.status not in OPEN_STATUSES:
        run._resume()


def _length(loader: object) -> int | None:
    try:
        return len(loader)  # type: ignore[arg-type]  # asking is the way to find out
    except (TypeError, NotImplementedError):
        return None
