// How curves are looked at, and what is drawn of a series.
import type { Axis } from '../panel/protocol';
import type { Recording, Series } from './recording';
import { smooth } from './smoothing';

export interface View {
  x: Axis;
  log: boolean;
  /** 0 to 0.99 */
  smoothing: number;
}

export interface Curve {
  x: Float64Array;
  mean: Float64Array;
  low: Float64Array;
  high: Float64Array;
  smooth: Float64Array;
  /** Whether a row stands for several points. */
  merged: boolean;
}

/** What to draw of a series; a value without a logarithm is a gap where one is needed. */
export function curveOf(recording: Recording, series: Series, view: View): Curve {
  const x = view.x === 'time' ? series.time : series.step.map((step) => recording.along(view.x, step));
  const drawable = (values: Float64Array): Float64Array =>
    view.log ? values.map((value) => (value > 0 ? value : Number.NaN)) : values;
  const mean = drawable(series.mean);
  const span = x.length > 1 ? (x.at(-1) as number) - (x[0] as number) : 0;
  // A setting is drawn as it was set.
  const weight = series.name === 'lr' ? 0 : view.smoothing;
  return {
    x,
    mean,
    low: drawable(series.low),
    high: drawable(series.high),
    smooth: smooth(x, mean, weight, span),
    merged: !series.facts.exact,
  };
}
