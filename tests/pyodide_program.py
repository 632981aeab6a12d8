"""Run inside Pyodide by tests/test_pyodide.py: what is true there, and which of our modules can be imported.

numpy and pandas are compiled, and what they are compiled to for Pyodide is on no package registry but Pyodide's own
server. So here they are names without contents: a module that computes when it is imported would fail, one that only
names types and functions does not.
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import operator
import os
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any

ROOT, PACKAGES, NAMED = json.loads(os.environ["NNW_PYODIDE"])
#: Compiled, and without a wheel for Pyodide, or a part of a server: what is in the folder of packages is for this
#: machine. safetensors has one, but nothing needs it before a snapshot is written.
ABSENT = ("ipykernel", "jupyter_client", "psutil", "pynvml", "safetensors", "tornado", "zmq")


class Nothing(type):
    """Stands for any type, function or number."""

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return super().__new__(cls, "Nothing", (), {})

    def __init__(cls, *_: Any, **__: Any) -> None:
        pass

    def __call__(cls, *_: Any, **__: Any) -> Any:
        return Nothing()

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") and name not in dir(operator):
            raise AttributeError(name)
        return Nothing()

    def __getitem__(cls, _: Any) -> Any:
        return cls

    def __len__(cls) -> int:
        return 0

    def __float__(cls) -> float:
        return 0.0

    def __iter__(cls) -> Any:
        return iter(())

    def itself(cls, *_: Any) -> Any:
        return cls

    __eq__ = __ge__ = __gt__ = __le__ = __lt__ = itself
    __hash__ = type.__hash__
    __add__ = __and__ = __invert__ = __mul__ = __neg__ = __or__ = __ror__ = __rmul__ = __sub__ = (
        __truediv__
    ) = itself


class Named(types.ModuleType):
    """A module with every name in it."""

    __path__: list[str] = []  # noqa: RUF012 — as every package has it
    __version__ = "2.4.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the named modules, and none of the absent ones."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        top = name.partition(".")[0]
        if top in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if top in NAMED else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Named:
        return Named(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def refusal(attempt: Any) -> str:
    """Return how an attempt fails."""
    try:
        attempt()
    except Exception as error:  # noqa: BLE001 — whatever it is, it is the answer
        return f"{type(error).__name__}: {error}"
    return ""


def truths() -> dict[str, Any]:
    """Return what tells this Python from another."""
    return {
        "platform": sys.platform,
        "thread": refusal(threading.Thread(target=print, daemon=True).start),
        "thread_time": hasattr(time, "thread_time"),
        "sqlite": refusal(lambda: importlib.import_module("sqlite3")),
        "pid": os.getpid(),
    }


def imports() -> dict[str, str]:
    """Return why each module of ours that needs no framework cannot be imported; nothing where it can."""
    files = sorted(Path(ROOT, "nnwidgets").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    framework = ("torch", "keras", "_tf_", "lightning")
    ours = [name.removesuffix(".__init__") for name in names if not any(part in name for part in framework)]
    return {name: refusal(lambda name=name: importlib.import_module(name)) for name in ours}


def inline() -> list[Any]:
    """Return whether the worker found that it has no thread, and what it did all the same."""
    worker = importlib.import_module("nnwidgets._worker").worker
    done: list[str] = []
    worker.call_soon(lambda: done.append("job"))
    return [worker.threaded, done]


def stored() -> Any:
    """Return what the file of a run gives back."""
    runfile = importlib.import_module("nnwidgets._runfile")
    path = Path("/tmp/a.sqlite")
    runfile.create(path, {"name": "a run"})
    with runfile.reading(path):
        db = runfile.open_to_read(path)
        meta = runfile.get_meta(db)
        db.close()
    return meta["name"]


sys.path[:0] = [ROOT, PACKAGES]
sys.meta_path.insert(0, Finder())
facts = truths()
print(json.dumps({"facts": facts, "imports": imports(), "worker": inline(), "stored": stored()}))  # noqa: T201
