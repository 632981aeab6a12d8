"""What draws graphs of models, each by one call: takes a model, gives how many nodes it found and what it wrote."""

from __future__ import annotations

import gzip
import io
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

#: What a tool finds (to be written) and how it is written: nodes and what a page is given to show them.
Found = tuple[int, Callable[[], str]]

#: key: what the table calls it, the package that it comes in.
TOOLS: Final = {
    "ours": ("nnwidgets, JSON for the view", ""),
    "ours.svg": ("nnwidgets, SVG", ""),
    "torchview": ("torchview, DOT", "torchview"),
    "torchviz": ("torchviz (backward graph), DOT", "torchviz"),
    "torchvista": ("torchvista, HTML", "torchvista"),
    "torchlens": ("torchlens, its log (writes nothing)", "torchlens"),
    "fx": ("torch.fx.symbolic_trace, its listing", ""),
    "export": ("torch.export, its listing", ""),
    "explorer": ("Model Explorer's adapter (with torch.export), JSON", "ai-edge-model-explorer"),
}
KERAS: Final = {
    "keras.ours": ("nnwidgets, JSON for the view", ""),
    "keras.dot": ("keras.utils.model_to_dot, DOT", "pydot"),
}


def _ours(model: Any, args: tuple[Any, ...]) -> Found:
    import nnwidgets as nnw

    graph = nnw.trace(model, *args)
    return len(graph.nodes), graph.to_json


def _ours_svg(model: Any, args: tuple[Any, ...]) -> Found:
    import nnwidgets as nnw

    graph = nnw.trace(model, *args)
    return len(graph.nodes), graph.to_svg


def _torchview(model: Any, args: tuple[Any, ...]) -> Found:
    import torchview

    made = torchview.draw_graph(model, input_data=args, depth=99, expand_nested=True)
    source = made.visual_graph.source
    return source.count("label=<"), lambda: source


def _torchviz(model: Any, args: tuple[Any, ...]) -> Found:
    import torchviz

    dot = torchviz.make_dot(_flat(model(*args)), params=dict(model.named_parameters()))
    return sum("label" in line or "[" in line for line in dot.body if "->" not in line), lambda: dot.source


def _torchvista(model: Any, args: tuple[Any, ...]) -> Found:
    from torchvista import trace_model

    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        path = Path(folder) / "graph.html"
        trace_model(model, args if len(args) != 1 else args[0], export_path=str(path))
        text = path.read_text()
    return 0, lambda: text


def _torchlens(model: Any, args: tuple[Any, ...]) -> Found:
    import torchlens

    log = torchlens.trace(model, args)
    return len(log), lambda: ""


def _fx(model: Any, args: tuple[Any, ...]) -> Found:
    import torch

    graph = torch.fx.symbolic_trace(model).graph
    return len(graph.nodes), lambda: str(graph)


def _export(model: Any, args: tuple[Any, ...]) -> Found:
    import torch

    graph = torch.export.export(model, args, strict=False).graph
    return len(graph.nodes), lambda: str(graph)


def _explorer(model: Any, args: tuple[Any, ...]) -> Found:
    import json
    from dataclasses import asdict

    import torch
    from model_explorer.pytorch_exported_program_adapter_impl import PytorchExportedProgramAdapterImpl

    program = torch.export.export(model, args, strict=False)
    found = PytorchExportedProgramAdapterImpl(program, {"const_element_count_limit": 16}).convert()
    nodes = sum(len(graph.nodes) for graph in found["graphs"])
    return nodes, lambda: json.dumps([asdict(graph) for graph in found["graphs"]])


def _keras_ours(model: Any, args: tuple[Any, ...]) -> Found:
    return _ours(model, ())


def _keras_dot(model: Any, args: tuple[Any, ...]) -> Found:
    import keras

    dot = keras.utils.model_to_dot(model, show_shapes=True, expand_nested=True)
    return len(dot.get_nodes()), dot.to_string


_DRAW: Final[dict[str, Callable[[Any, tuple[Any, ...]], Found]]] = {
    "ours": _ours, "ours.svg": _ours_svg, "torchview": _torchview, "torchviz": _torchviz, "torchvista": _torchvista,
    "torchlens": _torchlens, "fx": _fx, "export": _export, "explorer": _explorer,
    "keras.ours": _keras_ours, "keras.dot": _keras_dot,
}  # fmt: skip


def _flat(output: Any) -> Any:
    import torch

    if isinstance(output, dict):
        output = tuple(output.values())
    return (
        output
        if isinstance(output, torch.Tensor)
        else tuple(o for o in output if isinstance(o, torch.Tensor))
    )


class Subject:
    """A model with an input; draws it with one tool as often as is asked."""

    def __init__(self, tool: str, model: str) -> None:
        self._draw = _DRAW[tool]
        if tool.startswith("keras"):
            import keras

            self._model, self._args = keras.applications.ResNet50(weights=None), ()
        else:
            import torch

            from benchmarks.graph_models import MODELS

            torch.set_num_threads(1)
            torch.manual_seed(0)
            self._model, self._args = MODELS[model][1]()
            self._model.eval()

    def turn(self) -> dict[str, Any]:
        """Draw once.

        Returns
        -------
        dict
            ``forward`` (a bare pass), ``found`` and ``written`` in milliseconds, ``nodes``, ``bytes`` and ``gzip``;
            or ``error``.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                forward = self._forward()
                began = time.perf_counter()
                nodes, write = self._draw(self._model, self._args)
                found = time.perf_counter()
                text = write().encode()
                written = time.perf_counter()
            except Exception as error:  # noqa: BLE001 — the table says it, whatever it is
                said = str(error).strip().split("\n")[0]
                return {"error": f"{type(error).__name__}: {said}"}
        return {
            "forward": forward, "found": (found - began) * 1e3, "written": (written - found) * 1e3,
            "nodes": nodes, "bytes": len(text), "gzip": len(gzip.compress(text)),
        }  # fmt: skip

    def _forward(self) -> float:
        if not self._args:
            return 0.0
        times = []
        for _ in range(3):
            began = time.perf_counter()
            self._model(*self._args)
            times.append((time.perf_counter() - began) * 1e3)
        return statistics.median(times)
