"""What of a graph is drawn: which groups are opened, which boxes stand in them, and how those are joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from nnwidgets.graph import Array, Graph, Group, Node

#: Boxes up to which levels are opened; boxes in one frame, of a longer row the middle is left out.
_EVER: Final = 800
_ROW: Final = 150


@dataclass(eq=False)
class Box:
    """What is drawn as one: a node, a closed group, or (without a part) the middle of a row that is too long."""

    part: Node | Group | None
    frame: Frame | None
    operations: int = 0
    error: str | None = None
    #: Whether all of it is a part of the way back, along which gradients are computed.
    back: bool = True


@dataclass(eq=False)
class Frame:
    """An opened group with what stands in it; without a group, the whole.

    Of folded blocks one is drawn: then ``group`` is what they are folded into.
    """

    group: Group | None
    frame: Frame | None
    depth: int
    items: list[Box | Frame] = field(default_factory=list)
    back: bool = False


@dataclass(frozen=True)
class Line:
    """Everything that goes from one box to another."""

    src: Box
    dst: Box
    arrays: tuple[Array, ...]


@dataclass(frozen=True)
class Scene:
    """What is drawn; frames stand before those inside them."""

    frames: list[Frame]
    lines: list[Line]


def scene(graph: Graph, open: int | None, boxes: int) -> Scene:
    """Return what is drawn with so many levels of groups opened, unasked with as many as leave so many boxes."""
    tree = _Tree(graph)
    opened = tree.opened(open, boxes)
    frames, box_of, copies = _frames(tree, opened)
    return Scene(frames, _lines(graph, box_of, copies))


class _Tree:
    """The members of each group, in the order in which they are computed."""

    def __init__(self, graph: Graph) -> None:
        self.groups = {group.key: group for group in graph.groups}
        self.members: dict[str | None, list[Node | Group]] = {}
        seen: set[str] = set()
        for node in graph.nodes:
            part: Node | Group = node
            above = node.group
            self.members.setdefault(above, []).append(part)
            while above is not None and above not in seen:
                seen.add(above)
                part = self.groups[above]
                above = part.parent
                self.members.setdefault(above, []).append(part)

    def shown(self, key: str | None) -> list[Node | Group]:
        """Return what stands in a group when it is opened; of folded blocks, what stands in the first."""
        members = self.members.get(key, [])
        group = self.groups.get(key or "")
        if group is not None and group.repeat > 1 and members:
            return self.members.get(members[0].key, []) if isinstance(members[0], Group) else members
        return members

    def closed_for_good(self, group: Group) -> bool:
        """Tell whether opening a group would show nothing more: equal layers in a row."""
        shown = self.shown(group.key)
        return not shown or (group.repeat > 1 and shown is self.members[group.key])

    def opened(self, levels: int | None, boxes: int) -> set[str]:
        """Return the keys of the groups that are opened: level by level, as many as asked for and as there is room."""
        most = boxes if levels is None else _EVER
        opened: set[str] = set()
        level = self._groups(self.shown(None))
        count = min(len(self.shown(None)), _ROW)
        left = len(self.groups) if levels is None else max(levels, 0)
        while level and left:
            count += sum(min(len(self.shown(group.key)), _ROW) - 1 for group in level)
            if count > (most if opened else _EVER):
                break
            opened |= {group.key for group in level}
            level = self._groups(part for group in level for part in self.shown(group.key))
            left -= 1
        return opened

    def _groups(self, parts: Iterable[Node | Group]) -> list[Group]:
        return [part for part in parts if isinstance(part, Group) and not self.closed_for_good(part)]

    def below(self, part: Node | Group) -> Iterator[Node]:
        """Yield the nodes in a part."""
        waiting = [part]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Node):
                yield part
            else:
                waiting += self.members.get(part.key, [])


#: Of a node in folded blocks of which one is drawn: the stacks that it lies in, and in which block of each.
Copies = dict[str, dict[str, int]]


def _frames(tree: _Tree, opened: set[str]) -> tuple[list[Frame], dict[str, Box], Copies]:
    """Return the frames, in which box each node is, and which of the blocks that are drawn as one it belongs to."""
    frames = [Frame(None, None, 0)]
    box_of: dict[str, Box] = {}
    copies: Copies = {}
    for frame in frames:  # grows as frames are found in it
        key = frame.group.key if frame.group is not None else None
        parts = tree.shown(key)
        for place, part in enumerate(parts):
            if len(parts) > _ROW and _ROW // 2 <= place < len(parts) - _ROW // 2:
                _leave_out(tree, part, frame, box_of)
            elif isinstance(part, Group) and part.key in opened:
                inner = Frame(part, frame, frame.depth + 1)
                frame.items.append(inner)
                frames.append(inner)
            else:
                box = Box(part, frame)
                frame.items.append(box)
                _put(tree, part, box, box_of)
    for frame in reversed(frames):
        frame.back = bool(frame.items) and all(item.back for item in frame.items)
        if frame.group is not None and frame.group.repeat > 1:
            _copy(tree, frame.group, box_of, copies)
    return frames, box_of, copies


def _leave_out(tree: _Tree, part: Node | Group, frame: Frame, box_of: dict[str, Box]) -> None:
    last = frame.items[-1] if frame.items else None
    if not isinstance(last, Box) or last.part is not None:
        last = Box(None, frame)
        frame.items.append(last)
    _put(tree, part, last, box_of)


def _put(tree: _Tree, part: Node | Group, box: Box, box_of: dict[str, Box]) -> None:
    for node in tree.below(part):
        box_of[node.key] = box
        box.operations += 1
        box.error = box.error or node.error
        box.back = box.back and node.kind == "backward"


def _copy(tree: _Tree, stack: Group, box_of: dict[str, Box], copies: Copies) -> None:
    """Put the nodes of every block into the boxes of the first; equal blocks have their nodes in the same order."""
    blocks = [list(tree.below(block)) for block in tree.members[stack.key]]
    boxes = [box_of.get(node.key) for node in blocks[0]]
    for number, block in enumerate(blocks):
        for place, node in enumerate(block):  # a graph from elsewhere may have blocks that are longer
            box = boxes[min(place, len(boxes) - 1)]
            if box is not None:
                box_of[node.key] = box
            copies.setdefault(node.key, {})[stack.key] = number


def _lines(graph: Graph, box_of: dict[str, Box], copies: Copies) -> list[Line]:
    found: dict[tuple[int, int], tuple[Box, Box, dict[Array, None]]] = {}
    for edge in graph.edges:
        src, dst = box_of.get(edge.src), box_of.get(edge.dst)
        if src is None or dst is None or src is dst or _of_other_blocks(copies, edge.src, edge.dst):
            continue
        *_, arrays = found.setdefault((id(src), id(dst)), (src, dst, {}))
        if edge.array is not None:
            arrays[edge.array] = None
    return [Line(src, dst, tuple(arrays)) for src, dst, arrays in found.values()]


def _of_other_blocks(copies: Copies, src: str, dst: str) -> bool:
    """Tell whether an edge lies in folded blocks that are not drawn, or goes from one block to another."""
    ours, theirs = copies.get(src, {}), copies.get(dst, {})
    return any(number or theirs[stack] for stack, number in ours.items() if stack in theirs)
