"""Ids and names of runs."""

from __future__ import annotations

import secrets
import string
from datetime import datetime, timezone

from nnwidgets._errors import OptionError
from nnwidgets._i18n import t

MAX_NAME = 200

_ALPHABET = string.ascii_lowercase + string.digits
_given: dict[str, int] = {}


def new_id() -> str:
    """Return an id that sorts by time and will not be met again."""
    now = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
    return f"{now}-{''.join(secrets.choice(_ALPHABET) for _ in range(6))}"


def unique_name(name: str | None, default: str) -> str:
    """Return ``name`` cut to 200 characters, or ``default`` with a number where this process used it before."""
    if name is None:
        _given[default] = count = _given.get(default, 0) + 1
        return default if count == 1 else f"{default} {count}"
    if not isinstance(name, str):
        raise OptionError(
            t("A run is named by text, not by {kind}: {name}.", kind=type(name).__name__, name=repr(name))
        )
    # A NUL or a line break in a name would end or split the lines it is shown in.
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return name[:MAX_NAME] or default
