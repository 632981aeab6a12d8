"""Stored runs as a table of text and of HTML. Names are text in both, whatever they hold."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Final, SupportsIndex, overload

from nnwidgets._i18n import later, now, t
from nnwidgets._runinfo import RunInfo

# fmt: off
_HEADS: Final = (
    later("id"), later("name"), later("status"), later("started (UTC)"), later("duration"), later("step"),
    later("epochs"), later("best val/loss"), later("flag"), later("framework"), later("size"),
)
# fmt: on
_NUMBERS: Final = frozenset({"duration", "step", "epochs", "best val/loss", "size"})
_WIDEST: Final = 32


class RunList(list[RunInfo]):
    """Stored runs, newest first; shows itself as a table."""

    @overload
    def __getitem__(self, index: SupportsIndex) -> RunInfo: ...
    @overload
    def __getitem__(self, index: slice) -> RunList: ...
    def __getitem__(self, index: SupportsIndex | slice) -> RunInfo | RunList:
        found = super().__getitem__(index)
        return RunList(found) if isinstance(found, list) else found

    def __repr__(self) -> str:
        if not self:
            return t("No stored runs.")
        rows = [tuple(map(now, _HEADS)), *([_clip(cell) for cell in _cells(run)] for run in self)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(_line(row, widths) for row in rows)

    def _repr_html_(self) -> str:
        if not self:
            return f"<p>{html.escape(t('No stored runs.'))}</p>"
        head = "".join(f"<th{_align(name)}>{html.escape(now(name))}</th>" for name in _HEADS)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_html_row, self))}</tbody></table>"


def _cells(run: RunInfo) -> tuple[str, ...]:
    status = run.status if run.reason is None else f"{run.status}: {run.reason}"
    return (
        run.id,
        run.name,
        status,
        f"{run.started:%Y-%m-%d %H:%M}",
        _span(run.duration),
        f"{run.step:,}",
        f"{run.epochs:,}",
        "" if run.best is None else f"{run.best:.4g}",
        "" if run.flag == "none" else run.flag,
        run.framework or "",
        _bytes(run.size),
    )


def _html_row(run: RunInfo) -> str:
    cells = zip(_HEADS, _cells(run), strict=True)
    return f"<tr>{''.join(f'<td{_align(name)}>{html.escape(text)}</td>' for name, text in cells)}</tr>"


def _align(name: str) -> str:
    return f' style="text-align:{"right" if name in _NUMBERS else "left"}"'


def _line(row: Iterable[str], widths: list[int]) -> str:
    cells = zip(_HEADS, row, widths, strict=True)
    return "  ".join(c.rjust(w) if name in _NUMBERS else c.ljust(w) for name, c, w in cells).rstrip()


def _clip(text: str) -> str:
    """Keep a name on one line of a terminal, and what it holds from steering that terminal."""
    text = "".join(c if c.isprintable() else "�" for c in text)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return t("{hours} h {minutes} min", hours=f"{hours:,}", minutes=f"{minutes:02}")
    return t("{minutes} min {rest} s", minutes=minutes, rest=f"{rest:02}") if minutes else f"{seconds:.1f} s"


def _bytes(size: int) -> str:
    amount, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
