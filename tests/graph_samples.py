"""A graph that several tests draw."""

from __future__ import annotations

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets.graph import Array, Graph

X = Array((8, 16), "float32")


def residual(depth: int = 12, *, failing: bool = False, name: str = "layers") -> Graph:
    """x -> some blocks with a skip connection each -> head -> output."""
    builder = GraphBuilder("torch", "forward")
    last = builder.node(None, op="input", kind="input", name="x", outputs=[X])
    root = builder.group(None, type="Net")
    layers = builder.group(root, type="ModuleList", path=name)
    for i in range(depth):
        block = builder.group(layers, type="Block", path=f"{name}.{i}")
        before = last
        for part in ("a", "b"):
            key = builder.node(
                block, op="Linear", kind="module", path=f"{name}.{i}.{part}", detail="16, 16", outputs=[X]
            )
            builder.edge(last, 0, key, 0)
            last = key
        add = builder.node(block, op="add", outputs=[X])
        builder.edge(last, 0, add, 0)
        builder.edge(before, 0, add, 1)
        last = add
    head = builder.node(root, op="Linear", kind="module", path="head", outputs=[X])
    builder.edge(last, 0, head, 0)
    if failing:
        builder.fail(head, "RuntimeError: mat1 and mat2 shapes cannot be multiplied (8x16 and 32x4)")
    else:
        builder.edge(head, 0, builder.node(None, op="output", kind="output"), 0)
    return builder.finish()
