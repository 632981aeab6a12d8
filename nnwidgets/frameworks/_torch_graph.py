"""The computation graph of a PyTorch model or function, traced by one pass that changes nothing."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from nnwidgets._errors import GraphError
from nnwidgets._i18n import later, now, t
from nnwidgets._wording import listed
from nnwidgets.frameworks._torch_compiled import inner, is_compiled
from nnwidgets.frameworks._torch_graph_backward import add_backward, backward_graph
from nnwidgets.frameworks._torch_graph_parts import Scope
from nnwidgets.frameworks._torch_graph_shadow import Shadow
from nnwidgets.frameworks._torch_graph_values import Names, surroundings
from nnwidgets.graph import Graph

#: Wrappers whose forward does more than to call the model in them.
_WRAPPERS = ("DataParallel", "DistributedDataParallel")
COMPILED = later("The model is compiled; shown is the code that was compiled, traced by a pass of its own.")


def trace(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any], *, backward: bool = False) -> Graph:
    """Return the graph of what a model or a function computes.

    One forward pass is made, in the modes in which the modules are. Nothing changes by it: no parameter, buffer,
    gradient, mode or random state.

    Parameters
    ----------
    model
        A module, a function of tensors, or a tensor that was computed from others, whose way back is shown alone.
    args, kwargs
        What it is given.
    backward
        Whether the way back is shown as well, along which gradients would be computed. Nothing goes it.

    Raises
    ------
    GraphError
        If an input is missing, or the model makes its parameters with its first batch.
    """
    if isinstance(model, torch.Tensor):
        return backward_graph(model)
    traced, names, root, function = _planned(model)
    _judge(traced, function, names, args, kwargs)
    for grad in (True,) if backward else (False, True):
        known = names()
        faults: list[Exception] = []
        shadow = Shadow(known, root(), faults.append, gradients=backward)
        error = shadow.run(traced, function, args, kwargs, grad=grad)
        if faults:
            raise faults[0]
        if grad or error is None or "require" not in str(error) or "grad" not in str(error):
            break  # else it computes gradients by itself, for which it needs them
    builder = shadow.done.write()
    if isinstance(model, nn.Module) and is_compiled(model):
        builder.note(now(COMPILED))
    if backward:
        add_backward(builder, shadow.done.recorder.parts, shadow.outputs, known)
    return builder.finish()


def _planned(model: Any) -> tuple[Any, Callable[[], Names], Callable[[], Scope], Callable[..., Any]]:
    """Return what is called, what makes its names and its scope, and whose arguments it takes."""
    if isinstance(model, nn.Module):
        whole = inner(model)
        traced: Any = whole.module if type(whole).__name__ in _WRAPPERS else whole
        traced = inner(traced)
        return traced, lambda: Names({"": whole}), lambda: Scope(None, type(traced).__name__, module=traced), (
            traced.forward
        )  # fmt: skip
    if not callable(model):
        raise GraphError(
            t("{kind} is no model: give a module or a function of tensors.", kind=type(model).__name__)
        )
    owner = getattr(model, "__self__", None)
    module = owner if isinstance(owner, nn.Module) else None
    kind = type(module).__name__ if module is not None else _word(model)
    return model, lambda: Names(*surroundings(model)), lambda: Scope(None, kind, module=module), model


def _word(function: Any) -> str:
    """Return what people call a function."""
    while isinstance(function, functools.partial):
        function = function.func
    name = str(getattr(function, "__name__", type(function).__name__))
    if name.startswith("__"):  # a method such as __call__
        return type(getattr(function, "__self__", function)).__name__
    return name.strip("<>")


def _judge(
    model: Any,
    function: Callable[..., Any],
    names: Callable[[], Names],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """Raise for a pass that cannot be begun."""
    for one in names().roots.values():
        for module in one.modules():
            held = (*module._parameters.values(), *module._buffers.values())
            if any(
                isinstance(p, (nn.parameter.UninitializedParameter, nn.parameter.UninitializedBuffer))
                for p in held
            ):
                raise GraphError(
                    t(
                        "{kind} makes its parameters with the first batch, and tracing must not make "
                        "them. Call the model once; then it can be traced.",
                        kind=type(module).__name__,
                    )
                )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    called = (
        "forward()"
        if isinstance(model, nn.Module)
        else f"{getattr(function, '__name__', t('the function'))}()"
    )
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        missing = _missing(signature, args, kwargs)
        if not missing:
            raise GraphError(
                t("{called} cannot be called like this: {error}.", called=called, error=error)
            ) from None
        if not args and not kwargs:
            raise GraphError(
                t("Give an example input: nnw.trace(model, {names}).", names=", ".join(missing))
            ) from None
        given = [*list(signature.parameters)[: len(args)], *(f"{name}=…" for name in kwargs)]
        also = listed([repr(name) for name in missing])
        line = ", ".join(["model", *given, *(f"{name}=…" for name in missing)])
        raise GraphError(
            t("{called} also needs {also}: nnw.trace({line}).", called=called, also=also, line=line)
        ) from None


def _missing(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    try:
        bound = signature.bind_partial(*args, **kwargs).arguments
    except TypeError:
        return []
    single = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in signature.parameters.items()
        if parameter.kind not in single and parameter.default is parameter.empty and name not in bound
    ]
