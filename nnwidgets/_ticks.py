"""Round numbers for axes, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Callable

_STEPS = (1.0, 2.0, 5.0, 10.0)


def linear_ticks(lo: float, hi: float, n: int) -> list[float]:
    """Return at most about ``n`` round numbers from ``lo`` to ``hi``."""
    if not hi > lo:
        return [lo]
    stride = round_up((hi - lo) / n)
    first = math.ceil(lo / stride - 1e-9)
    last = math.floor(hi / stride + 1e-9)
    digits = max(0, 1 - math.floor(math.log10(stride)))
    return [round(i * stride, digits) for i in range(first, last + 1)]


def log_ticks(lo: float, hi: float) -> list[float]:
    """Return round numbers for a logarithmic axis: 1, 2, 5 … where there is room, else powers of ten."""
    decades = math.log10(hi / lo)
    factors = (1, 2, 5) if decades <= 3 else (1,)
    stride = max(1, math.ceil(decades / 8))
    ticks = []
    for power in range(math.floor(math.log10(lo)), math.ceil(math.log10(hi)) + 1):
        if power % stride:
            continue
        ticks += [float(f"{f}e{power}") for f in factors if lo * 0.999 <= f * 10.0**power <= hi * 1.001]
    return ticks or [lo, hi]


def time_ticks(lo: float, hi: float, n: int) -> list[float]:
    """Return round times, in seconds."""
    for stride in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400):
        if (hi - lo) / stride <= n:
            if hi - lo < 4:
                break
            return [float(stride * i) for i in range(math.ceil(lo / stride), math.floor(hi / stride) + 1)]
    return linear_ticks(lo, hi, n)


def round_up(value: float) -> float:
    """Return the next of …, 1, 2, 5, 10, 20, … that is not below ``value``, which is positive."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step for step in _STEPS if step * power >= value * (1 - 1e-9)) * power


def labels(ticks: list[float], write: Callable[[float], str]) -> dict[str, str]:
    """Return the text of each tick, by the number as JavaScript writes it."""
    return {_javascript(tick): write(tick) for tick in ticks}


def count(value: float) -> str:
    """Write a number of steps: ``950``, ``1.2k``, ``3M``."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def plain(value: float) -> str:
    """Write a loss: ``0.05``, ``2``, ``1e-6``."""
    if value != 0 and not 1e-4 <= abs(value) < 1e5:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{value:.6g}"


def clock(seconds: float) -> str:
    """Write a time of whole seconds: ``0:30``, ``12:05``, ``1:02:00``."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def seconds(value: float) -> str:
    """Write a short time: ``0.5 s``."""
    return f"{value:.3g} s"


def _javascript(value: float) -> str:
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    mantissa, exponent, power = text.partition("e")
    if not exponent:
        return text
    # Python writes 1e-05, and 1e-06 where JavaScript writes 0.00001 and 0.000001, then 1e-7.
    if -7 < int(power) < 0:
        return f"{value:.{len(mantissa.replace('.', '').lstrip('-')) - 1 - int(power)}f}"
    return f"{mantissa}e{int(power):+d}".replace("e+", "e+")
