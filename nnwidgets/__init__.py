"""Live panels over real training: loss curves, progress and history for PyTorch, Keras, Lightning and numpy.

Importing this loads no framework and no widget library; each name below loads what it needs when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nnwidgets import _wiring
from nnwidgets._version import __version__

if TYPE_CHECKING:
    from nnwidgets import check as check
    from nnwidgets._errors import NnwidgetsError
    from nnwidgets._sweep import sweep
    from nnwidgets.comparison import compare
    from nnwidgets.export.html import export_html
    from nnwidgets.export.mjs import export_mjs
    from nnwidgets.frameworks import watch
    from nnwidgets.frameworks._trace import trace
    from nnwidgets.frameworks.keras import KerasCallback
    from nnwidgets.frameworks.lightning import LightningCallback
    from nnwidgets.frameworks.recorded import from_history
    from nnwidgets.graph import Graph
    from nnwidgets.history import History
    from nnwidgets.library import delete, load, pin, rename, runs
    from nnwidgets.magics import load_ipython_extension, unload_ipython_extension
    from nnwidgets.run import Run

__all__ = [
    "Graph",
    "History",
    "KerasCallback",
    "LightningCallback",
    "NnwidgetsError",
    "Run",
    "__version__",
    "check",
    "compare",
    "delete",
    "export_html",
    "export_mjs",
    "from_history",
    "load",
    "load_ipython_extension",
    "pin",
    "rename",
    "runs",
    "sweep",
    "trace",
    "unload_ipython_extension",
    "watch",
]

_HOMES = {
    "Graph": "nnwidgets.graph",
    "History": "nnwidgets.history",
    "KerasCallback": "nnwidgets.frameworks.keras",
    "LightningCallback": "nnwidgets.frameworks.lightning",
    "NnwidgetsError": "nnwidgets._errors",
    "Run": "nnwidgets.run",
    "check": "nnwidgets.check",
    "compare": "nnwidgets.comparison",
    "delete": "nnwidgets.library",
    "export_html": "nnwidgets.export.html",
    "export_mjs": "nnwidgets.export.mjs",
    "from_history": "nnwidgets.frameworks.recorded",
    "load": "nnwidgets.library",
    "load_ipython_extension": "nnwidgets.magics",
    "pin": "nnwidgets.library",
    "rename": "nnwidgets.library",
    "runs": "nnwidgets.library",
    "sweep": "nnwidgets._sweep",
    "trace": "nnwidgets.frameworks._trace",
    "unload_ipython_extension": "nnwidgets.magics",
    "watch": "nnwidgets.frameworks",
}
#: Public names that are modules themselves.
_MODULES = ("check",)

_wiring.wire()


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'nnwidgets' has no attribute {name!r}")
    module = importlib.import_module(home)
    value = module if name in _MODULES else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
