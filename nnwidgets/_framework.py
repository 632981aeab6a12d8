"""What a run asks of a framework, with the answers of one that knows nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from nnwidgets._changes import Change
from nnwidgets._contents import Contents
from nnwidgets._errors import RefusedError, SnapshotError
from nnwidgets._i18n import t
from nnwidgets.control_facts import ControlFacts
from nnwidgets.graph import Graph

if TYPE_CHECKING:
    from nnwidgets._sampling import Sampler

Restore = Callable[[], None]


class Framework:
    """The adapter between a run and PyTorch, Keras, Lightning or hand-written code.

    This base is the adapter for hand-written code: batches pass through, there are no modes.
    """

    name = "numpy"

    @property
    def no_validation(self) -> str:
        """Why there is nothing to run for "Evaluate now"."""
        return t(
            "There is no validation that could be run now: write one as `for … in run.validate(loader)` in the cell or "
            "the function of the loop."
        )

    def default_name(self) -> str:
        """Return what to call a run that nobody named."""
        return "run"

    def train_mode(self) -> None:
        """Put the model into training mode."""

    def eval_mode(self) -> Restore:
        """Put the model into evaluation mode without gradients; return what puts everything back."""
        return _nothing

    def to_device(self, batch: Any) -> Any:
        """Return the batch on the model's device."""
        return batch

    def batch_size(self, batch: Any) -> int | None:
        """Return the number of samples in a batch, or None if it cannot be told."""
        return leading_length(batch)

    def learning_rate(self) -> float | None:
        """Return the learning rate in force, or None; must be cheap and must not wait for a device."""
        return None

    def facts(self) -> dict[str, Any]:
        """Return what a person would note down about the model: parameters, device, optimizer. JSON-able."""
        return {}

    # What follows is called on the training thread, in the gap between two steps.

    def controls(self) -> ControlFacts:
        """Return what can be controlled, and where it stands."""
        return {"learning_rate": None, "dropout": None, "device": None, "size": None}

    def change(self, control: str, value: Any) -> Change:
        """Change the training: all of it or nothing.

        Raises
        ------
        RefusedError
            With the reason, if that cannot be made correctly; everything is as it was.
        """
        raise RefusedError(
            t(
                "{control} cannot be changed from here: this run watches numbers, not a model. "
                "Begin it with nnw.watch(model, optimizer), a callback, or nnw.Run(controls={…}).",
                control=_named(control),
            )
        )

    def look(self) -> None:
        """Look at the model's structure, which takes longer, so that `controls` can tell more."""

    #: Whether `snapshot` copies the whole state of the training; otherwise there is nothing to keep.
    keeps_state = False

    @property
    def no_state(self) -> str:
        """Why there is nothing to keep."""
        return t("This run watches numbers, not a model, so there is no state to keep or to go back to.")

    def snapshot(self, *, on_host: bool = False) -> WayBack:
        """Copy everything that makes the training go on as it would have.

        Parameters
        ----------
        on_host
            Whether copies of what lies on an accelerator are kept in the computer's own memory.
        """
        return WayBack(_nothing, 0)

    def state_bytes(self) -> int:
        """Return about how many bytes `snapshot` would take; must be cheap."""
        return 0

    def load(self, contents: Contents) -> None:
        """Put back what a file held: all of it or nothing.

        Raises
        ------
        SnapshotError
            If it belongs to another model, or to this one in another size.
        """
        raise SnapshotError(self.no_state)

    def measure(self) -> float | None:
        """Return the loss on one training batch, always the same, in evaluation mode; None if it cannot be measured.

        Nothing of the training may change by it: no weight, no buffer, no random state.
        """
        return None

    def rehearse(self) -> Callable[[], None] | None:
        """Watch how the next step computes its loss, for `measure`; return what ends the watching.

        None where there is nothing to learn.
        """
        return None

    def order(self, gap: Callable[[], None]) -> Order | None:
        """Return what finds the gaps of a loop that only logs; None where every record is one.

        Parameters
        ----------
        gap
            Is to be called in a gap that is no record.
        """
        return None

    def watch_graph(
        self, arrived: Callable[[Graph], object], failed: Callable[[Exception], object] | None = None
    ) -> Restore:
        """Have the graph of what the model computes taken from the next training forward pass.

        Parameters
        ----------
        arrived
            Called once with the graph, on the training thread; at once where it can be read without a pass.
        failed
            Told of a fault of ours in a later pass, on the training thread; by default it is logged.

        Returns
        -------
        Callable
            Ends the watching.
        """
        return _nothing

    def sampler(self) -> Sampler | None:
        """Return what measures activations, gradients and updates in a step; None where there is nothing to measure."""
        return None

    @property
    def no_graph(self) -> str:
        """What to say while there is no graph."""
        return t(
            "This run watches numbers, not a model. Give it a graph with run.graph = nnw.trace(function, *arrays)."
        )

    def request_stop(self) -> bool:
        """End a loop that is not ours, as Keras's or Lightning's; return whether there is one."""
        return False


class Order(Protocol):
    """Finds the gap between two steps of a loop that only logs."""

    def stands_in_gap(self) -> bool:
        """Tell, at a record, whether that is a gap; if it is not, or nobody knows, look for the next one."""

    def forget(self) -> None:
        """Look no more."""


class WayBack:
    """A way back.

    Attributes
    ----------
    restore
        Goes there; may be called more than once.
    nbytes
        Memory that is held for it.
    contents
        Returns what a file holds of it; any thread, as long as this is kept.
    rewind
        Puts back how far the schedules had come: part of going back in the training, but not of undoing a change.
    refresh
        Takes anew what a person's code may set between a validation and the next step, rates and schedules; returns
        whether any of it was set.
    """

    def __init__(
        self,
        restore: Restore,
        nbytes: int,
        contents: Callable[[], Contents] | None = None,
        rewind: Restore | None = None,
        refresh: Callable[[], bool] | None = None,
    ) -> None:
        self.restore = restore
        self.nbytes = nbytes
        self.contents = contents or Contents
        self.rewind = rewind or _nothing
        self.refresh = refresh or _unchanged

    def and_then(self, restore: Restore) -> WayBack:
        """Return a way back that restores one more thing."""

        def both() -> None:
            self.restore()
            restore()

        return WayBack(both, self.nbytes, self.contents, self.rewind, self.refresh)


def _named(control: str) -> str:
    words = {
        "learning_rate": t("The learning rate"),
        "dropout": t("Dropout"),
        "insert_dropout": t("Dropout"),
        "device": t("The device"),
        "size": t("The size"),
        "deepen": t("The depth"),
        "weight_decay": t("Weight decay"),
    }
    return words.get(control, control)


def leading_length(batch: Any) -> int | None:
    """Return the first dimension of the first array in a batch of arrays, tuples, lists and dicts."""
    if isinstance(batch, dict):
        batch = next(iter(batch.values()), None)
        return None if batch is None else leading_length(batch)
    if isinstance(batch, (tuple, list)) and batch:
        first = batch[0]
        if isinstance(first, (tuple, list, dict)) or hasattr(first, "shape"):
            return leading_length(first)
        return len(batch)  # a list of plain samples
    shape = getattr(batch, "shape", None)
    if shape is not None and len(shape) > 0:
        return int(shape[0])
    return None


def _nothing() -> None:
    pass


def _unchanged() -> bool:
    return False
