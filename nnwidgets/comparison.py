"""Two runs beside each other: which is better, and whether that is more than noise."""

from __future__ import annotations

import math
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._best import SIGMAS, capital, difference
from nnwidgets._i18n import t
from nnwidgets._metrics import more_is_better, number
from nnwidgets._names import split_of
from nnwidgets._services import services
from nnwidgets._sides import at, change, count, noise, none_of, side_of, told_apart, value
from nnwidgets.history import History

if TYPE_CHECKING:
    from nnwidgets.run import Run

_MIME: Final = "application/vnd.nnwidgets.comparison+json"
#: Notebooks set cells at the right and let a long name take all the width.
_CELL: Final = "text-align:left;vertical-align:top;min-width:7em;max-width:22em;overflow-wrap:anywhere"


class Comparison:
    """Two runs side by side; a notebook shows it as curves and a table.

    Attributes
    ----------
    a, b
        The two sides.
    metric
        What is compared: ``"loss"``, or the first metric that both have validated.
    text
        The difference of the best values in a sentence.
    """

    def __init__(self, run_a: Run, run_b: Run) -> None:
        for run in (run_a, run_b):
            run.flush()
        self._runs = run_a, run_b
        self.metric = _common(run_a.history, run_b.history)
        self.greatest = more_is_better(self.metric)
        marks = told_apart(run_a, run_b)
        self.a, self.b = (
            side_of(run, mark, self.metric) for run, mark in zip(self._runs, marks, strict=True)
        )
        self.text = " ".join([self._verdict(), *self._since()])

    @property
    def within_noise(self) -> bool | None:
        """Whether the difference is no larger than the noise; None where that cannot be told."""
        scatter = math.hypot(self.a.best.noise, self.b.best.noise)
        gap = abs(self.b.best.value - self.a.best.value)
        return None if math.isnan(scatter + gap) else bool(gap <= SIGMAS * scatter)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the table: what, of the one, of the other."""
        sides = self.a, self.b
        rows = [
            ("", *(side.label for side in sides)),
            (t("best validation {metric}", metric=self.metric), *(value(side.best) for side in sides)),
            (t("at"), *map(at, sides)),
            (t("last validation {metric}", metric=self.metric), *(number(side.last) for side in sides)),
            (t("validations"), *map(count, sides)),
            (t("noise"), *map(noise, sides)),
            (t("flag"), *(side.flag for side in sides)),
        ]
        if any(side.branch for side in sides):
            rows.append((t("best since the branch"), *(value(side.branch) for side in sides)))
        longest = max(1, *(len(side.interventions) for side in sides))
        named = [t("interventions")] + [""] * (longest - 1)
        rows += [(name, *(change(side, i) for side in sides)) for i, name in enumerate(named)]
        return rows  # type: ignore[return-value]  # each has two sides

    def __repr__(self) -> str:
        rows = self.rows()
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        ]
        return "\n".join([*(line.rstrip() for line in lines), self.text])

    def _repr_html_(self) -> str:
        # As an image, so that neither its rules reach the page nor a sanitiser its words.
        picture = b64encode(self._picture().encode()).decode()
        alt = t("{metric} of {b} and of {a}", metric=self.metric, b=self.b.label, a=self.a.label)
        head, *rest = self.rows()
        rows = "".join(_html_row(row) for row in rest)
        return (
            f'<div><img src="data:image/svg+xml;base64,{picture}" alt="{escape(alt)}" style="max-width:100%"/>'
            f"<table><thead>{_html_head(head, self._names)}</thead><tbody>{rows}</tbody></table>"
            f"<p>{escape(self.text)}</p></div>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return what JupyterLab with our extension shows, in its own theme; IPython adds text and HTML for others."""
        rows = [list(row) for row in self.rows()]
        shown = {
            "version": 1,
            "still": self._picture(),
            "names": self._names,
            "rows": rows,
            "text": self.text,
        }
        return {_MIME: shown}

    @property
    def _names(self) -> list[str]:
        return [self.a.name, self.b.name]

    def _picture(self) -> str:
        return services.pair_svg(*self._runs, self.metric)

    def _verdict(self) -> str:
        a, b = self.a, self.b
        missing = [none_of(side, self.metric) for side in (b, a) if not side.best.count]
        known = [side for side in (b, a) if side.best.count]
        values = [
            t("of {label}: {value}", label=repr(side.label), value=number(side.best.value)) for side in known
        ]
        if missing:
            best = (
                [t("Best validation {metric} {names}.", metric=self.metric, names=", ".join(values))]
                if values
                else []
            )
            return " ".join([*missing, *best])
        said = capital(difference(a.best, b.best, greatest=self.greatest))
        return t(
            "Best validation {metric} {names}. {said}", metric=self.metric, names=", ".join(values), said=said
        )

    def _since(self) -> list[str]:
        sides = [self.b] if self._runs[0] is self._runs[1] else [self.b, self.a]
        return [
            t(
                "Since its branch, {label} came to {value} at best.",
                label=repr(side.label),
                value=number(side.branch.value),
            )
            for side in sides
            if side.branch is not None and side.branch.count
        ]


def _html_head(labels: tuple[str, str, str], names: list[str]) -> str:
    cells = "".join(
        f'<th title="{escape(name)}" style="{_CELL}">{escape(label)}</th>'
        for name, label in zip(names, labels[1:], strict=True)
    )
    return f"<tr><th></th>{cells}</tr>"


def _html_row(row: tuple[str, str, str]) -> str:
    what, *sides = (escape(text) for text in row)
    cells = "".join(f'<td style="{_CELL}">{text}</td>' for text in sides)
    return f'<tr><th style="{_CELL}">{what}</th>{cells}</tr>'


def compare(run_a: Run | str, run_b: Run | str) -> Comparison:
    """Compare two runs, live or loaded: curves, best values and interventions side by side.

    Parameters
    ----------
    run_a, run_b
        Runs, or the ids of runs that are kept in the default store. The second is compared with the first.

    Returns
    -------
    Comparison
        With ``text`` for the verdict. The noise is the scatter of the validations from one to the next, without the
        trend; a difference of up to twice the noise of both is called none. Of a run that went back to a snapshot
        the best is that of its own past, without what it went back from.

    Raises
    ------
    RunNotFoundError
        If there is no run of an id.
    TypeError
        If something is neither a run nor an id.
    ValueError
        If they have no validation metric in common.
    """
    return Comparison(_run(run_a), _run(run_b))


def _run(given: Any) -> Run:
    from nnwidgets.library import load
    from nnwidgets.run import Run

    if isinstance(given, Run):
        return given
    if isinstance(given, str):
        return load(given)
    raise TypeError(
        t(
            "compare() takes two runs, or their ids, not {kind}: nnw.compare(nnw.load(id), run).",
            kind=type(given).__name__,
        )
    )


def _common(one: History, other: History) -> str:
    metrics = [split_of(name)[1] for name in one if split_of(name)[0] == "val"]
    common = [metric for metric in metrics if f"val/{metric}" in other]
    if not common:
        raise ValueError(t("The two runs have no validation metric in common; log one as val_loss in both."))
    return "loss" if "loss" in common else common[0]
