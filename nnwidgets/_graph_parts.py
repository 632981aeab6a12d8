"""What a graph is made of: nodes, the groups that they lie in, the edges between them. Plain data; `Graph` holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What a node is: an array that enters or leaves, a layer (a module without parts), a function or operator, a parameter
#: or an array from elsewhere that is used as it stands, or a step of the way back along which gradients are computed.
Kind = Literal["input", "output", "module", "function", "parameter", "constant", "backward"]


@dataclass(frozen=True)
class Array:
    """One array on its way: its shape, with None for a dimension that is not fixed, and the name of its dtype."""

    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of a layer: its own name (``weight``), shape, and whether it is trained."""

    name: str
    shape: tuple[int | None, ...]
    trainable: bool = True

    @property
    def count(self) -> int:
        """Numbers in it; a dimension that is not fixed yet counts as none."""
        count = 1
        for length in self.shape:
            count *= length or 0
        return count


@dataclass(frozen=True)
class Group:
    """One call of a module that has parts, or a scope.

    Attributes
    ----------
    key
        Names it in this graph.
    parent
        The key of the group that it lies in, or None.
    path
        The module's place in the model (``encoder.layers.0``); "" for the model itself and for a scope.
    name
        What people call it: the last part of the path.
    type
        The class of the module, or of those that are folded.
    call
        Which call of this module it is, counted from 1.
    repeat
        How many equal blocks are folded into it; they are its members. 1 for every other group.
    params
        Numbers in the parameters of everything inside, each parameter once.
    flops
        Floating-point operations of one pass through everything inside; see `Node.flops`.
    source
        Where the module was made or the call written, ``file.py:12``, or None.
    """

    key: str
    parent: str | None
    path: str
    name: str
    type: str
    call: int = 1
    repeat: int = 1
    params: int = 0
    flops: int = 0
    source: str | None = None


@dataclass(frozen=True)
class Node:
    """One call of a layer or a function.

    Attributes
    ----------
    key
        Names it in this graph.
    group
        The key of the group that it lies in, or None.
    kind
        See `Kind`.
    op
        What is computed, in the framework's word: ``Conv2d``, ``add``, ``matmul``.
    name
        What people call it: the layer's own name (``conv1``), else ``op``.
    path
        The layer's place in the model (``encoder.layers.0.linear1``), or None for a function.
    call
        Which call of this layer it is, counted from 1.
    detail
        Its settings in words (``64, 128, kernel_size=(3, 3)``), or "".
    outputs
        The arrays that come out.
    parameters
        Its parameters.
    flops
        Floating-point operations of one pass, a multiplication and an addition counted as two, or None where nobody
        knows. Products of matrices and convolutions are counted; what goes element by element is not.
    source
        Where the layer was made or the call written, ``file.py:12``, or None.
    error
        Why it failed, in a line, for the node at which a forward pass raised.
    of
        For a step of the way back: the key of the node whose gradient it computes, or None.
    """

    key: str
    group: str | None
    kind: Kind
    op: str
    name: str
    path: str | None = None
    call: int = 1
    detail: str = ""
    outputs: tuple[Array, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    flops: int | None = None
    source: str | None = None
    error: str | None = None
    of: str | None = None

    @property
    def params(self) -> int:
        """Numbers in its parameters."""
        return sum(parameter.count for parameter in self.parameters)


@dataclass(frozen=True)
class Edge:
    """An array that goes from one node to another.

    Attributes
    ----------
    src, src_out
        The key of the node that it comes from, and which of its outputs it is, counted from 0.
    dst, dst_in
        The key of the node that it goes to, and which of its inputs it is, counted from 0.
    array
        Its shape and dtype, or None where that is not known.
    """

    src: str
    src_out: int
    dst: str
    dst_in: int
    array: Array | None = None
