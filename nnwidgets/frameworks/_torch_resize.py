"""Makes a PyTorch model wider, narrower or deeper while it trains: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
from torch import nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from nnwidgets import _control_values
from nnwidgets._changes import Call, Change
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks import _sizes, _torch_moments
from nnwidgets.frameworks._torch_compiled import inner
from nnwidgets.frameworks._torch_deepen import deepen
from nnwidgets.frameworks._torch_groups import Group, own_parameters, set_widths
from nnwidgets.frameworks._torch_narrow import narrow, record_inputs
from nnwidgets.frameworks._torch_state import all_or_nothing
from nnwidgets.frameworks._torch_tape import untouched
from nnwidgets.frameworks._torch_transplant import transplant
from nnwidgets.frameworks._torch_widen import widen
from nnwidgets.frameworks._torch_widths import Widths

#: How far the outputs may move, relative to the largest, when a model grows.
_TOLERANCE: Final = {torch.float64: 1e-10, torch.float32: 1e-4}
_MOST_PARAMETERS: Final = 2_000_000_000


class TorchResizer:
    """Resizes one model. Used on the training thread, between two steps.

    Parameters
    ----------
    model
        Its sizes now are factor 1.
    optimizer
        What it remembers is carried along.
    build
        Makes the model anew from a factor; then that is how it is resized.

    Attributes
    ----------
    factor
        The factor now, or None where layers were set one by one.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer | None = None,
        build: Callable[[float], Any] | None = None,
    ) -> None:
        self._model, self._optimizer, self._build = inner(model), optimizer, build
        self.factor: float | None = 1.0
        #: The width that each layer had at factor 1. Replaced as a whole when it changes, never written to.
        self._first: dict[str, int] = {}
        self._generator = torch.Generator().manual_seed(20)

    def layers(self) -> dict[str, int]:
        """Return the widths of the layers that can be resized, by path."""
        if self._build is not None:
            return {}
        try:
            widths = self._widths()
        except RefusedError:
            return {}
        return {name: g.width for g in widths.resizable() for name in g.names if g.width is not None}

    def refusal(self) -> str | None:
        """Return why the model as a whole cannot be resized, or None if it can."""
        if self._build is not None:
            return None
        try:
            widths = self._widths()
            _torch_moments.check(self._optimizer)
        except RefusedError as error:
            return str(error)
        return _sizes.refusal(widths.groups())

    def resize(self, to: float | Mapping[str, int], call: Call | None) -> Change:
        """Resize to a factor of the first size, or some layers to widths.

        Parameters
        ----------
        to
            See `Run.controls`.
        call
            One call of the model in training; needed to shrink, and used to check that growing changed nothing.

        Raises
        ------
        RefusedError
            With the reason by name; nothing was changed.
        """
        to = _control_values.size(to)
        if self._build is not None:
            return self._rebuild(to, call)
        widths = self._widths()
        _torch_moments.check(self._optimizer)
        self._note_first(widths)
        pairs = _sizes.wanted(widths.groups(), to, self._first)
        wanted = [(group, new) for group, new in pairs if new != group.width]
        if not wanted:
            return _sizes.no_change(self.factor, to)
        shrinking = any(new < (group.width or 0) for group, new in wanted)
        if shrinking and call is None:
            raise RefusedError(
                t("Shrinking needs one batch to see which units matter. Make one step, then try again.")
            )
        self._refuse_giants(wanted)
        before = self._count()
        named = {n: [group.width or 0, new] for group, new in wanted for n in group.names}
        difference, unfitted = all_or_nothing(
            self._model, self._optimizer, lambda: self._change(wanted, call, check=not shrinking)
        )
        old, self.factor = self.factor, None if isinstance(to, Mapping) else float(to)
        return Change(
            old=old if not isinstance(to, Mapping) else {n: a for n, (a, _) in named.items()},
            new=to if not isinstance(to, Mapping) else {n: b for n, (_, b) in named.items()},
            text=_sizes.in_words(old, to, named),
            kept=_kept(difference, unfitted, shrinking=shrinking, dropout=_has_dropout(self._model)),
            facts={"parameters": [before, self._count()], "layers": named, "difference": difference},
        )

    def deepen(self, after: str | None, call: Call | None) -> Change:
        """Insert a layer that is an identity at first.

        Raises
        ------
        RefusedError
            Where that would change what the model computes.
        """
        if self._build is not None:
            raise RefusedError(
                t("This model is resized by build=, a function of the size; let that make it deeper.")
            )
        widths = self._widths()
        self._note_first(widths)
        before = self._count()

        def change() -> tuple[str, int, float | None]:
            old = self._outputs(call)
            name, width = deepen(self._model, widths, after, self._optimizer)
            return name, width, self._compare(old, call)

        name, width, difference = all_or_nothing(self._model, self._optimizer, change)
        self._first = {**self._first, name: max(1, round(width / (self.factor or 1.0)))}
        return Change(
            old=None,
            new=name,
            text=t("one more layer, {name} with {width} units", name=name, width=width),
            kept=t("It is an identity at first: {difference}.", difference=_sizes.moved(difference)),
            facts={
                "parameters": [before, self._count()],
                "layers": {name: [0, width]},
                "difference": difference,
            },
        )

    def _widths(self) -> Widths:
        return Widths(self._model)

    def _note_first(self, widths: Widths) -> None:
        known = {n: g.width for g in widths.resizable() for n in g.names if g.width is not None}
        self._first = {**known, **self._first}

    def _refuse_giants(self, wanted: list[tuple[Group, int]]) -> None:
        growth = {id(group): new / (group.width or 1) for group, new in wanted}
        factors: dict[nn.Module, float] = {}
        for group, _ in wanted:
            modules = [p.module for p in group.producers] + [c.module for c in group.consumers]
            for module in modules:
                factors[module] = factors.get(module, 1.0) * growth[id(group)]
        total = sum(
            sum(t.numel() for _, t in own_parameters(m)) * factors.get(m, 1.0) for m in self._model.modules()
        )
        if total > _MOST_PARAMETERS:
            raise RefusedError(
                t(
                    "The model would have {total} parameters; the limit is {most}.",
                    total=f"{total:.2g}",
                    most=f"{_MOST_PARAMETERS:,}",
                )
            )

    def _change(
        self, wanted: list[tuple[Group, int]], call: Call | None, *, check: bool
    ) -> tuple[float | None, list[str]]:
        old = self._outputs(call) if check else None
        unfitted: list[str] = []
        for group, new in wanted:
            with torch.no_grad():
                if new > (group.width or 0):
                    widen(group, new, self._optimizer, self._generator)
                else:
                    # Anew for each group: what the layers behind it read has changed with the one before.
                    read = record_inputs([group], lambda: self._outputs(call))
                    unfitted += narrow(group, new, self._optimizer, read)
            group.width = new
            set_widths(group)
        if check:
            return self._compare(old, call), []
        self._outputs(call)  # it must still run
        return None, unfitted

    def _outputs(self, call: Call | None) -> list[torch.Tensor] | None:
        if call is None:
            return None
        device = next((p.device for p in self._model.parameters()), None)
        flat, spec = tree_flatten((call.args, call.kwargs))
        here = [x.to(device) if isinstance(x, torch.Tensor) else x for x in flat]
        args, kwargs = tree_unflatten(here, spec)
        with untouched(self._model):
            values, _ = tree_flatten(self._model(*args, **kwargs))
        return [value for value in values if isinstance(value, torch.Tensor) and value.is_floating_point()]

    def _compare(self, old: list[torch.Tensor] | None, call: Call | None) -> float | None:
        new = self._outputs(call)
        if old is None or new is None:
            return None
        worst = max(
            (
                float((a - b).abs().max() / b.abs().max().clamp_min(1e-30))
                for a, b in zip(new, old, strict=True)
            ),
            default=0.0,
        )
        limit = max((_TOLERANCE.get(value.dtype, 1e-2) for value in old), default=1e-4)
        if not worst <= limit:
            raise RefusedError(
                t(
                    "The outputs would move by {worst} of the largest, so something in this model is not as it looks. "
                    "Nothing was changed.",
                    worst=f"{worst:.2g}",
                )
            )
        return worst

    def _rebuild(self, to: float | Mapping[str, int], call: Call | None) -> Change:
        factor = _sizes.factor_only(to)
        _torch_moments.check(self._optimizer)
        before = self._count()

        def change() -> float:
            assert self._build is not None
            state = torch.get_rng_state()
            try:
                new = self._build(factor)
            finally:
                torch.set_rng_state(state)
            share = transplant(self._model, new, self._optimizer)
            self._outputs(call)
            return share

        try:
            share = all_or_nothing(self._model, self._optimizer, change)
        except RefusedError:
            raise
        except Exception as error:
            raise _sizes.not_built(factor, error) from error
        old, self.factor = self.factor, factor
        return Change(
            old=old,
            new=to,
            text=_sizes.in_words(old, to, {}),
            kept=_sizes.built_anew(share),
            facts={"parameters": [before, self._count()], "layers": {}, "difference": None},
        )

    def _count(self) -> int:
        return sum(p.numel() for p in self._model.parameters())


def _has_dropout(model: nn.Module) -> bool:
    return any(isinstance(m, nn.modules.dropout._DropoutNd) and m.p > 0 for m in model.modules())


def _kept(difference: float | None, unfitted: list[str], *, shrinking: bool, dropout: bool) -> str:
    if shrinking:
        return _sizes.shrunk(unfitted)
    moved = _sizes.moved(difference)
    if dropout:
        return t(
            "The function was kept in evaluation mode; dropout draws other units: {moved}. The optimizer's memory was "
            "carried over.",
            moved=moved,
        )
    return t("The function was kept: {moved}. The optimizer's memory was carried over.", moved=moved)
