"""The models of keras.applications, whose hundreds of layers stand side by side, in a few boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.frameworks.programs import result_on

NAMES = ("ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "InceptionV3", "MobileNetV2", "ResNet50", "VGG16")

PROGRAM = f"""
import keras, nnwidgets as nnw
result = {{}}
for name in {NAMES!r}:
    whole = {{}} if name == "ConvNeXtTiny" else {{"include_top": False, "pooling": "avg"}}
    shape = {{}} if name == "ConvNeXtTiny" else {{"input_shape": (96, 96, 3)}}
    model = getattr(keras.applications, name)(weights=None, **whole, **shape)
    nodes = [len(layer._inbound_nodes) for layer in model.layers]
    graph = nnw.trace(model)
    root = graph.groups[0].key
    joined = {{edge.dst for edge in graph.edges}}
    result[name] = {{
        "params": [graph.params, model.count_params()],
        "layers": [sum(node.kind == "module" for node in graph.nodes), len(model._flatten_layers(include_self=False))],
        "boxes": sum(part.group == root for part in graph.nodes) + sum(part.parent == root for part in graph.groups),
        "most": max(sum(node.group == group.key for node in graph.nodes) for group in graph.groups),
        "alone": [node.key for node in graph.nodes if node.kind != "input" and node.key not in joined],
        "groups": [group.name for group in graph.groups],
        "same": nodes == [len(layer._inbound_nodes) for layer in model.layers],
        "gflops": round(graph.flops / 1e9, 2),
    }}
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home: Path = tmp_path_factory.mktemp("home")
    return result_on("torch", PROGRAM, home)


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_there_in_a_few_boxes(said: Any, name: str) -> None:
    graph = said[name]
    assert graph["params"][0] == graph["params"][1]
    assert graph["alone"] == []
    assert graph["boxes"] <= 30
    assert graph["most"] <= 40
    assert graph["same"]


def test_scopes_are_named_as_people_call_them(said: Any) -> None:
    assert {"conv1", "conv2", "conv5", "block1"} <= set(said["ResNet50"]["groups"])
    assert {"mixed0", "mixed10"} <= set(said["InceptionV3"]["groups"])
    assert {"stage_0", "block_0", "head"} <= set(said["ConvNeXtTiny"]["groups"])
    assert said["VGG16"]["groups"] == ["vgg16", "block1", "block2", "block3", "block4", "block5"]
    assert said["ConvNeXtTiny"]["gflops"] == 8.91
