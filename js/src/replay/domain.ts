// How far the axes of a finished run reach; the counterpart of nnwidgets/_domain.py.
import { linearTicks } from './ticks';

export type Range = [lo: number, hi: number];

/** How far x reaches for curves that come to `reached`: the last point is not cut in half. */
export function along(reached: number): Range {
  return [0, Math.max(reached * 1.01, 1e-6)];
}

/** How far y reaches for some values, or null where there are none. */
export function across(arrays: Iterable<ArrayLike<number>>, log: boolean): Range | null {
  let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < lo) lo = value;
      if (value > hi) hi = value;
    }
  }
  if (lo > hi) return null;
  return log ? logRange(lo, hi) : linearRange(lo, hi);
}

function linearRange(least: number, hi: number): Range {
  if (least === hi) {
    const room = Math.abs(least) * 0.5 || 1;
    return [least - room, hi + room];
  }
  const lo = least >= 0 && least < 0.4 * hi ? 0 : least; // a loss is read against zero
  const [first = lo, second = hi] = [...linearTicks(lo, hi, 5), lo, hi];
  const step = Math.abs(second - first) / 2 || (hi - lo) / 10;
  return [Math.floor(lo / step) * step, Math.ceil(hi / step + 0.05) * step];
}

function logRange(lo: number, hi: number): Range {
  // Quarters of a decade, as in the panel.
  const low = Math.floor(Math.log10(lo) * 4 - 0.1) / 4;
  const high = Math.ceil(Math.log10(hi) * 4 + 0.1) / 4;
  return [10 ** low, 10 ** Math.max(high, low + 0.5)];
}
