"""What a run shows of itself: the panel, the chart, pictures and tables. `Run` adds what it does."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from nnwidgets._errors import OptionError, reject_unknown
from nnwidgets._i18n import t
from nnwidgets._run_facts import RunFacts
from nnwidgets._services import services

if TYPE_CHECKING:
    from nnwidgets._cell import Cell
    from nnwidgets.export.page import Page
    from nnwidgets.run import Run

Where = Literal["cell", "sidebar"]
#: A panel may be asked for on the worker thread, by the sidebar, and in a cell at once. A chart makes no panel.
_making: Final = threading.RLock()


def check_where(where: object, *, show: bool) -> None:
    """Raise `OptionError` for a place that does not exist, or that contradicts ``show``."""
    if where not in get_args(Where):
        raise OptionError(t("where= is 'cell' or 'sidebar', not {where}.", where=repr(str(where)[:40])))
    if where == "sidebar" and not show:
        raise OptionError(
            t("show=False shows no panel at all, where='sidebar' one in the sidebar: pass one of them.")
        )


class RunViews(RunFacts):
    """The visible side of a run."""

    _panel: Any
    _curves: Any
    #: The execution of the cell that showed the panel last, or said that it is in the sidebar.
    _shown_in: Cell | None = None
    _stands_there = False

    def show(self) -> None:
        """Show the panel in the cell that is running."""
        services.show(self._whole)

    def export_csv(self, path: str | Path) -> None:
        """Write every recorded point to a CSV file, without loss."""
        self._whole.flush()
        self.history.to_csv(path)

    def export_svg(self, path: str | Path) -> None:
        """Write a picture of the curves to an SVG file."""
        self._whole.flush()
        Path(path).write_text(services.svg(self._whole), encoding="utf-8")

    def export_html(
        self, path: str | Path, *, title: str | None = None, language: str | None = None, **unknown: object
    ) -> Page:
        """Write a page that plays this training, in one file that needs neither a kernel nor a network.

        A run that still goes on is exported as far as it is. `nnwidgets.export_html` takes several runs, with switches.

        Parameters
        ----------
        path
            Where to write it; its name ends with ``.html``.
        title
            The page's title. Default: the run's name.
        language
            ``"en"``, ``"uk"``. Default: that of whoever reads the page.

        Returns
        -------
        Page
            The written file. As the last line of a cell it plays there, also in a page made of the notebook.

        Raises
        ------
        OptionError
            For a path with another ending, and for an option that does not exist.
        ExportError
            If the file cannot be written; what was there before is untouched then.
        """
        reject_unknown("run.export_html", unknown, ("title", "language"))
        page: Page = services.export_html(self._whole, path, title=title, language=language)
        return page

    @property
    def panel(self) -> Any:
        """The live panel, one widget that may be displayed many times."""
        with _making:
            if self._panel is None:
                self._panel = services.panel(self._whole)
            return self._panel

    @property
    def curves(self) -> Any:
        """The live chart of the losses, a ``bqplot.Figure`` for anyone's own layout."""
        if self._curves is None:
            self._curves = services.curves(self._whole)
        return self._curves

    def __repr__(self) -> str:
        p = self.progress
        epochs = f"epoch {p.epoch}" + (f"/{p.epochs}" if p.epochs else "")
        return f"<Run {self.name!r} {self.status}, {epochs}, step {self.steps:,}, id {self.id}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        # A live run has shown its panel already, in the cell that began it.
        return services.bundle(self._whole) if self._keeper.recorded else {"text/plain": repr(self)}

    @property
    def _whole(self) -> Run:
        return cast("Run", self)
