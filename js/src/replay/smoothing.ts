// The smooth line over a noisy curve, as nnwidgets/_smoothing.py draws it in the panel.

/** The width of the view in units of which a weight is meant. */
const UNITS = 1000;
/** What is kept over one such unit at most; with 1 the line would be the mean of everything before. */
const MOST = 0.999;

/**
 * A debiased exponential moving average whose memory is a share of the view. It only looks back, so that a curve that
 * is revealed bit by bit is the curve that was seen live.
 */
export function smooth(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weight: number,
  span: number,
): Float64Array {
  const out = Float64Array.from(y);
  if (weight <= 0 || !(span > 0)) return out;
  const kept = Math.min(Math.sqrt(weight), MOST);
  let [mean, influence, pending] = [0, 0, 1];
  for (let i = 0; i < out.length; i++) {
    const gap = i === 0 ? 0 : ((x[i] as number) - (x[i - 1] as number)) * (UNITS / span);
    // What the past has lost since the last finite value.
    pending *= kept ** (Number.isFinite(gap) ? gap : 0);
    const value = out[i] as number;
    if (!Number.isFinite(value)) {
      out[i] = Number.NaN;
      continue;
    }
    influence = influence * pending + 1;
    pending = 1;
    mean += (value - mean) / influence;
    out[i] = mean;
  }
  return out;
}
