"""The view of the computation graph, which our own TypeScript draws."""

from __future__ import annotations

import traitlets

from nnwidgets.widgets._views import STATIC, View


class GraphView(View):
    """A graph, its statistics at one step, and what is said about them; see `nnwidgets._graph_wire`."""

    _esm = STATIC / "graph.js"
    _css = STATIC / "graph.css"

    graph = traitlets.Bytes().tag(sync=True)
    columns = traitlets.Dict().tag(sync=True)
    values = traitlets.Bytes().tag(sync=True)
