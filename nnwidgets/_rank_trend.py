"""Whether a short series rises or falls, whatever its scale and its outliers."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from typing import Final

#: The widest window, in values: enough to see a trend, few enough to count every pair at every validation.
WIDTH: Final = 20


def mann_kendall(values: Sequence[float]) -> float:
    """Return the Mann-Kendall z of a series: above 0 it rises, below 0 it falls, beyond 2 hardly by chance.

    The number of pairs that rise less that of pairs that fall, with continuity correction, over its standard deviation
    for values in random order (Mann, "Nonparametric tests against trend", Econometrica 13, 1945; Kendall, "Rank
    Correlation Methods", 1948). Ties are counted as neither, without the correction of the variance for them, so that
    a series with many of them gives a smaller z.
    """
    n = len(values)
    if n < 3:
        return 0.0
    rising = 0
    earlier: list[
        float
    ] = []  # in order of value, so that those below and above are counted without a look at each
    for value in values:
        below, upto = bisect_left(earlier, value), bisect_right(earlier, value)
        rising += below - (len(earlier) - upto)
        earlier.insert(upto, value)
    corrected = rising - (rising > 0) + (rising < 0)
    return corrected / math.sqrt(n * (n - 1) * (2 * n + 5) / 18.0)


def recent(values: deque[float], since: int) -> list[float]:
    """Return the last ``since`` + 1 values, at most `WIDTH` of them."""
    count = min(since + 1, WIDTH, len(values))
    return list(values)[len(values) - count :]
