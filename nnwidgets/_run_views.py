"""What a run shows of itself: the panel, the chart, pictures and tables. `Run` adds what it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nnwidgets._run_facts import RunFacts
from nnwidgets._services import services

if TYPE_CHECKING:
    from nnwidgets.run import Run


class RunViews(RunFacts):
    """The visible side of a run."""

    _panel: Any
    _curves: Any

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

    @property
    def panel(self) -> Any:
        """The live panel, one widget that may be displayed many times."""
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
