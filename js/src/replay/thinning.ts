// Fewer rows where there are more than the picture has room for, as the panel's own windows have.

export interface Rows {
  x: Float64Array;
  mean: Float64Array;
  low: Float64Array;
  high: Float64Array;
}

/** At most about `n` rows: each stands for several neighbours, in the middle of them; the ends stay where they are. */
export function thinnedRows(rows: Rows, n: number): Rows {
  const size = rows.x.length;
  if (size <= n) return rows;
  const each = Math.ceil(size / n);
  const count = Math.ceil(size / each);
  const made = (): Float64Array => new Float64Array(count).fill(Number.NaN);
  const thin: Rows = { x: made(), mean: made(), low: made(), high: made() };
  for (let row = 0; row < count; row++) {
    const [from, to] = [row * each, Math.min(size, (row + 1) * each)];
    let [sum, finite, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = from; i < to; i++) {
      const value = rows.mean[i] as number;
      if (!Number.isFinite(value)) continue;
      sum += value;
      finite += 1;
      low = Math.min(low, rows.low[i] as number);
      high = Math.max(high, rows.high[i] as number);
    }
    const middle = ((rows.x[from] as number) + (rows.x[to - 1] as number)) / 2;
    thin.x[row] =
      row === 0 ? (rows.x[0] as number) : row === count - 1 ? (rows.x[size - 1] as number) : middle;
    if (finite === 0) continue;
    thin.mean[row] = sum / finite;
    thin.low[row] = low;
    thin.high[row] = high;
  }
  return thin;
}
