"""What a `DivergenceMonitor` says: a flag is raised, a flag is withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, repr=False)
class Raised:
    """The validation loss has left its minimum.

    Steps are what `DivergenceMonitor.update` was given; shares are fractions, 0.12 for 12 %.
    """

    #: ``"overfitting"``: the training loss fell meanwhile, or is not known. ``"instability"``: it rose as well, or the
    #: validation loss is no longer a number.
    kind: Literal["overfitting", "instability"]
    #: The step of the validation at which the flag was raised.
    step: float
    #: The last step at which the loss was still within its noise of the best, and the loss there.
    onset: float
    onset_value: float
    #: The step and the value of the best validation: where to go back to.
    best_step: float
    best: float
    #: The smoothed loss at the flag.
    value: float
    #: How far it had risen: as a share of the best (None where zero is no floor), and in units of its noise.
    rise: float | None
    sigmas: float
    #: Validations since the best.
    validations: int
    #: The change of the training loss since the best, as a share; None where it is not known.
    train_change: float | None
    #: The same in units of the loss: below 0 where it fell. None where it is not known.
    train_rise: float | None
    #: The estimated probability that no better validation follows.
    probability: float
    #: All of it in a sentence; empty where the monitor is used by itself and knows no name and no epochs.
    text: str = ""

    def __repr__(self) -> str:
        said = self.text or f"{self.sigmas:.3g} sigmas above the best of step {self.best_step:g}"
        return f"<{self.kind} since step {self.onset:g}, raised at step {self.step:g}: {said}>"


@dataclass(frozen=True, repr=False)
class Withdrawn:
    """The flag was wrong, or no longer holds."""

    raised: Raised
    #: The step of the validation that showed it, or of the change.
    step: float
    #: ``"improved"``: a new best. ``"returned"``: back within the noise of the best. ``"settled"``: it was instability,
    #: and the training loss has come down again; what the validation loss does may be overfitting by now.
    #: ``"changed"``: the run was changed, and what follows is another curve.
    reason: Literal["improved", "returned", "settled", "changed"]
    #: The validation loss then; None after a change.
    value: float | None
    #: All of it in a sentence; see `Raised.text`.
    text: str = ""

    def __repr__(self) -> str:
        return f"<withdrawn at step {self.step:g}: {self.text or self.reason}>"
