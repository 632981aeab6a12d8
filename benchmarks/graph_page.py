"""What the view of a graph costs the page: the first picture, opening a group, moving it, the longest freeze.

Chromium without a GPU draws `nnwidgets/static/graph.js` beside a model that no kernel stands behind.
`python -m benchmarks.graph_page` prints the table.
"""

from __future__ import annotations

import gzip
import random
import statistics
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, Route, sync_playwright

from benchmarks.rows import Row
from nnwidgets._graph_builder import GraphBuilder
from nnwidgets.graph import Array, Graph, Parameter
from scripts import chromium
from scripts.laboratory import FLAGS

STATIC: Final = Path(__file__).resolve().parents[1] / "nnwidgets" / "static"
ADDRESS: Final = "http://graph.invalid/"
#: A view with the traits of `GraphView`. `show` gives the milliseconds until a graph is drawn, `pan` those of each
#: frame while the drawing is dragged, and `longest` is the longest task of the page.
PAGE: Final = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/graph.css">
<body style="margin: 0"><div id="host"></div><script type="module">
import view from '/graph.js';
const listeners = {};
const empty = new DataView(new ArrayBuffer(0));
const state = { wire: 1, message: null, graphs: [], shown: 0, changes: {}, steps: [], at: null, values_step: null,
                findings: [], notes: [], node: null, open: true };
const model = {
  values: { state, graph: empty, values: empty, columns: {} },
  get: (name) => model.values[name],
  on: (event, call) => (listeners[event] ??= new Set()).add(call),
  off: (event, call) => listeners[event]?.delete(call),
  send: () => {},
};
const frame = () => new Promise((settle) => requestAnimationFrame(settle));
const stage = () => document.querySelector('.nnw-graph-stage');
window.longest = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
}).observe({ type: 'longtask' });
const painted = async (act) => {
  delete stage().dataset.painted;
  const begun = performance.now();
  await act();
  while (!stage().dataset.painted) await frame();
  return performance.now() - begun;
};
window.show = async (name) => {
  const bytes = await (await fetch(name)).arrayBuffer();
  window.longest = 0;
  return painted(() => {
    model.values.graph = new DataView(bytes);
    for (const call of listeners['change:graph']) call();
  });
};
const pointer = (type, x, y) =>
  stage().dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: x, clientY: y, bubbles: true, button: 0 }));
window.open_group = async (key) => {
  const field = document.querySelector('.nnw-graph-field');
  field.value = key;
  field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  for (let i = 0; i < 4; i += 1) await frame();
  stage().focus();
  return painted(() => stage().dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })));
};
window.fit = async () => {
  stage().dispatchEvent(new KeyboardEvent('keydown', { key: '0', bubbles: true }));
  for (let i = 0; i < 4; i += 1) await frame();
};
window.pan = async (count) => {
  const frames = [];
  pointer('pointerdown', 400, 200);
  let before = await frame();
  for (let i = 0; i < count; i += 1) {
    pointer('pointermove', 400 + 60 * Math.sin(i / 12), 200 + 40 * Math.cos(i / 9));
    const now = await frame();
    frames.push(now - before);
    before = now;
  }
  pointer('pointerup', 400, 200);
  return frames;
};
view.render({ model, el: document.getElementById('host') });
window.ready = true;
</script>"""


@contextmanager
def page(graphs: Mapping[str, Graph], width: int = 1000, height: int = 640) -> Iterator[Page]:
    """Open the view in a browser; `show(name)` in it draws one of the graphs."""
    packed = {name: zlib.compress(graph.to_json().encode()) for name, graph in graphs.items()}

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        if name in packed:
            route.fulfill(body=packed[name], content_type="application/octet-stream")
        elif name in ("graph.js", "graph.css"):
            kind = "text/javascript" if name.endswith("js") else "text/css"
            route.fulfill(body=(STATIC / name).read_bytes(), content_type=kind)
        else:
            route.fulfill(body="" if name else PAGE, content_type="text/html")

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        try:
            opened = browser.new_context(viewport={"width": width, "height": height}).new_page()
            opened.route(f"{ADDRESS}**", answer)
            opened.goto(ADDRESS)
            opened.wait_for_function("window.ready")
            yield opened
        finally:
            browser.close()


def measure(model: Graph, group: str, rounds: int = 5) -> dict[str, float]:
    """Return what was measured.

    Parameters
    ----------
    model
        A graph of the size of a ResNet-50.
    group
        The path of one of its groups that is closed at first.
    rounds
        How often each is done; the median counts.

    Returns
    -------
    dict
        ``kilobytes`` of the view's JavaScript with gzip, ``first`` and ``open`` in milliseconds, ``frame``: the median,
        and ``slow``: the 95th percentile of the milliseconds of a frame while 1,000 boxes are moved, ``chain`` and
        ``flat``: milliseconds until 10,000 nodes are drawn, ``chain_freeze``, ``flat_freeze`` and ``huge_freeze``: the
        longest task of the page meanwhile, the last with 100,000 nodes.
    """
    graphs = {
        "model": model, "thousand": flat(1_000), "chain": chain(10_000), "flat": flat(10_000), "huge": flat(100_000),
    }  # fmt: skip
    found = {"kilobytes": len(gzip.compress((STATIC / "graph.js").read_bytes(), 9, mtime=0)) / 1024}
    found["first"] = statistics.median(_fresh(graphs, _first)[0] for _ in range(rounds))
    found["open"] = statistics.median(_fresh(graphs, lambda p: _opened(p, group))[0] for _ in range(rounds))
    frames = sorted(_fresh(graphs, _panned))
    found["frame"], found["slow"] = statistics.median(frames), frames[int(0.95 * len(frames))]
    for name in ("chain", "flat", "huge"):
        shown = [_fresh(graphs, partial(_frozen, name)) for _ in range(max(1, rounds // 2))]
        found[name] = statistics.median(one[0] for one in shown)
        found[f"{name}_freeze"] = max(one[1] for one in shown)
    return found


def rows(found: Mapping[str, float]) -> list[Row]:
    """Return lines of the table, with the targets."""

    def row(key: str, what: str, measured: str, target: str = "", met: bool | None = None) -> Row:
        return Row(f"graph.page.{key}", "the graph in the page", what, measured, "", target, met)

    rate = 1000 / found["frame"]
    return [
        row("size", "JavaScript, gzip", f"{found['kilobytes']:.1f} KB", "≤ 60 KB", found["kilobytes"] <= 60),
        row("first", "first picture of a ResNet-50", f"{found['first']:.0f} ms", "≤ 1 s", found["first"] <= 1000),
        row("open", "opening a group of it", f"{found['open']:.0f} ms", "≤ 100 ms", found["open"] <= 100),
        row(
            "pan", "frames while 1,000 boxes are moved", f"{rate:.0f} a second; 95 % within {found['slow']:.0f} ms",
            "60 a second", found["frame"] < 17.5,
        ),
        *(
            row(
                name, f"longest freeze, {what}", f"{found[f'{name}_freeze']:.0f} ms; drawn after {found[name]:.0f} ms",
                target, found[f"{name}_freeze"] <= 200 if target else None,
            )
            for name, what, target in (
                ("chain", "a chain of 10,000", "≤ 200 ms"),
                ("flat", "10,000 nodes in one group", "≤ 200 ms"),
                ("huge", "100,000 nodes in one group", ""),
            )
        ),
    ]  # fmt: skip


def chain(count: int) -> Graph:
    """Return a chain of functions, in which nothing is folded."""
    builder, pick = GraphBuilder("numpy", "forward"), random.Random(1)
    root, last = builder.group(None, type="Chain"), None
    for _ in range(count):
        node = builder.node(root, op=pick.choice(_OPS), outputs=[Array((32, 64), "float32")])
        builder.edge(last, 0, node, 0)
        last = node
    return builder.finish()


def flat(count: int) -> Graph:
    """Return nodes in one group, each made of none to two of those before it."""
    builder, pick = GraphBuilder("numpy", "forward"), random.Random(1)
    root = builder.group(None, type="Flat")
    nodes: list[str | None] = []
    for i in range(count):
        layer = {"kind": "module", "path": f"layer{i}"} if i % 3 == 0 else {}
        parameters = [Parameter("weight", (64, 64))] if i % 3 == 0 else []
        op = "Linear" if i % 3 == 0 else pick.choice(_OPS)
        array = Array((32, 64), "float32")
        node = builder.node(root, op=op, outputs=[array], parameters=parameters, **layer)  # type: ignore[arg-type]  # a kind
        for place in range(pick.choice((0, 1, 1, 2))):
            if nodes:
                builder.edge(nodes[-1 - min(len(nodes) - 1, int(pick.expovariate(0.1)))], 0, node, place)
        nodes.append(node)
    return builder.finish()


_OPS: Final = ("add", "mul", "tanh", "exp", "sub", "sqrt", "matmul")


def _fresh(graphs: Mapping[str, Graph], act: Callable[[Page], list[float]]) -> list[float]:
    with page(graphs) as opened:
        return act(opened)


def _first(opened: Page) -> list[float]:
    return [_number(opened, "show('model')")]


def _opened(opened: Page, group: str) -> list[float]:
    opened.evaluate("show('model')")
    return [_number(opened, f"open_group({group!r})")]


def _panned(opened: Page) -> list[float]:
    opened.evaluate("show('thousand')")
    opened.evaluate("fit()")
    frames: list[float] = opened.evaluate("pan(240)")
    return frames[20:]


def _frozen(name: str, opened: Page) -> list[float]:
    drawn = _number(opened, f"show('{name}')")
    opened.evaluate("fit()")
    return [drawn, _number(opened, "longest")]


def _number(opened: Page, expression: str) -> float:
    value: Any = opened.evaluate(expression)
    return float(value)


def main() -> None:
    """Measure with a ResNet-50 and print the table."""
    import torch

    import nnwidgets as nnw
    from benchmarks.graph_models import ResNet
    from benchmarks.rows import table

    graph = nnw.trace(ResNet().eval(), torch.zeros(1, 3, 224, 224))
    print(table(rows(measure(graph, "layer3.0"))))


if __name__ == "__main__":
    main()
