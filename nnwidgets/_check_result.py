"""What a check found, and how it is shown: in words, never only as true or false."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from nnwidgets._i18n import t, tn, told

#: Only the bar beside a row is coloured: 3 : 1 against a white page and against a dark one. The words say the same.
_COLOURS: Final = {True: "#2a9455", False: "#d6455d"}
_CELL: Final = "text-align:left;vertical-align:top;padding:4px 10px;overflow-wrap:anywhere"


@dataclass(frozen=True, repr=False)
class Check:
    """One thing to reach; true where it is reached. A notebook shows it as a table of one row.

    Attributes
    ----------
    passed
        Whether it is reached.
    what
        What is to be reached.
    measured
        What was found.
    hint
        What to try; empty where nothing is missing.
    going
        Whether the run still goes on, so that this may change.
    """

    passed: bool
    what: str
    measured: str
    hint: str = ""
    going: bool = False

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return _lines(self)

    def _repr_html_(self) -> str:
        return _table([self], None)


class Checks(Sequence[Check]):
    """Several checks, true where all are reached. A notebook shows them as one table.

    Attributes
    ----------
    passed
        Whether all of them are reached.
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = tuple(checks)

    @property
    def passed(self) -> bool:
        """Whether all of them are reached."""
        return all(check.passed for check in self._checks)

    def __bool__(self) -> bool:
        return self.passed

    def __len__(self) -> int:
        return len(self._checks)

    def __iter__(self) -> Iterator[Check]:
        return iter(self._checks)

    def __getitem__(self, index: int) -> Check:  # type: ignore[override]  # a slice of a verdict is no verdict
        return self._checks[index]

    def __repr__(self) -> str:
        return "\n".join([*map(_lines, self._checks), self._summary()])

    def _repr_html_(self) -> str:
        return _table(self._checks, self._summary())

    def _summary(self) -> str:
        done, total = sum(check.passed for check in self._checks), len(self._checks)
        if done == total:
            return tn(total, "Reached.", "All {n} reached.")
        return t("{done} of {total} reached.", done=done, total=total)


def _mark(check: Check) -> tuple[str, str]:
    return ("✓", t("reached")) if check.passed else ("✗", t("not yet"))


def _said(check: Check) -> list[str]:
    """Return the lines below what is to be reached."""
    still = t("The run still goes on; this is how it stands now.") if check.going else ""
    return [line for line in (told(check.measured), still, told(check.hint)) if line]


def _lines(check: Check) -> str:
    sign, word = _mark(check)
    first, *rest = _said(check)
    return "\n".join(
        [f"{sign} {told(check.what)}: {word}", f"    {first}", *(f"    → {line}" for line in rest)]
    )


def _table(checks: Sequence[Check], caption: str | None) -> str:
    said = "" if caption is None else f'<caption style="text-align:left">{escape(caption)}</caption>'
    return (
        f'<table style="border-collapse:collapse;max-width:46em">{said}'
        f"<tbody>{''.join(map(_row, checks))}</tbody></table>"
    )


def _row(check: Check) -> str:
    sign, word = _mark(check)
    first, *rest = _said(check)
    hints = "".join(f"<div>→ {escape(line)}</div>" for line in rest)
    bar = f"border-left:4px solid {_COLOURS[check.passed]}"
    return (
        f'<tr><td style="{_CELL};{bar};white-space:nowrap"><span aria-hidden="true">{sign} </span>{escape(word)}</td>'
        f'<th scope="row" style="{_CELL};min-width:9em">{escape(told(check.what))}</th>'
        f'<td style="{_CELL}">{escape(first)}{hints}</td></tr>'
    )
