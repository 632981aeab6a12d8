"""Where the calls of modules are seen: `torch.nn.Module.__call__` is wrapped while somebody wants to know of them.

Hooks would not do: torch does not call them where a forward raises, compiled modules are compiled anew for them, and a
copy or a pickle of the model would take them along. This is how ``torch.fx`` sees calls, too.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

import torch
from torch import nn
from torch.overrides import _get_function_stack_at, _len_torch_function_stack  # type: ignore[attr-defined]

#: What ``Module.__call__`` is.
Original = Callable[..., Any]


class Taker(Protocol):
    """Sees the calls of modules on one thread."""

    thread: int

    def wants(self, module: nn.Module) -> bool:
        """Whether to see the calls of a module: who does not is not in its way, and takes no frame of its stack."""

    def call(self, original: Original, module: nn.Module, args: Any, kwargs: Any) -> Any:
        """Call a module, and return what it returns."""


#: The last one that came sees a call first.
_takers: list[Taker] = []
_original: Final[Original] = nn.Module.__call__
_is_compiling: Final[Callable[[], bool]] = getattr(
    getattr(torch, "compiler", None), "is_compiling", lambda: False
)


def _called(module: nn.Module, /, *args: Any, **kwargs: Any) -> Any:
    call = _state.before
    # What is compiled while this stands here sees the plain way only, and need not be compiled anew afterwards.
    if not _is_compiling():
        here = threading.get_ident()
        for taker in tuple(_takers):
            if taker.thread == here and taker.wants(module):
                call = _link(taker, call)
    return call(module, *args, **kwargs)


def _link(taker: Taker, inner: Original) -> Original:
    # A person's forward may have arguments with any name.
    return lambda module, /, *args, **kwargs: taker.call(inner, module, args, kwargs)


def begin(taker: Taker) -> None:
    """Have a taker see the calls of its thread from now on."""
    _takers.append(taker)
    _go_deeper()
    if nn.Module.__call__ is not _called:
        _state.before = nn.Module.__call__
        nn.Module.__call__ = _called  # type: ignore[method-assign]


def end(taker: Taker) -> None:
    """Have it see no more. May be called more than once."""
    if taker in _takers:
        _takers.remove(taker)
    # Somebody else may have wrapped what was there, and puts it back.
    if not _takers and nn.Module.__call__ is _called:
        nn.Module.__call__ = _state.before  # type: ignore[method-assign]
    if not _takers:
        _go_as_before()


def begin_functions(recorder: Any) -> None:
    """Have a recorder see the calls of `torch.autograd.Function`s as well."""
    if _Level is None or "apply" in vars(_Level):
        return

    def apply(cls: type, *args: Any, **kwargs: Any) -> Any:
        plain = super(_Level, cls).apply
        if threading.get_ident() != recorder.thread:
            return plain(*args, **kwargs)
        return recorder.call_own(plain, cls, args, kwargs)

    apply.__nnwidgets__ = True  # type: ignore[attr-defined]
    _Level.apply = classmethod(apply)


def end_functions() -> None:
    """Have nobody see them any more. May be called more than once."""
    if _Level is not None and hasattr(getattr(vars(_Level).get("apply"), "__func__", None), "__nnwidgets__"):
        del _Level.apply


#: What stands between a person's function and torch's own ``apply``, also where a person holds that already.
_Level: Final[Any] = getattr(torch.autograd.function, "_SingleLevelFunction", None)


def push(mode: Any, place: int | None = None) -> None:
    """Put a mode onto torch's stack of this thread; at its place, below what came later, or on top."""
    above = []
    while place is not None and _len_torch_function_stack() > place:
        above.append(torch._C._pop_torch_function_stack())
    for one in (mode, *reversed(above)):
        torch._C._push_on_torch_function_stack(one)


def pop(mode: Any) -> int | None:
    """Take a mode off torch's stack, also from below others; return its place, or None where it is not there."""
    places = range(_len_torch_function_stack())
    place = next((i for i in places if _get_function_stack_at(i) is mode), None)
    if place is not None:
        above = []
        while (top := torch._C._pop_torch_function_stack()) is not mode:
            above.append(top)
        for one in reversed(above):
            push(one)
    return place


def _go_deeper() -> None:
    """Let Python go deeper: each call of a module takes more frames than it would by itself."""
    limit = sys.getrecursionlimit()
    if limit != _state.wide:  # not so, where another taker was here before
        _state.limit, _state.wide = limit, 4 * limit
        sys.setrecursionlimit(_state.wide)


def _go_as_before() -> None:
    if sys.getrecursionlimit() == _state.wide:
        sys.setrecursionlimit(_state.limit)
    _state.wide = 0


class _State:
    before: Original = _original
    limit = wide = 0


_state = _State()
