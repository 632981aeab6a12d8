"""What a Keras optimizer knows at its beginning; its moments are made with the first step, and cannot be unmade."""

from __future__ import annotations

from typing import Any

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks._keras_variables import number_of, set_value


class Beginning:
    """Puts the moments of an optimizer back to where they begin, if it had none when this was made.

    Parameters
    ----------
    optimizer
        The optimizer, or None.
    """

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._built = optimizer is None or bool(getattr(optimizer, "built", True))
        self._known = set() if optimizer is None else {id(variable) for variable in optimizer.variables}

    def restore(self) -> None:
        """Put them back; the weights must be back already.

        Raises
        ------
        RefusedError
            If it cannot be learned where they begin.
        """
        optimizer = self._optimizer
        if self._built or not optimizer.built:
            return
        try:
            # Moments begin at zero, accumulators and products elsewhere: another one of the kind knows.
            like = type(optimizer).from_config(optimizer.get_config())
            like.build(optimizer._trainable_variables)
            begins = [number_of(variable) for variable in like.variables]
        except Exception as error:
            raise RefusedError(
                t(
                    "The optimizer had no moments then, and where those of {kind} begin cannot be "
                    "learned ({error}).",
                    kind=type(optimizer).__name__,
                    error=error,
                )
            ) from error
        for variable, value in zip(optimizer.variables, begins, strict=True):
            if id(variable) not in self._known:
                set_value(variable, value)
