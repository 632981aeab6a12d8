// How curves are looked at, and what is drawn of a series.
import type { Axis } from '../panel/protocol';
import type { Recording, Series } from './recording';
import { smooth } from './smoothing';
import { thinnedRows } from './thinning';

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

/** Rows of a training and of a validation curve at most, those of the panel. */
const TRAIN_ROWS = 400;
const VALIDATION_ROWS = 240;

/** What to draw of a series; a value without a logarithm is a gap where one is needed. */
export function curveOf(recording: Recording, series: Series, view: View): Curve {
  const along = view.x === 'time' ? series.time : series.step.map((step) => recording.along(view.x, step));
  const rows = thinnedRows(
    { x: along, mean: series.mean, low: series.low, high: series.high },
    series.facts.split === 'val' ? VALIDATION_ROWS : TRAIN_ROWS,
  );
  const { x } = rows;
  const drawable = (values: Float64Array): Float64Array =>
    view.log ? values.map((value) => (value > 0 ? value : Number.NaN)) : values;
  const mean = drawable(rows.mean);
  const span = x.length > 1 ? (x.at(-1) as number) - (x[0] as number) : 0;
  // A setting is drawn as it was set.
  const weight = series.name === 'lr' ? 0 : view.smoothing;
  return {
    x,
    mean,
    low: drawable(rows.low),
    high: drawable(rows.high),
    smooth: smooth(x, mean, weight, span),
    merged: !series.facts.exact || x.length < along.length,
  };
}
