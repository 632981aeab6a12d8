"""Settings of layers as frameworks write them, compared: ``64, 128, kernel_size=(3, 3)``."""

from __future__ import annotations

from typing import Final

from nnwidgets._i18n import later, now, t

#: What settings count that people know by another word.
_COUNTED: Final = {
    "in_features": later("{old} → {new} inputs"), "input_size": later("{old} → {new} inputs"),
    "out_features": later("{old} → {new} features"), "num_features": later("{old} → {new} features"),
    "hidden_size": later("{old} → {new} features"), "units": later("{old} → {new} features"),
    "features": later("{old} → {new} features"), "entries": later("{old} → {new} entries"),
    "in_channels": later("{old} → {new} input channels"), "out_channels": later("{old} → {new} channels"),
    "filters": later("{old} → {new} channels"), "num_heads": later("{old} → {new} heads"),
    "num_layers": later("{old} → {new} layers"),
}  # fmt: skip

#: Which setting stands in which place without its name: the beginning of the layer's name, for PyTorch, for Keras.
_PLACES: Final[list[tuple[str, tuple[str, ...], tuple[str, ...]]]] = [
    ("Depthwise", (), ()),
    ("Conv", ("in_channels", "out_channels"), ("filters",)),
    ("LazyConv", ("in_channels", "out_channels"), ()),
    ("Dense", (), ("units",)),
    ("Embedding", ("entries", "features"), ("entries", "features")),
    ("BatchNorm", ("num_features",), ()),
    ("InstanceNorm", ("num_features",), ()),
    ("LSTM", ("input_size", "hidden_size"), ("units",)),
    ("GRU", ("input_size", "hidden_size"), ("units",)),
    ("RNN", ("input_size", "hidden_size"), ()),
    ("SimpleRNN", (), ("units",)),
    ("MultiHeadAttention", (), ("num_heads",)),
    ("Dropout", ("p",), ("p",)),
    ("SpatialDropout", ("p",), ("p",)),
    ("GaussianDropout", ("p",), ("p",)),
    ("AlphaDropout", ("p",), ("p",)),
]


#: Settings that say what comes in and what comes out.
_BETWEEN: Final = (
    ("in_features", "out_features"), ("in_channels", "out_channels"), ("input_size", "hidden_size"),
)  # fmt: skip
#: Settings that stand in a picture by their value alone, and those that do with their name unless they are usual.
_ALONE: Final = ("units", "filters", "num_features", "entries", "features")
_NAMED: Final = {
    "kernel_size": "", "stride": "1", "strides": "1", "groups": "1", "num_layers": "1", "num_heads": "", "p": "",
    "output_size": "", "size": "", "dim": "", "axis": "",
}  # fmt: skip
#: Settings that nobody looks for in a picture.
_USUAL: Final = frozenset(
    {
        "affine", "approximate", "batch_first", "bias", "ceil_mode", "dilation", "elementwise_affine", "eps", "inplace",
        "momentum", "padding", "return_indices", "track_running_stats", "use_bias",
    }
)  # fmt: skip


def brief(op: str, detail: str, framework: str) -> str:
    """Return what people look for in settings: ``3 → 64, 7×7, stride 2``; all of them where nobody knows better."""
    found = _read(detail, _places(op, framework))
    words: list[str] = []
    for first, second in _BETWEEN:
        if first in found and second in found:
            words.append(f"{found[first]} → {found[second]}")
    words += [found[name] for name in _ALONE if name in found]
    for name, usual in _NAMED.items():
        value = _together(found.get(name, usual), once=name.startswith("stride"))
        if value != usual:
            words.append({"kernel_size": value, "p": f"p={value}", "num_heads": t("{count} heads", count=value),
                          "num_layers": t("{count} layers", count=value)}.get(name, f"{name} {value}"))  # fmt: skip
    words += [_together(value, once=False) for name, value in found.items() if name.startswith("#")]
    return ", ".join(words or [f"{name}={value}" for name, value in found.items() if name not in _USUAL])


def _together(value: str, *, once: bool) -> str:
    """Return ``3×3`` for ``(3, 3)``, and what is equal everywhere only once where that is how people say it."""
    parts = _parts(value[1:-1]) if value[:1] == "(" and value[-1:] == ")" else []
    if not parts or not all(part.isdigit() for part in parts):
        return value
    return parts[0] if once and len(set(parts)) == 1 else "×".join(parts)


def settings_differ(op: str, before: str, after: str, framework: str) -> list[str]:
    """Return in words what differs between two settings of one kind of layer: ``["64 → 128 features"]``."""
    places = _places(op, framework)
    was, now = _read(before, places), _read(after, places)
    words: list[str] = []
    for name in {**was, **now}:
        old, new = was.get(name), now.get(name)
        if old != new:
            words.append(_words(name, old, new))
    return words


def _places(op: str, framework: str) -> tuple[str, ...]:
    rows = (keras if framework == "keras" else torch for name, torch, keras in _PLACES if op.startswith(name))
    return next(rows, ())


def _words(name: str, old: str | None, new: str | None) -> str:
    plain = name.startswith("#")
    if old is None:
        return t("with {what}", what=new) if plain else f"{name}={new}"
    if new is None:
        return t("without {what}", what=old if plain else name)
    counted = _COUNTED.get(name)
    if counted is not None:
        return now(counted, old=old, new=new)
    return f"{old} → {new}" if plain else f"{name}={old} → {new}"


def _read(detail: str, places: tuple[str, ...]) -> dict[str, str]:
    """Return settings by name; one without a name by its place: what the layer has there, else ``#3``."""
    found: dict[str, str] = {}
    place = 0
    for part in _parts(detail):
        name, equals, value = part.partition("=")
        if equals and name.strip().isidentifier():
            found[name.strip()] = value.strip()
        else:
            found[places[place] if place < len(places) else f"#{place}"] = part
            place += 1
    return found


def _parts(detail: str) -> list[str]:
    """Split at the commas that stand in no brackets."""
    parts, depth = [""], 0
    for letter in detail:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
