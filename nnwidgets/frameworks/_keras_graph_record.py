"""Records which Keras layers and operations are called, in which order, with what, on one thread."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import keras

from nnwidgets.frameworks._keras_graph_calls import Call, Wire, array_of
from nnwidgets.frameworks._keras_graph_structure import functional
from nnwidgets.frameworks._keras_graph_unseen import unseen
from nnwidgets.frameworks._keras_graph_words import detail, inserted_dropout, is_layer

#: Keras's own layers that are opened, as they consist of layers.
_OPENED: Final = ("MultiHeadAttention", "GroupedQueryAttention")


#: What Keras says before it says what happened.
_WHERE: Final = ("Exception encountered when calling", "Could not automatically infer")


class Recorder:
    """Takes calls while they are sent to it; see `_keras_graph_patches`."""

    def __init__(self) -> None:
        #: Finds what an array was computed from by operations that nobody sees.
        self.origins: Callable[[Any], Sequence[Wire]] | None = None
        #: Layers whose ``call`` cannot be followed with symbols, and why.
        self.opaque: dict[int, tuple[Any, str]] = {}
        #: Whether for one of them not even the layers inside are known.
        self.closed = False
        self._stack: list[Call] = []
        self._wires: dict[int, Wire] = {}
        self._returned: dict[int, Any] = {}
        #: What has a wire; held, so that no other object gets its id.
        self.held: list[Any] = []

    def know(self, value: Any, wire: Wire) -> None:
        """Say which wire an array is."""
        self._wires[id(value)] = wire
        self.held.append(value)

    def wire(self, value: Any) -> Wire:
        """Return the wire of an array or a variable, a new one for what comes from outside."""
        wire = self.known(value)
        if wire is None:
            variable = value if isinstance(value, keras.Variable) else None
            unseen = variable is None and self.origins is not None
            wire = Wire(array_of(value), variable=variable, unseen=unseen)
            self.know(value, wire)
        return wire

    def known(self, value: Any) -> Wire | None:
        """Return the wire of an array, or None where nobody has seen it yet."""
        wire = self._wires.get(id(value))
        if wire is None and self.origins is not None and (sources := self.origins(value)):
            wire = Wire(array_of(value), via=tuple(sources))
            self.know(value, wire)
        return wire

    @property
    def listening(self) -> bool:
        """Whether operations are recorded where the computation stands."""
        return bool(self._stack) and self._stack[-1].inside is not None

    @contextlib.contextmanager
    def inside(self, call: Call) -> Iterator[None]:
        """Record what is called inside as members of ``call``."""
        self._stack.append(call)
        try:
            yield
        finally:
            self._stack.pop()

    def layer(self, original: Callable[..., Any], layer: Any, args: Any, kwargs: Any) -> Any:
        """Call a layer."""
        if not self.listening:
            return original(layer, *args, **kwargs)
        call = Call(layer, self._wires_in(args, kwargs), inside=[] if opens(layer) else None)
        call.opened = functional(layer) is not None or isinstance(layer, keras.Sequential)
        outputs = self._member(call, original, layer, args, kwargs)
        _complete(layer, call, outputs)
        call.inside = call.inside or None
        self._came_out(call, outputs)
        return outputs

    def operation(self, original: Callable[..., Any], operation: Any, args: Any, kwargs: Any) -> Any:
        """Call an operation that is no layer, with symbols."""
        if not self.listening:
            return original(operation, *args, **kwargs)
        call = Call(operation, self._wires_in(args, kwargs), settings=detail(operation, args, kwargs))
        if type(operation).__name__ == "ConvertToTensor":  # says nothing
            outputs = original(operation, *args, **kwargs)
            self.know(outputs, Wire(array_of(outputs), via=tuple(call.inputs)))
            return outputs
        outputs = self._member(call, original, operation, args, kwargs)
        self._came_out(call, outputs)
        return outputs

    def within(self, original: Callable[..., Any], layer: Any, args: Any, kwargs: Any) -> Any:
        """Compute the outputs of a layer that is called with symbols."""
        call = self._stack[-1] if self._stack else None
        if call is None or call.operation is not layer or call.inside is None:
            return original(layer, *args, **kwargs)
        # Keras may have called its parts once to build it.
        call.inside[:] = [member for member in call.inside if not is_layer(member.operation)]
        begun = list(call.inside)
        try:
            self._returned[id(call)] = outputs = plain_call(layer)(*args, **kwargs)
            return outputs
        except Exception as error:  # noqa: BLE001 — a person's call may raise anything when it gets symbols
            seen, why = list(call.inside), reason(error)
        own = of_a_person(type(layer))
        outputs = self._with_placeholders(call, begun, layer, args, kwargs) if own else None
        if own:
            self.opaque[id(layer)] = layer, why
        if outputs is None:
            self.closed = self.closed or own
            call.inside = seen  # which is shown if this fails as well
            with self.inside(Call(layer)):
                outputs = original(layer, *args, **kwargs)
            call.inside = None
        return outputs

    def _with_placeholders(self, call: Call, begun: list[Call], layer: Any, args: Any, kwargs: Any) -> Any:
        """Have a layer compute with placeholders of the backend, where only its layers are seen; None if it cannot."""
        given = keras.tree.flatten((args, kwargs))
        made: list[Wire] = []

        def computed(*args: Any, **kwargs: Any) -> Any:
            call.inside = list(begun)  # PyTorch's shapes are found in several goes
            for value, symbol in zip(keras.tree.flatten((args, kwargs)), given, strict=True):
                if isinstance(symbol, keras.KerasTensor):
                    if keras.backend.backend() == "torch" and value.device.type != "meta":
                        raise ValueError("Keras has made up numbers, on which the way may depend.")
                    self.know(value, self.wire(symbol))
            with unseen(self):
                outputs = plain(*args, **kwargs)
                made[:] = [self.wire(value) for value in arrays_in(outputs)]
            return outputs

        plain, before = plain_call(layer), vars(layer).get("call", _ABSENT)
        vars(layer)["call"] = computed
        try:
            outputs = keras.Operation.compute_output_spec(layer, *args, **kwargs)
        except Exception:  # noqa: BLE001 — as above
            return None
        finally:
            vars(layer).pop("call", None)
            if before is not _ABSENT:
                vars(layer)["call"] = before
        last = call.inside[-1].outputs if call.inside else []
        for symbol, wire in zip(arrays_in(outputs), made, strict=False):
            self.know(symbol, Wire(array_of(symbol), via=tuple(last) if wire.unseen else (wire,)))
        return outputs

    def _member(
        self, call: Call, original: Callable[..., Any], operation: Any, args: Any, kwargs: Any
    ) -> Any:
        inside = self._stack[-1].inside
        assert inside is not None
        inside.append(call)
        with self.inside(call):
            try:
                return original(operation, *args, **kwargs)
            except Exception as error:
                outputs = self._returned.get(id(call))
                if _partly_empty(outputs):  # Keras has no place for None among outputs
                    return outputs
                if not failed(call):
                    call.error = reason(error)
                raise

    def _came_out(self, call: Call, outputs: Any) -> None:
        flat = arrays_in(outputs)
        for value in flat:
            if call.inside is None or self.known(value) is None:
                self.know(value, Wire(array_of(value)))
            mask = getattr(value, "_keras_mask", None)
            if mask is not None and self.known(mask) is None:
                self.know(mask, Wire(array_of(mask), via=(self.wire(value),)))
        call.outputs = [self.wire(value) for value in flat]

    def _wires_in(self, args: Any, kwargs: Any) -> list[Wire]:
        flat = keras.tree.flatten((args, kwargs))
        return [self.wire(v) for v in flat if self.known(v) is not None or getattr(v, "shape", ()) != ()]


def opens(layer: Any) -> bool:
    """Tell whether what a layer consists of is shown."""
    kind = type(layer)
    return (
        of_a_person(kind)
        or kind.__name__ in _OPENED
        or functional(layer) is not None
        or isinstance(layer, keras.Model)
    )


def arrays_in(tree: Any) -> list[Any]:
    """Return the arrays in tuples, lists and dicts, in order."""
    return [value for value in keras.tree.flatten(tree) if hasattr(value, "shape")]


def _partly_empty(outputs: Any) -> bool:
    leaves = keras.tree.flatten(outputs)
    return len(leaves) > 1 and any(not isinstance(leaf, keras.KerasTensor) for leaf in leaves)


def of_a_person(kind: type) -> bool:
    """Tell whether a class is not one of Keras's own."""
    return not kind.__module__.startswith("keras.")


def _complete(layer: Any, call: Call, outputs: Any) -> None:
    """Fill in the lengths that ``EinsumDense`` could know of its output."""
    if not isinstance(layer, keras.layers.EinsumDense) or not isinstance(outputs, keras.KerasTensor):
        return
    given, _, made = layer.equation.partition("->")
    letters = zip(given.partition(",")[0], call.inputs[0].array.shape, strict=False)
    lengths = {letter: length for letter, length in letters if letter != "."}
    if "." not in layer.equation and len(made) == len(outputs.shape) and hasattr(outputs, "_shape"):
        outputs._shape = tuple(
            n or lengths.get(letter) for letter, n in zip(made, outputs.shape, strict=True)
        )


def plain_call(layer: Any) -> Callable[..., Any]:
    """Return what a layer computes, without dropout that was inserted behind it."""
    inserted = inserted_dropout(layer)
    return layer.call if inserted is None else inserted._plain  # type: ignore[no-any-return]  # keras ships no types


def failed(call: Call) -> bool:
    """Tell whether it failed, or something inside did."""
    return call.error is not None or any(failed(member) for member in call.inside or ())


def reason(error: BaseException) -> str:
    """Return why something failed, in a line."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    while len(lines) > 1 and lines[0].startswith(_WHERE):
        lines = lines[1:]
    said = lines[0] if lines else ""
    return f"{type(error).__name__}: {said}"[:300] if said else type(error).__name__


_ABSENT = object()
