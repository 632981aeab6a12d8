"""How a run begins: `watch` finds the adapter for a model, the callbacks hook into Keras and Lightning."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from nnwidgets._errors import ModelError, reject_unknown
from nnwidgets._framework import Framework
from nnwidgets._i18n import t
from nnwidgets._open_runs import open_runs
from nnwidgets._run_views import Where, check_where
from nnwidgets.run import Run

_OPTIONS: Final = (
    "build",
    "name",
    "id",
    "config",
    "store",
    "show",
    "where",
    "snapshots",
    "stop_on_divergence",
    "statistics",
)


def watch(
    model: Any,
    optimizer: Any = None,
    *,
    build: Callable[[float], Any] | None = None,
    name: str | None = None,
    id: str | None = None,
    config: Mapping[str, Any] | None = None,
    store: bool | str | Path = True,
    show: bool = True,
    where: Where = "cell",
    snapshots: bool = True,
    stop_on_divergence: bool = False,
    statistics: bool = True,
    **unknown: object,
) -> Run:
    """Begin to watch the training of a model; the panel appears.

    Watching changes no number: with the same seeds, a watched training gives bit for bit the losses of an
    unwatched one.

    Parameters
    ----------
    model
        A PyTorch module, or a Keras model that is trained in a loop of one's own (for ``model.fit`` pass
        ``callbacks=[nnw.KerasCallback()]``).
    optimizer
        Read for the learning rate, and changed together with the model; optional.
    build
        A function of the size that makes the model anew, for models that cannot be resized layer by layer:
        ``build(2.0)`` returns the same structure, twice as wide. Weights are carried over where they overlap.
    name, id, config, store, show, where, snapshots, stop_on_divergence, statistics
        See `Run`.

    Returns
    -------
    Run
        Wrap the loops in its ``epochs``, ``train`` and ``validate``, and call its ``log``.

    Raises
    ------
    OptionError
        For an option that does not exist.
    ModelError
        If ``model`` is not a model of a known framework.
    """
    reject_unknown("nnw.watch", unknown, _OPTIONS)
    check_where(where, show=show)
    for other in tuple(open_runs.values()):
        # The cell is run again: what it trained before is over, though nobody said so.
        if getattr(other._adapter, "model", None) is model and not other._intake.busy:
            other.finish()
    return Run(
        name=name,
        id=id,
        config=config,
        store=store,
        show=show,
        where=where,
        snapshots=snapshots,
        stop_on_divergence=stop_on_divergence,
        statistics=statistics,
        framework=adapter(model, optimizer, build),
    )


def adapter(model: Any, optimizer: Any, build: Callable[[float], Any] | None = None) -> Framework:
    """Return the adapter for a model.

    Raises
    ------
    ModelError
        If it is not a model of a known framework.
    """
    torch, keras = sys.modules.get("torch"), sys.modules.get("keras")
    # Keras's own models are torch modules on its PyTorch backend, so Keras is asked first.
    if keras is not None and isinstance(model, keras.Model):
        from nnwidgets.frameworks._keras_loop import KerasLoop

        return KerasLoop(model, optimizer, build)
    if torch is not None and isinstance(model, torch.nn.Module):
        from nnwidgets.frameworks.torch import TorchFramework

        if optimizer is not None and not isinstance(optimizer, torch.optim.Optimizer):
            raise ModelError(
                t(
                    "The second argument of nnw.watch(model, optimizer) is a torch optimizer, not {kind}.",
                    kind=type(optimizer).__name__,
                )
            )
        return TorchFramework(model, optimizer, build)
    raise ModelError(
        t(
            "nnw.watch() takes a PyTorch module or a Keras model, not {kind}. "
            "For anything else write: with nnw.Run() as run: … run.log(loss=…).",
            kind=type(model).__name__,
        )
    )
