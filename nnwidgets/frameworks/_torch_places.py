"""Which modules and parameters of a PyTorch model are measured, and where their numbers stand."""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import nn

from nnwidgets._layer_sample import OF_MODULES, OF_PARAMETERS, Layout
from nnwidgets.frameworks._torch_compiled import inner
from nnwidgets.frameworks._torch_numbers import measurable

#: Modules and parameters that are measured at most; the first ones.
MOST: Final = 4_096
#: Modules of torch that compute with the parameters of their parts instead of calling them.
_WHOLE: Final = (nn.MultiheadAttention,)
#: Where the features lie in what a layer gives; others pass on what they get.
_LAST: Final = (nn.Linear, nn.LayerNorm, nn.Embedding, nn.RNNBase, nn.MultiheadAttention, nn.Bilinear)
_SECOND: Final = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
)


class Place(NamedTuple):
    """What is known of a module before it is called.

    Attributes
    ----------
    first
        Where its numbers begin in a sample.
    rectifies
        Whether a unit that gives only zeros is dead.
    axis
        The dimension of the features in what it gives, or None where it passes on what it gets.
    """

    first: int
    rectifies: bool
    axis: int | None


class Places:
    """The modules and parameters of a model at one moment.

    Attributes
    ----------
    layout
        Their names.
    of
        The place of each module, by the module's id.
    parameters
        Each parameter with the place where its numbers begin.
    left_out
        Whether there are more than are measured.
    compiled
        Whether the model or a part of it runs under ``torch.compile``.
    """

    def __init__(self, model: nn.Module) -> None:
        every = _called(inner(model))
        modules = [(path, m) for path, m in every if _is_layer(m)]
        parameters = [(name, p) for name, p in inner(model).named_parameters() if _is_ready(p)]
        self.left_out = len(modules) > MOST or len(parameters) > MOST
        self.compiled = inner(model) is not model or any(_is_compiled(m) for _, m in every)
        # Held, so that nothing else gets their ids.
        self._modules, named = modules[:MOST], parameters[:MOST]
        self.layout = Layout(tuple(path for path, _ in self._modules), tuple(name for name, _ in named))
        self.of = {id(m): _place(m, i) for i, (_, m) in enumerate(self._modules)}
        first = len(OF_MODULES) * len(self._modules)
        self.parameters = [(p, first + i * len(OF_PARAMETERS)) for i, (_, p) in enumerate(named)]

    def same_as(self, other: Places) -> bool:
        """Tell whether these are the very same modules and parameters, under the same names."""
        return (
            self.of.keys() == other.of.keys()
            and [id(p) for p, _ in self.parameters] == [id(p) for p, _ in other.parameters]
            and self.layout == other.layout
        )


def _called(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the modules that Python calls: what is inside a scripted one, it does not."""
    found: list[tuple[str, nn.Module]] = []
    scripted: tuple[str, ...] = ()
    for path, module in model.named_modules():
        if not path.startswith(scripted):
            found.append((path, module))
            if isinstance(module, torch.jit.ScriptModule):
                scripted = (*scripted, f"{path}." if path else "")
    return found


def _is_layer(module: nn.Module) -> bool:
    """Whether a module is measured as a whole: it has no parts, or does not call them."""
    if isinstance(module, (*_WHOLE, torch.jit.ScriptModule)):
        return True
    return all(name == "parametrizations" for name in module._modules) and not isinstance(
        module, (nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)
    )


def _is_compiled(module: nn.Module) -> bool:
    return module._compiled_call_impl is not None or "_orig_mod" in module._modules


def _is_ready(parameter: nn.Parameter) -> bool:
    return not isinstance(parameter, nn.parameter.UninitializedParameter) and measurable(parameter)


def _place(module: nn.Module, index: int) -> Place:
    rectifies = isinstance(module, (nn.ReLU, nn.ReLU6)) or (
        isinstance(module, nn.Threshold) and module.threshold == 0 and module.value == 0
    )
    axis = -1 if isinstance(module, _LAST) else 1 if isinstance(module, _SECOND) else None
    return Place(index * len(OF_MODULES), rectifies, axis)
