// Places in columns that rise.

/** How many entries are not above a value. */
export function upTo(column: ArrayLike<number>, value: number): number {
  let [low, high] = [0, column.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((column[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value at `x` on the line through some points, held at its ends. */
export function between(x: number, xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  const after = upTo(xs, x);
  if (xs.length === 0) return Number.NaN;
  if (after === 0) return ys[0] as number;
  if (after === xs.length) return ys[after - 1] as number;
  const [x0, x1] = [xs[after - 1] as number, xs[after] as number];
  const [y0, y1] = [ys[after - 1] as number, ys[after] as number];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
