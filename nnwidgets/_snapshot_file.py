"""One snapshot in one file, in the safetensors format: data alone, so that reading one runs nothing.

A file appears under its name in one instant, whole: it is written under another name, brought onto the disk, and
renamed. Whoever is killed meanwhile leaves the file before untouched, and a temporary that the next one sweeps.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, Final

from nnwidgets import _runjson, _temporaries
from nnwidgets._contents import Contents
from nnwidgets._errors import SnapshotError, StoreError
from nnwidgets._i18n import later, now, t

SUFFIX: Final = ".safetensors"
#: Version of what the facts mean.
_FORMAT: Final = "1"
_MISSING: Final = later("the package safetensors is not installed")


def write(path: Path, contents: Contents, about: dict[str, Any]) -> None:
    """Write a snapshot, in place of one that has this name.

    Parameters
    ----------
    path
        Where; the folder is made.
    contents
        What.
    about
        Facts to find it by: step, value, kind.

    Raises
    ------
    OSError
        If the disk refuses, or the format has no word for a type; what was there before is untouched.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import save
    except ImportError:
        raise StoreError(now(_MISSING)) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    _temporaries.sweep(path.parent)
    header = {
        "nnwidgets": _FORMAT,
        "facts": _runjson.dumps(contents.facts),
        "types": _runjson.dumps(contents.types),
        "about": _runjson.dumps(about),
    }
    try:
        data = save(contents.arrays, metadata=header)
    except (SafetensorError, TypeError, ValueError, KeyError) as error:
        raise StoreError(t("it cannot be written ({error})", error=error)) from error
    made = _temporaries.temporary(path)
    try:
        with made.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            made.unlink()
        raise
    _temporaries.sync_folder(path.parent)


def about(path: Path) -> dict[str, Any]:
    """Return the facts by which a snapshot is found, without reading its arrays.

    Raises
    ------
    SnapshotError
        If the file is no snapshot.
    """
    with _opened(path) as file:
        return dict(_facts(path, file.metadata(), "about"))


def read(path: Path) -> Contents:
    """Read a snapshot.

    Raises
    ------
    SnapshotError
        If the file is no snapshot: damaged, a pickle, or of a newer nnwidgets. Nothing in it was run.
    """
    with _opened(path) as file:
        header = file.metadata()
        facts, types = (_facts(path, header, name) for name in ("facts", "types"))
        return Contents({name: file.get_tensor(name) for name in file.keys()}, facts, types)  # noqa: SIM118


@contextlib.contextmanager
def _opened(path: Path) -> Any:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise SnapshotError(
            t("{path} cannot be read: {error}.", path=path.name, error=now(_MISSING))
        ) from None
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except FileNotFoundError:
        raise SnapshotError(t("There is no snapshot {name} any more.", name=path.name)) from None
    except SnapshotError:
        raise
    except (SafetensorError, ValueError, TypeError, LookupError, AttributeError, OSError) as error:
        raise SnapshotError(
            t(
                "{name} is no snapshot, or is damaged ({error}). Nothing in it was run, and nothing was changed.",
                name=path.name,
                error=error,
            )
        ) from None


def _facts(path: Path, header: dict[str, str] | None, name: str) -> dict[str, Any]:
    version = (header or {}).get("nnwidgets")
    if version != _FORMAT:
        raise SnapshotError(
            t("{name} was not written by nnwidgets, so nothing was changed.", name=path.name)
            if version is None
            else t("{name} was written by a newer nnwidgets, so nothing was changed.", name=path.name)
        )
    assert header is not None
    facts = _runjson.loads(header.get(name, "{}"))
    if not isinstance(facts, dict):
        raise ValueError(t("its {name} are not a JSON object", name=name))
    return facts
