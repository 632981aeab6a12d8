"""How the boxes of a drawn graph look: their words, their sizes, their shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from nnwidgets._graph_layout import Item
from nnwidgets._graph_levels import Box
from nnwidgets._graph_settings import brief
from nnwidgets._graph_words import big, operations, shape
from nnwidgets._i18n import t, tn
from nnwidgets._lettering import fit, width, wrapped
from nnwidgets.graph import Array, Group, Kind, Node

#: Pixels: the widest words in a box, what is around them, and the heights of boxes with so many lines.
_WIDEST: Final = 250.0
_AROUND: Final = 12.0
_LINE: Final = 15.0
#: How far boxes that stand behind another look out.
STACKED: Final = 6.0
#: The sizes of letters.
LARGE: Final = 12.0
SMALL: Final = 10.5

#: Operations that have a sign.
_SIGNS: Final = {
    "add": "+", "iadd": "+", "radd": "+", "Add": "+", "sub": "−", "isub": "−", "subtract": "−", "Subtract": "−",
    "mul": "×", "imul": "×", "rmul": "×", "multiply": "×", "Multiply": "×",
    "div": "÷", "truediv": "÷", "divide": "÷", "true_divide": "÷",
}  # fmt: skip

Css = Literal["layer", "function", "ends", "data", "back", "closed", "more"]
_CSS: Final[dict[Kind, Css]] = {
    "input": "ends", "output": "ends", "module": "layer", "function": "function", "parameter": "data",
    "constant": "data", "backward": "back",
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What stands in a box: words in bold and words beside them, lines below, a badge or a sign; what is told of it."""

    css: Css
    head: str
    beside: str = ""
    below: tuple[str, ...] = ()
    badge: str = ""
    sign: str = ""
    #: How many of the lines below, the last ones, say why it failed.
    wrong: int = 0
    told: str = ""
    width: float = 0.0
    height: float = 0.0

    def item(self, label: str) -> Item:
        """Return the size, with room for what is written on the line that leaves the box."""
        half = self.width / 2
        beside = 6 + width(label, size=SMALL) if label else 0.0
        top = self.css == "ends"
        return Item(half, max(half, beside), self.height, "top" if top else "box")


def look(box: Box, framework: str) -> Look:
    """Return what a box looks like."""
    if box.part is None:
        words = t("{count} operations are not drawn here", count=f"{box.operations:,}")
        return _sized("more", "⋯", "", [words, *_error(box)], told=words, wrong=len(_error(box)))
    if isinstance(box.part, Group):
        return _closed(box, box.part)
    return _node(box, box.part, framework)


def _node(box: Box, node: Node, framework: str) -> Look:
    css = _CSS[node.kind]
    told = "\n".join(filter(None, _told(node)))
    sign = _SIGNS.get(node.op, "") if node.kind in ("function", "module") and not node.error else ""
    if sign:
        return Look(css, "", sign=sign, told=told, width=26.0, height=26.0)
    if node.kind in ("input", "output"):
        return _sized(css, node.name, "", _error(box), told=told, wrong=len(_error(box)))
    params = (
        t("{count} parameters", count=big(node.params)) if node.parameters and node.kind == "module" else ""
    )
    if node.kind in ("parameter", "constant"):
        arrays = [Array(p.shape, "") for p in node.parameters] or list(node.outputs)
        below = [shape(array) for array in arrays[:1]]
        return _sized(css, node.name, "" if node.name == node.op else node.op, below, told=told)
    settings = brief(node.op, node.detail, framework)
    below = [line for line in (_two(settings, params), *_error(box)) if line]
    beside = "" if node.name == node.op else node.name
    return _sized(css, node.op, beside, below, told=told, wrong=len(_error(box)))


def _closed(box: Box, group: Group) -> Look:
    inside = tn(box.operations, "{n} operation", "{n} operations")
    params = t("{count} parameters", count=big(group.params)) if group.params else ""
    head, beside = titles(group)
    badge = f"× {group.repeat:,}" if group.repeat > 1 else ""
    told = "\n".join(
        filter(None, (f"{head} {beside} {badge}".strip(), group.path, inside, params, group.source))
    )
    below = [" · ".join(filter(None, (inside, params))), *_error(box)]
    return _sized("closed", head, beside, below, badge=badge, told=told, wrong=len(_error(box)))


def titles(group: Group) -> tuple[str, str]:
    """Return how a group is headed: its name, and its type; a mere number stands behind."""
    if group.name == group.type or not group.name:
        return group.type, ""
    return (group.type, group.name) if group.name.isdigit() else (group.name, group.type)


def _sized(
    css: Css,
    head: str,
    beside: str,
    below: list[str],
    *,
    badge: str = "",
    told: str = "",
    wrong: int = 0,
) -> Look:
    head = fit(head, _WIDEST, size=LARGE, bold=True)
    taken = width(head, size=LARGE, bold=True)
    beside = fit(beside, max(_WIDEST - taken, 60.0), size=LARGE) if beside else ""
    lines = tuple(fit(line, _WIDEST, size=SMALL) for line in below)
    first = (
        taken + (6 + width(beside, size=LARGE) if beside else 0) + (badge_width(badge) + 8 if badge else 0)
    )
    wide = max([first, 30.0, *(width(line, size=SMALL) for line in lines)])
    height = _LINE * (1 + len(lines)) + (10 if lines else 11) + (STACKED if badge else 0)
    return Look(css, head, beside, lines, badge, "", wrong, told, wide + 2 * _AROUND, height)


def badge_width(badge: str) -> float:
    """Return how wide "× 12" is, with what is around it."""
    return width(badge, size=SMALL, bold=True) + 12


def _two(settings: str, params: str) -> str:
    if not params or width(f"{settings} · {params}", size=SMALL) <= _WIDEST:
        return " · ".join(filter(None, (settings, params)))
    return f"{fit(settings, _WIDEST - width(f' · {params}', size=SMALL), size=SMALL)} · {params}"


def _error(box: Box) -> list[str]:
    return wrapped(box.error, _WIDEST, 3) if box.error is not None else []


def _told(node: Node) -> list[str | None]:
    """Return everything that is known of a node, a line each."""
    shapes = ", ".join(f"{shape(array)} {array.dtype}" for array in node.outputs[:8])
    weights = ", ".join(f"{p.name} {shape(Array(p.shape, ''))}" for p in node.parameters[:8])
    head = node.op if node.detail == "" else f"{node.op}({node.detail})"
    return [
        head, node.path or (node.name if node.name != node.op else None), f"→ {shapes}" if shapes else None,
        weights, operations(node.flops) if node.flops else None, node.source, node.error,
    ]  # fmt: skip
