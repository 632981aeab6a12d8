"""What a module keeps besides parameters and buffers: its settings, and plain tensors such as a hidden state."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final

import torch

from nnwidgets.frameworks._torch_copies import Copy, given, nbytes_of, taken, without_graph

_PLAIN: Final = (bool, int, float, str, tuple, type(None))
#: What we set ourselves on a person's modules begins with this.
_OURS: Final = "_nnw"


class Attributes:
    """A copy of what one module keeps in its own attributes.

    Not whether it is in training mode: that belongs to the moment, and whoever goes back may stand in another one.

    Parameters
    ----------
    module
        The module.
    on_host
        Whether copies of what lies on an accelerator are kept in the computer's own memory.
    """

    def __init__(self, module: torch.nn.Module, *, on_host: bool) -> None:
        self._module = module
        self._names = frozenset(module.__dict__)
        self._settings = dict(_settings(module))
        self._tensors = {
            name: (_reference(value), taken(value, on_host=on_host), _needs_gradient(value))
            for name, value in module.__dict__.items()
            if not name.startswith(_OURS) and _is_detached(value)
        }

    @property
    def nbytes(self) -> int:
        """Bytes that the copies take."""
        return sum(nbytes_of(kept) for _, kept, _ in self._tensors.values())

    def restore(self, *, whole: bool) -> None:
        """Put them back. What was not there and is now, a person may have set, so it goes only for the ``whole``."""
        own = self._module.__dict__
        for name in own.keys() - self._names:
            if whole:
                del own[name]
        own.update(self._settings)
        for name, (original, kept, needs_gradient) in self._tensors.items():
            current = own.get(name)
            # The object of then may be known elsewhere, so it gets its numbers back where it is still in its place.
            if isinstance(kept, Copy) and current is not None and original() is current and kept.put(current):
                continue
            own[name] = value = given(kept)
            if needs_gradient:
                value.requires_grad_()


@contextlib.contextmanager
def untouched(model: torch.nn.Module) -> Iterator[None]:
    """Compute with a model without a trace in the attributes of its modules, such as a hidden state."""
    with without_graph():
        kept = [
            (module, dict(module.__dict__), Attributes(module, on_host=False)) for module in model.modules()
        ]
    try:
        yield
    finally:
        with without_graph():
            for module, before, attributes in kept:
                # The mode belongs to whoever set it; and others may look at the module meanwhile, so it is never empty.
                module.__dict__.update({**before, "training": module.training})
                attributes.restore(whole=True)


def _settings(module: torch.nn.Module) -> Iterator[tuple[str, Any]]:
    """Yield a module's plain settings: ``out_features``, ``p`` and the like."""
    for name, value in module.__dict__.items():
        public = name != "training" and not name.startswith("_")
        if public and isinstance(value, _PLAIN) and not _has_tensor(value):
            yield name, value


def _is_detached(value: Any) -> bool:
    """Whether this is a tensor, or a tuple with tensors, none of which holds on to a graph."""
    if type(value) is torch.Tensor:
        return value.grad_fn is None
    if type(value) is tuple:
        return _has_tensor(value) and all(_is_detached(part) for part in value if _has_tensor(part))
    return False


def _has_tensor(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(_has_tensor(part) for part in value)
    return isinstance(value, torch.Tensor)


def _reference(value: Any) -> Callable[[], Any]:
    return weakref.ref(value) if isinstance(value, torch.Tensor) else lambda: None


def _needs_gradient(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad
