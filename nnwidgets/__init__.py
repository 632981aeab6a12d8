"""Live panels over real training: loss curves, progress and history for PyTorch, Keras, Lightning and numpy.

Importing this loads no framework and no widget library; each name below loads what it needs when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nnwidgets import _wiring
from nnwidgets._version import __version__

if TYPE_CHECKING:
    from nnwidgets._errors import NnwidgetsError
    from nnwidgets.comparison import compare
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
    "compare",
    "delete",
    "from_history",
    "load",
    "load_ipython_extension",
    "pin",
    "rename",
    "runs",
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
    "compare": "nnwidgets.comparison",
    "delete": "nnwidgets.library",
    "from_history": "nnwidgets.frameworks.recorded",
    "load": "nnwidgets.library",
    "load_ipython_extension": "nnwidgets.magics",
    "pin": "nnwidgets.library",
    "rename": "nnwidgets.library",
    "runs": "nnwidgets.library",
    "trace": "nnwidgets.frameworks._trace",
    "unload_ipython_extension": "nnwidgets.magics",
    "watch": "nnwidgets.frameworks",
}

_wiring.wire()


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'nnwidgets' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
