"""Dropout of a PyTorch model, changed while it trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch
from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from nnwidgets._changes import Change
from nnwidgets._control_offers import has_dropout, no_activation, no_dropout, no_layer
from nnwidgets._i18n import t
from nnwidgets.control_facts import DropoutFacts
from nnwidgets.frameworks._torch_compiled import inner, is_compiled

#: Activations after which dropout is usual. Softmax and the like end a network.
_ACTIVATIONS: Final = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Tanh,
    nn.Sigmoid, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.Softplus, nn.Softsign,
)  # fmt: skip


class TorchDropout:
    """Reads, sets and inserts dropout.

    In eager mode ``dropout.p`` is read in every call. Under ``torch.compile`` each new ``p`` would compile the model
    again, and after eight the compiler gives up; there a layer's rate becomes a tensor at its first change, which
    compiles once more and then never again.

    Parameters
    ----------
    model
        The module.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._inserted: dict[str, Inserted] = {}

    def facts(self) -> DropoutFacts:
        """Return where the rates stand."""
        rates = {name: layer.p for name, layer in self._layers().items()}
        same = set(rates.values())
        return {
            "value": same.pop() if len(same) == 1 else None,
            "layers": [{"name": name, "rate": rate} for name, rate in rates.items()],
            "offer": [] if rates else self.offer(),
        }

    def rates(self) -> dict[str, float]:
        """Return the rate of each dropout layer."""
        return {entry["name"]: entry["rate"] for entry in self.facts()["layers"]}

    def offer(self) -> list[str]:
        """Return the activations after which dropout could be inserted."""
        named = [(name, module) for name, module in inner(self._model).named_modules()]
        return [name for name, module in named if isinstance(module, _ACTIVATIONS) and name]

    def set(self, to: float | Mapping[str, float]) -> Change:
        """Set the rate of every layer, or of some by name; in force from the next batch.

        Raises
        ------
        RefusedError
            Where there is no such layer, or none at all.
        """
        layers = self._layers()
        if not layers:
            raise no_dropout(self.offer())
        wanted = dict(to) if isinstance(to, Mapping) else dict.fromkeys(layers, to)
        for name in wanted:
            if name not in layers:
                raise no_layer(name, layers)
        old = {name: layers[name].p for name in wanted}
        compiled = is_compiled(self._model)
        for name, rate in wanted.items():
            layer = layers[name]
            if isinstance(layer, Inserted):
                layer.p = rate
            elif compiled and type(layer) is nn.Dropout:
                _live(layer).fill_(rate)
                layer.p = rate
            else:
                layer.p = rate
        return Change(
            old=_one(old),
            new=_one(wanted),
            text=_text(old, wanted, whole=len(wanted) == len(layers)),
            # A compiled layer draws its own random numbers from here on.
            script=None if compiled else self._script(wanted),
        )

    def insert(self, rate: float, after: Sequence[str] | None) -> Change:
        """Insert dropout after activations; the modules and their names stay as they are.

        Raises
        ------
        RefusedError
            Where there is dropout already, or no such activation.
        """
        if self._layers():
            raise has_dropout(self._layers())
        offer = self.offer()
        for name in after or ():
            if name not in offer:
                raise no_activation(name, offer)
        places = list(after or offer)
        if not places:
            raise no_dropout([])
        modules = dict(inner(self._model).named_modules())
        for name in places:
            self._inserted[f"after {name}"] = Inserted(modules[name], rate)
        lines = (
            f"run.dropped = {rate!r}",
            f"for name in {places!r}:",
            "    dict(model.named_modules())[name].register_forward_hook(",
            "        lambda module, args, output: torch.nn.functional.dropout(output, run.dropped, module.training)",
            "    )",
        )
        return Change(
            0.0,
            rate,
            t("dropout {rate} inserted after {places}", rate=f"{rate:g}", places=_few(places)),
            script=lines,
        )

    def snapshot(self) -> Callable[[], None]:
        """Copy rates and insertions; return what puts them back."""
        rates = {name: layer.p for name, layer in self._layers().items()}
        inserted = dict(self._inserted)

        def restore() -> None:
            for name, layer in self._inserted.items():
                if name not in inserted:
                    layer.remove()
            for name, layer in inserted.items():
                if name not in self._inserted:
                    layer.add()
            self._inserted = dict(inserted)
            layers = self._layers()
            for name, rate in rates.items():
                layer = layers[name]
                layer.p = rate
                live = layer.__dict__.get("_nnw_rate")
                if live is not None:
                    live.fill_(rate)

        return restore

    def _layers(self) -> dict[str, Any]:
        found = {name: m for name, m in inner(self._model).named_modules() if isinstance(m, _DropoutNd)}
        return {**found, **self._inserted}

    def _script(self, wanted: Mapping[str, float]) -> tuple[str, ...]:
        lines = [
            f"dict(model.named_modules())[{name!r}].p = {rate!r}"
            for name, rate in wanted.items()
            if name not in self._inserted
        ]
        rates = {rate for name, rate in wanted.items() if name in self._inserted}
        return (*lines, *(f"run.dropped = {rate!r}" for rate in rates))


class Inserted:
    """Dropout on the output of one module."""

    def __init__(self, module: nn.Module, rate: float) -> None:
        self._module = module
        self.p = rate
        self._handle: Any = None
        self.add()

    def add(self) -> None:
        """Begin."""
        self._handle = self._module.register_forward_hook(self._drop)

    def remove(self) -> None:
        """End."""
        self._handle.remove()

    def _drop(self, module: nn.Module, args: Any, output: torch.Tensor) -> torch.Tensor:
        return nn.functional.dropout(output, self.p, module.training)


def _live(layer: nn.Dropout) -> torch.Tensor:
    """Return the tensor that holds a layer's rate from now on."""
    rate: torch.Tensor | None = layer.__dict__.get("_nnw_rate")
    if rate is None:
        made = torch.tensor(float(layer.p))
        # Set past nn.Module's own bookkeeping: neither a buffer nor in the state dict.
        layer.__dict__["_nnw_rate"] = made
        layer.__dict__["forward"] = lambda x: _drop_by(x, made.to(x.device)) if layer.training else x
        rate = made
    return rate


def _drop_by(x: torch.Tensor, rate: torch.Tensor) -> torch.Tensor:
    keep = torch.rand_like(x) >= rate
    return torch.where(keep, x / (1 - rate), torch.zeros_like(x)).to(x.dtype)


def _one(rates: Mapping[str, float]) -> Any:
    return next(iter(rates.values())) if len(set(rates.values())) == 1 else dict(rates)


def _text(old: Mapping[str, float], new: Mapping[str, float], *, whole: bool) -> str:
    if len(set(old.values())) == 1 and len(set(new.values())) == 1:
        was, now = f"{_one(old):g}", f"{_one(new):g}"
        if whole:
            return t("dropout {old} → {new}", old=was, new=now)
        return t("dropout of {names} {old} → {new}", names=_few(list(new)), old=was, new=now)
    return "dropout " + ", ".join(f"{name} {old[name]:g} → {rate:g}" for name, rate in list(new.items())[:3])


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return t("{names} and {count} more", names=shown, count=len(names) - 3) if len(names) > 3 else shown
