// Where things are in a chart, in px.
import { clock } from '../panel/format';
import type { Axis } from '../panel/protocol';
import type { Range } from './domain';
import { linearTicks, logTicks, plain, short, timeTicks } from './ticks';

/** Px around the curves: the numbers of the axes stand there. */
export const MARGIN = { top: 10, bottom: 26, left: 48, right: 14 } as const;

export interface Tick {
  at: number;
  text: string;
}

export class Geometry {
  constructor(
    readonly width: number,
    readonly height: number,
    readonly x: Range,
    readonly y: Range,
    readonly log: boolean,
    readonly axis: Axis,
  ) {}

  get right(): number {
    return this.width - MARGIN.right;
  }

  get bottom(): number {
    return this.height - MARGIN.bottom;
  }

  readonly toX = (value: number): number =>
    MARGIN.left + ((value - this.x[0]) / (this.x[1] - this.x[0])) * (this.right - MARGIN.left);

  readonly toY = (value: number): number => {
    const share = this.share(value);
    return this.bottom - share * (this.bottom - MARGIN.top);
  };

  /** Where a value stands between the ends of the axis, 0 to 1. */
  share(value: number): number {
    const turn = this.log ? Math.log : (one: number): number => one;
    const [lo, hi] = [turn(this.y[0]), turn(this.y[1])];
    return (turn(value) - lo) / (hi - lo);
  }

  /** The place on the axis at so many px from the left, within the axis. */
  fromX(px: number): number {
    const share = (px - MARGIN.left) / (this.right - MARGIN.left);
    return this.x[0] + Math.min(1, Math.max(0, share)) * (this.x[1] - this.x[0]);
  }

  /** How many px at the right of the picture are not shown yet where the playback is at a place. */
  hidden(place: number): number {
    return Math.max(0, this.width - this.toX(place));
  }

  xTicks(): Tick[] {
    const [lo, hi] = this.x;
    // Fewer on a narrow page, so that their numbers do not touch.
    const room = Math.max(2, Math.min(7, Math.floor((this.right - MARGIN.left) / 52)));
    let ticks = this.axis === 'time' ? timeTicks(lo, hi, room) : linearTicks(lo, hi, room);
    const whole = ticks.every(Number.isInteger);
    if (this.axis === 'epoch' && hi - lo >= 2) ticks = ticks.filter(Number.isInteger);
    const write =
      this.axis === 'time' ? (whole ? clock : (value: number) => `${Number(value.toPrecision(3))} s`) : short;
    return ticks.map((tick) => ({ at: this.toX(tick), text: write(tick) }));
  }

  yTicks(): Tick[] {
    const [lo, hi] = this.y;
    const room = Math.max(2, Math.min(6, Math.floor((this.bottom - MARGIN.top) / 30)));
    const ticks = this.log ? logTicks(lo, hi) : linearTicks(lo, hi, room);
    return ticks.map((tick) => ({ at: this.toY(tick), text: plain(tick) }));
  }
}

/**
 * Words beside lines, in up to four rows so that none covers another; null where there is no room.
 *
 * `labels` has the px where each line stands, from left to right, and its words.
 */
export function beside(
  labels: readonly [at: number, text: string][],
  geometry: Geometry,
): ({ side: 'right' | 'left'; row: number } | null)[] {
  const ends = [0, 0, 0, 0];
  return labels.map(([at, text]) => {
    const width = 6.2 * text.length + 8;
    const side = at + width <= geometry.right ? 'right' : 'left';
    const begin = side === 'right' ? at : at - width;
    const row = begin < MARGIN.left ? -1 : ends.findIndex((end) => begin >= end);
    if (row < 0) return null;
    ends[row] = begin + width;
    return { side, row };
  });
}
