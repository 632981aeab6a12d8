"""`trace`: finds the extractor for what is to be traced."""

from __future__ import annotations

import sys
from typing import Any

from nnwidgets._errors import GraphError
from nnwidgets._i18n import t
from nnwidgets.frameworks._leaves import leaves
from nnwidgets.graph import Graph


def trace(model: Any, *inputs: Any, backward: bool = False, **named: Any) -> Graph:
    """Return the graph of what a model or a function computes.

    One forward pass is watched, of a kind that changes nothing: weights, buffers, modes and random states are as
    before. Where a model's structure can be read off it (functional and sequential Keras models), there is no pass
    and no input is needed.

    Parameters
    ----------
    model
        A PyTorch module or a Keras model; a function of tensors, of TensorFlow's or of numpy's arrays, also a
        ``tf.function``; an object written by hand with a ``forward``; or a loss that was computed already, for its
        backward graph alone (PyTorch).
    *inputs
        Example inputs, as the model is called with them.
    backward
        Whether the way back, along which gradients are computed, is shown as well (PyTorch and ``tf.function``).
    **named
        Inputs by keyword.

    Returns
    -------
    Graph
        Where the forward pass raises, the part up to the node that failed; see `Graph.failed`.

    Raises
    ------
    GraphError
        If an input is missing, or what is given cannot be traced; the message says what to do.

    Notes
    -----
    A person's own Python code runs once; what it does besides computing (printing, counting) happens. While a run
    goes on, ``run.graph`` has the graph of its model without a further pass.

    Examples
    --------
    >>> import numpy as np
    >>> import nnwidgets as nnw
    >>> w = np.ones((3, 2))
    >>> graph = nnw.trace(lambda x: np.maximum(x @ w, 0), np.ones((5, 3)))
    >>> [node.op for node in graph.nodes if node.kind == "function"]
    ['matmul', 'maximum']
    """
    kind = _kind_of(model, (*inputs, *named.values()))
    if backward and kind not in ("torch", "tensorflow"):
        raise GraphError(
            t(
                "backward=True shows gradients of PyTorch and of tf.function, not of {what}. Leave it out.",
                what=_named(kind),
            )
        )
    if kind == "keras":
        from nnwidgets.frameworks import _keras_graph

        return _keras_graph.trace(model, inputs, named)
    if kind == "torch":
        from nnwidgets.frameworks import _torch_graph

        return _torch_graph.trace(model, inputs, named, backward=backward)
    if kind == "tensorflow":
        from nnwidgets.frameworks import _tf_graph

        return _tf_graph.trace(model, inputs, named, backward=backward)
    from nnwidgets.frameworks import _numpy_graph

    return _numpy_graph.trace(model, inputs, named)


def _named(kind: str) -> str:
    return t("a Keras model") if kind == "keras" else t("a numpy function")


def _kind_of(model: Any, inputs: tuple[Any, ...]) -> str:
    """Return which extractor knows this.

    Only libraries that are loaded are asked: without them nothing of theirs can have been made.
    """
    torch, keras, tensorflow = (sys.modules.get(name) for name in ("torch", "keras", "tensorflow"))
    # Keras's own layers are torch modules on its PyTorch backend, so Keras is asked first.
    if keras is not None and isinstance(model, keras.layers.Layer):
        return "keras"
    if torch is not None and isinstance(model, (torch.nn.Module, torch.Tensor)):
        return "torch"
    if hasattr(model, "get_concrete_function"):
        return "tensorflow"
    if not callable(model) and not callable(getattr(model, "forward", None)):
        raise GraphError(
            t(
                "nnw.trace() takes a model or a function, not {kind}: nnw.trace(model, x).",
                kind=type(model).__name__,
            )
        )
    given = list(leaves(inputs))
    # What is called with nothing may close over tensors; an object with a mere forward is written by hand.
    alone = not given and callable(model)
    if torch is not None and (any(isinstance(leaf, torch.Tensor) for leaf in given) or alone):
        return "torch"
    if tensorflow is not None and (any(tensorflow.is_tensor(leaf) for leaf in given) or alone):
        return "tensorflow"
    return "numpy"
