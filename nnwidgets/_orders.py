"""The commands that change nothing of what is computed: pause, stop, evaluate, keep. The training thread obeys them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets._random import random_state
from nnwidgets._worker import worker
from nnwidgets.controls import Command

if TYPE_CHECKING:
    from nnwidgets._steering import Steering


def pause(steering: Steering, command: Command) -> None:
    """Let the training stand still."""
    _be_heard()
    old, steering.paused = steering.paused, True
    steering.ledger.decide(command, old=old, new=True, text=t("paused"))


def step(steering: Steering, command: Command) -> None:
    """Let the training stand still after one step; the answer comes when that is made."""
    _be_heard()
    steering.paused = True
    steering._stepping, steering._stepping_from = command, steering.run._position.step


def resume(steering: Steering, command: Command) -> None:
    """Let it go on."""
    old, steering.paused = steering.paused, False
    steering.ledger.decide(command, old=old, new=False, text=t("resumed"))


def stop(steering: Steering, command: Command) -> None:
    """End the loop, at a snapshot where one is named."""
    run = steering.run
    if not (run._intake.busy or run._entered):
        raise RefusedError(
            t(
                "This loop can only be stopped by ■, or by itself where it looks at run.stopping: it is not made of "
                "run.epochs or run.train, and not inside `with nnw.Run() as run`."
            )
        )
    text = t("stopped")
    if command.value is not None:
        label = steering.ending.ask(command.value)
        if steering.validating:  # its figure would be that of two models, and it may be a better one
            text = t("stopped, to go back to snapshot {which} when it ends", which=repr(command.value))
        else:
            steering.ending.go_back()
            text = t("stopped, back at {snapshot}", snapshot=label)
    run._adapter.request_stop()
    steering.stopping, steering.paused = True, False
    steering.ledger.decide(command, old=False, new=True, text=text, facts={"restored": command.value})


def snapshot(steering: Steering, command: Command) -> None:
    """Keep the state of this moment."""
    run = steering.run
    if not run._adapter.keeps_state:
        raise RefusedError(run._adapter.no_state)
    taken = run._archive.take("pinned", command.value or t("step {step}", step=f"{run.steps:,}"))
    steering.ledger.decide(
        command, old=None, new=taken.number, text=t("snapshot: {label}", label=taken.label)
    )


def evaluate(steering: Steering, command: Command) -> None:
    """Validate once."""
    run = steering.run
    if steering.evaluate is None:
        raise RefusedError(run._adapter.no_validation)
    before = run._intake.activity
    restore = random_state()
    steering.evaluating = True
    try:
        steering.evaluate()
    finally:
        steering.evaluating = False
        restore()
        run._archive.evaluated()
    done = t("validated") if run._intake.activity > before else t("validated, and nothing was logged")
    steering.ledger.decide(command, old=None, new=None, text=done)


def look(steering: Steering, command: Command) -> None:
    """Look at the model's structure, for whoever wants to see its layers; nothing that a ledger should hold."""
    steering.run._adapter.look()
    steering.refresh()
    steering.ledger.decide(command, old=None, new=None, text=t("looked at the layers"))


def _be_heard() -> None:
    """Refuse to stand still where nobody could let the training go on."""
    if not worker.threaded:
        raise RefusedError(
            t(
                "This Python cannot start threads, so no page is heard while a cell runs, and a training that stood "
                "still would never go on."
            )
        )


ORDERS: Final[dict[str, Callable[[Steering, Command], None]]] = {
    "pause": pause,
    "step": step,
    "resume": resume,
    "stop": stop,
    "snapshot": snapshot,
    "evaluate": evaluate,
    "look": look,
}
