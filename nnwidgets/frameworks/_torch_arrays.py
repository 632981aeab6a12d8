"""Tensors as the arrays that files hold, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch

from nnwidgets._contents import Array
from nnwidgets._errors import SnapshotError
from nnwidgets._i18n import t

#: Types that numpy or the format lacks, as the integers that hold their bits.
_BITS: Final = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
#: The one that is too wide for that: as pairs of numbers.
_PAIRS: Final = "complex128"
_KINDS: Final = ("bfloat16", "complex32")


def put(arrays: dict[str, Array], types: dict[str, str], name: str, tensor: torch.Tensor) -> None:
    """Add a tensor under a name, and its type where numpy or the format has no word for it."""
    host = tensor.detach().cpu()
    if host.layout is not torch.strided:
        host = host.to_dense()
    host = host.resolve_conj().resolve_neg().contiguous()
    if host.dtype is torch.complex128:
        types[name] = _PAIRS
        host = torch.view_as_real(host)
    try:
        arrays[name] = host.numpy()
    except TypeError:  # bfloat16 and the like
        types[name] = str(host.dtype).removeprefix("torch.")
        arrays[name] = host.view(_BITS[host.element_size()]).numpy()


def tensor_of(arrays: Mapping[str, Array], types: Mapping[str, str], name: str) -> torch.Tensor:
    """Return what stands under a name, in memory of its own.

    Raises
    ------
    SnapshotError
        If its type and its array do not belong together.
    """
    tensor = torch.from_numpy(np.array(arrays[name]))
    kind = types.get(name)
    if kind is None:
        return tensor
    if kind == _PAIRS and tensor.dtype is torch.float64 and tensor.ndim and tensor.shape[-1] == 2:
        return torch.complex(tensor[..., 0], tensor[..., 1])
    wanted = _type(kind)
    if wanted is None or tensor.dtype is not _BITS.get(wanted.itemsize):
        raise SnapshotError(
            t(
                "The snapshot is damaged: {name} is no {kind} in it, but {here}. Nothing was changed.",
                name=repr(name),
                kind=repr(kind),
                here=tensor.dtype,
            )
        )
    return tensor.view(wanted)


def _type(kind: Any) -> torch.dtype | None:
    """Return the type that a file names, if it is one of those that are written as bits."""
    if not isinstance(kind, str) or not (kind in _KINDS or kind.startswith(("float8_", "float4_"))):
        return None
    found = getattr(torch, kind, None)
    return found if isinstance(found, torch.dtype) else None
