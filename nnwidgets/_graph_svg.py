"""A graph as SVG: self-contained, without scripts, readable on light and dark pages and by who cannot see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from nnwidgets._graph_boxes import LARGE, SMALL, STACKED, Look, badge_width, look, titles
from nnwidgets._graph_frames import HEADING, Drawing, Placed, Wire, drawing
from nnwidgets._graph_levels import Box, Frame, Scene, scene
from nnwidgets._graph_style import STYLE
from nnwidgets._graph_words import big, operations, shape
from nnwidgets._i18n import t
from nnwidgets._lettering import clean, fit, width, wrapped
from nnwidgets.graph import Array, Graph, Node

#: Pixels around the whole; the narrowest picture; what a line of a note takes; notes at most.
_MARGIN: Final = 20.0
_NARROWEST: Final = 260.0
_NOTE: Final = 16.0
_NOTES: Final = 6
#: How far a line goes straight before it bends.
_STRAIGHT: Final = 13.0


def svg(graph: Graph, open: int | None = None, boxes: int = 150) -> str:
    """See `Graph.to_svg`; ``boxes`` are those up to which levels are opened unasked."""
    shown = scene(graph, open, boxes)
    labels = _labels(shown)
    looks = {
        item: look(item, graph.framework)
        for frame in shown.frames
        for item in frame.items
        if isinstance(item, Box)
    }
    made = drawing(shown, lambda box: looks[box].item(labels.get(box, "")), _heading_width)
    body = "".join([
        *(_frame(placed) for placed in made.frames),
        *(_wires(made, back=back) for back in (False, True)),
        *(_box(placed, looks[placed.what], labels.get(placed.what, ""), back=placed.what.back) for placed in made.boxes
          if isinstance(placed.what, Box)),
    ])  # fmt: skip
    return _picture(graph, made, body)


def _picture(graph: Graph, made: Drawing, body: str) -> str:
    inner = max(made.width, _NARROWEST)
    left = _MARGIN + (inner - made.width) / 2
    notes, room = _notes(graph, inner, made.height + 2 * _MARGIN)
    wide, high = inner + 2 * _MARGIN, made.height + 2 * _MARGIN + room
    title = t("Computation graph of {name}", name=clean(_name(graph), 80))
    told = clean(_description(graph), 600)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nnw-graph" viewBox="0 0 {wide:.0f} {high:.0f}" '
        f'width="{wide:.0f}" height="{high:.0f}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc><style>{STYLE}</style>"
        f'<rect class="bg" x=".5" y=".5" width="{wide - 1:.0f}" height="{high - 1:.0f}" rx="8"/>'
        f'<g transform="translate({left:.1f} {_MARGIN:.0f})">{body}</g>{notes}</svg>'
    )


def _name(graph: Graph) -> str:
    return next((group.type for group in graph.groups if group.parent is None), graph.framework)


def _description(graph: Graph) -> str:
    """Say in words what is in the picture: what enters, what leaves, how much is computed."""
    inside = t(
        "{count} operations, {params} parameters", count=f"{len(graph.nodes):,}", params=big(graph.params)
    )
    if graph.flops:
        inside = t("{inside}, {flops} a pass", inside=inside, flops=operations(graph.flops))
    parts = [f"{inside}."]
    for kind in ("input", "output"):
        names = [node.name for node in graph.nodes if node.kind == kind]
        shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
        if names:
            parts.append(
                t("Inputs: {names}.", names=shown) if kind == "input" else t("Outputs: {names}.", names=shown)
            )
    if graph.failed is not None:
        parts.append(t("Failed at {name}: {error}.", name=graph.failed.name, error=graph.failed.error))
    return " ".join([*parts, *graph.notes])


def _notes(graph: Graph, room: float, y: float) -> tuple[str, float]:
    lines = [line for note in graph.notes[:_NOTES] for line in wrapped(note, room, 4)]
    written = "".join(
        f'<text class="note" x="{_MARGIN:.0f}" y="{y + _NOTE * i:.0f}">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    return written, _NOTE * len(lines) + (4 if lines else 0)


def _labels(shown: Scene) -> dict[Box, str]:
    """Return what is written where a line leaves a box: the shapes of what goes along it."""
    arrays: dict[Box, dict[Array, None]] = {}
    for line in shown.lines:
        arrays.setdefault(line.src, {}).update(dict.fromkeys(line.arrays))
    labels: dict[Box, str] = {}
    for box, known in arrays.items():
        if isinstance(box.part, Node) and box.part.kind in ("output", "parameter", "constant"):
            continue  # their shapes stand elsewhere: on the line to it, in the box
        shapes = list(dict.fromkeys(shape(array) for array in known))
        more = t(", and {more} more", more=len(shapes) - 2) if len(shapes) > 2 else ""
        labels[box] = fit(", ".join(shapes[:2]) + more, 150, size=SMALL)
    return labels


def _heading_width(frame: Frame) -> float:
    assert frame.group is not None
    head, beside, badge, params = _heading(frame)
    words = width(head, size=LARGE, bold=True) + 6 + width(beside, size=LARGE) + width(params, size=SMALL)
    return words + (badge_width(badge) + 10 if badge else 0) + 44


def _heading(frame: Frame) -> tuple[str, str, str, str]:
    group = frame.group
    assert group is not None
    head, beside = titles(group)
    badge = f"× {group.repeat:,}" if group.repeat > 1 else ""
    return (
        fit(head, 200, size=LARGE, bold=True),
        fit(beside, 200, size=LARGE),
        badge,
        big(group.params) * (group.params > 0),
    )


def _frame(placed: Placed) -> str:
    frame = placed.what
    assert isinstance(frame, Frame)
    assert frame.group is not None
    head, beside, badge, params = _heading(frame)
    x, y, wide, high = placed.x, placed.y, placed.width, placed.height
    css = f"frame d{frame.depth % 2}"
    behind = "".join(_rect(f"{css} behind", x + by, y + by, wide, high) for by in (8, 4)) if badge else ""
    bar = f"M{x:.1f} {y + HEADING:.1f}v{8 - HEADING:.1f}q0-8 8-8h{wide - 16:.1f}q8 0 8 8v{HEADING - 8:.1f}z"
    at = x + 12 + width(head, size=LARGE, bold=True) + 6
    words = _text(x + 12, y + 17.5, head, "head") + _text(at, y + 17.5, beside, "beside")
    at += width(beside, size=LARGE) + (6 if beside else 0)
    if badge:
        words += _badge(at, y + 4.5, badge)
    if params:
        words += _text(x + wide - 12, y + 17.5, params, "small end")
    told = escape(clean(f"{frame.group.path or frame.group.name}: {frame.group.type}", 300))
    return f'<g><title>{told}</title>{behind}{_rect(css, x, y, wide, high)}<path class="bar" d="{bar}"/>{words}</g>'


def _box(placed: Placed, seen: Look, label: str, *, back: bool) -> str:
    x, y, wide, high = placed.x, placed.y, placed.width, placed.height
    high -= STACKED if seen.badge else 0
    css = f"{seen.css}{' failed' if seen.wrong else ''}"
    middle = x + wide / 2
    words = ""
    if label:
        words = _text(middle + 6, y - 4 if back else y + placed.height + 12, label, "small shape")
    if seen.sign:
        shape_ = f'<circle class="{css}" cx="{middle:.1f}" cy="{y + high / 2:.1f}" r="{high / 2:.1f}"/>'
        words += _text(middle, y + high / 2 + 5.5, seen.sign, "sign mid")
    else:
        radius = high / 2 if seen.css == "ends" else 5
        behind = (
            "".join(
                _rect(f"{css} behind", x + by, y + by, wide, high, radius=5) for by in (STACKED, STACKED / 2)
            )
            if seen.badge
            else ""
        )
        shape_ = behind + _rect(css, x, y, wide, high, radius=radius)
        words += "".join(_words(seen, x, y, wide))
    return f"<g><title>{escape(_lines(seen.told))}</title>{shape_}{words}</g>"


def _words(seen: Look, x: float, y: float, wide: float) -> Iterator[str]:
    first = width(seen.head, size=LARGE, bold=True)
    beside = width(seen.beside, size=LARGE) + 6 if seen.beside else 0.0
    badge = badge_width(seen.badge) + 8 if seen.badge else 0.0
    at = x + (wide - first - beside - badge) / 2
    y += 18
    if beside:
        yield (
            f'<text x="{x + (wide - badge) / 2:.1f}" y="{y:.1f}" class="head mid">{escape(seen.head)}'
            f'<tspan class="beside" dx="6">{escape(seen.beside)}</tspan></text>'
        )
    else:
        yield _text(x + (wide - badge) / 2, y, seen.head, "head mid")
    if badge:
        yield _badge(at + first + beside + 8, y - 12.5, seen.badge)
    for number, line in enumerate(seen.below, 1):
        wrong = number > len(seen.below) - seen.wrong
        yield _text(x + wide / 2, y + 15 * number, line, f"small mid{' wrong' if wrong else ''}")


def _badge(x: float, y: float, words: str) -> str:
    wide = badge_width(words)
    return _rect("badge", x, y, wide, 17, radius=8.5) + _text(x + wide / 2, y + 12.3, words, "times mid")


def _wires(made: Drawing, *, back: bool) -> str:
    """Draw all lines in one, and their arrows: there may be many."""
    wires = [wire for wire in made.wires if wire.dst.back == back]
    heads = dict.fromkeys(
        wire.points[0 if wire.upwards else -1] + (wire.upwards,) for wire in wires if wire.arrow
    )
    css = " back" if back else ""
    drawn = f'<path class="wire{css}" d="{"".join(map(_wire, wires))}"/>' if wires else ""
    arrows = "".join(f"M{x - 3.5:.1f} {y + (6 if up else -6):.1f}h7L{x:.1f} {y:.1f}z" for x, y, up in heads)
    return f'{drawn}<path class="arrow{css}" d="{arrows}"/>' if arrows else drawn


def _wire(wire: Wire) -> str:
    (x, y), *rest = wire.points
    path = f"M{x:.1f} {y:.1f}"
    for a, b in rest:
        if abs(a - x) < 0.75:
            path += f"V{b:.1f}"
        else:
            # Straight where the shape is written beside it, and where it arrives.
            far = min(_STRAIGHT, (b - y) / 3)
            y, end = (y + far / 2, b - far) if wire.upwards else (y + far, b - far / 2)
            half = (y + end) / 2
            path += f"V{y:.1f}C{x:.1f} {half:.1f} {a:.1f} {half:.1f} {a:.1f} {end:.1f}V{b:.1f}"
            x = a
        y = b
    return path


def _rect(css: str, x: float, y: float, wide: float, high: float, *, radius: float = 8) -> str:
    return f'<rect class="{css}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="{radius:g}"/>'


def _text(x: float, y: float, words: str, css: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}">{escape(words)}</text>' if words else ""


def _lines(told: str) -> str:
    return "\n".join(clean(line, 300) for line in told.split("\n"))
