"""What a check was given: a run, the id of one, or a gap that nobody has filled yet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._check_result import Check
from nnwidgets._errors import OptionError
from nnwidgets._i18n import t
from nnwidgets.protocol import OPEN_STATUSES

if TYPE_CHECKING:
    from nnwidgets.run import Run


#: Beyond it a whole number is no float any more.
_LARGEST: Final = sys.float_info.max


def given_run(function: str, given: Any) -> Run | None:
    """Return a run with all that was logged, or None where the gap is not filled yet."""
    from nnwidgets.library import load
    from nnwidgets.run import Run

    if given is None or given is Ellipsis:
        return None
    if isinstance(given, str):
        return load(given)
    if not isinstance(given, Run):
        raise OptionError(
            t(
                "nnw.check.{function}() takes a run, or the id of one, not {kind}.",
                function=function,
                kind=type(given).__name__,
            )
        )
    given.flush()
    return given


def missing(what: str) -> Check:
    return Check(False, what, t("there is no run yet"), t("Fill the gap above, and run its cell."))


def going_on(run: Run) -> bool:
    return run.status in OPEN_STATUSES


def finite(function: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _LARGEST:
        shown = str(value)[:40]
        raise OptionError(
            t("nnw.check.{function}() takes a number, not {value}.", function=function, value=shown)
        )
    return float(value)
