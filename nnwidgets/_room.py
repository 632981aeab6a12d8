"""Whether there is room in memory for a copy of a training's state."""

from __future__ import annotations

from typing import Final

from nnwidgets._i18n import t

#: Share of the memory that is free now which copies that nobody asked for may take.
_SHARE: Final = 0.25
#: What is taken to be free where nobody can tell, in bytes: a browser gives Python 2 to 4 GB in all.
_UNKNOWN: Final = 10**9


def lacks_room(nbytes: int) -> str | None:
    """Return why a copy of so many bytes is not made without being asked for; None where there is room."""
    free = _free()
    if nbytes <= _SHARE * free:
        return None
    return t(
        "The state of this training takes {needed} GB, and {free} GB of memory are free: no "
        "snapshot is taken by itself. `run.snapshots.take()` takes one all the same.",
        needed=f"{nbytes / 1e9:.1f}",
        free=f"{free / 1e9:.1f}",
    )


def _free() -> int:
    try:
        import psutil
    except ImportError:
        return _UNKNOWN
    return int(psutil.virtual_memory().available)
