"""The structure of a PyTorch model, as ``torch.fx`` sees it."""

from __future__ import annotations

from torch import fx, nn

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        own = m.__module__.startswith("torch.nn") and not isinstance(m, (nn.Sequential, nn.ModuleList))
        return own or bool(m.__class__.__module__.startswith("torchvision.ops"))


def graph_of(model: nn.Module) -> fx.Graph:
    try:
        return _Tracer().trace(model)
    except Exception as error:  # noqa: BLE001 — the person's forward may raise anything when it is traced
        said = (str(error).strip().splitlines() or [t("no reason given")])[0][:200]
        raise RefusedError(
            t(
                "The structure of {kind} cannot be followed ({error_kind}: {said}), as where "
                "the way through the model depends on its data. Give nnw.watch(…, build=…), a function of the size.",
                kind=type(model).__name__,
                error_kind=type(error).__name__,
                said=said,
            )
        ) from None


def refuse_special(model: nn.Module) -> None:
    kind = type(model).__name__
    if kind in ("DistributedDataParallel", "FullyShardedDataParallel", "FSDPModule", "DataParallel"):
        raise RefusedError(
            t(
                "The model is wrapped in {kind}: a change on one process would part it from the others.",
                kind=kind,
            )
        )
    if next(model.children(), None) is None:
        raise RefusedError(t("The model has no hidden layer that could be resized: it is a single layer."))
    owners: dict[int, str] = {}
    for name, module in model.named_modules():
        for key, parameter in module._parameters.items():
            if parameter is None:
                continue
            where = f"{name}.{key}".lstrip(".")
            if isinstance(parameter, nn.parameter.UninitializedParameter):
                raise RefusedError(
                    t("{where} is made with the first batch. Then the model can be resized.", where=where)
                )
            if id(parameter) in owners:
                raise RefusedError(
                    t(
                        "{where} and {other} are one and the same parameter (tied weights).",
                        where=where,
                        other=owners[id(parameter)],
                    )
                )
            owners[id(parameter)] = where
        if hasattr(module, "parametrizations"):
            raise RefusedError(
                t("{name} has a parametrization, which computes its weight from another one.", name=name)
            )
        hooks = (*module._forward_pre_hooks.values(),)
        if any(type(hook).__name__ in ("WeightNorm", "SpectralNorm") for hook in hooks):
            raise RefusedError(
                t("{name} has weight_norm or spectral_norm, which compute its weight from others.", name=name)
            )
