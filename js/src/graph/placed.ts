// Where the boxes of one level stand, and the ways between them.
import type { Ends } from './ranks';

/** Px between layers, in which curves turn, and between neighbours in a layer. */
export const GAP = 40;
export const BESIDE = 26;
/** Px around what lies in a level, so that curves between columns have room above. */
export const LANE = 14;
/** Px beside a level for a link that goes back up. */
export const RETURN = 10;

export interface Task {
  count: number;
  entries: number;
  exits: number;
  links: readonly Ends[];
  width: ArrayLike<number>;
  height: ArrayLike<number>;
}

/** Everything in px from the upper left corner of what is in the level. */
export interface Placed {
  /** The middles of the boxes. */
  x: Float64Array;
  y: Float64Array;
  rank: Int32Array;
  /** Upper and lower side of each layer; between two layers there is nothing but links. */
  top: Float64Array;
  bottom: Float64Array;
  reversed: Uint8Array;
  /** For each link the places at which it passes the layers between those of its ends, from above. */
  lanes: readonly (readonly number[])[];
  /** The column in which each layer stands, and the columns' sides. */
  column: Int32Array;
  left: number[];
  right: number[];
  width: number;
  height: number;
}

/** Put layers one below the other; return their sides. */
export function stack(
  layers: number,
  rank: Int32Array,
  height: ArrayLike<number>,
): [top: Float64Array, bottom: Float64Array] {
  const tallest = new Float64Array(layers);
  rank.forEach((layer, box) => {
    tallest[layer] = Math.max(tallest[layer] as number, height[box] as number);
  });
  const top = new Float64Array(layers);
  const bottom = new Float64Array(layers);
  let y = 0;
  for (let layer = 0; layer < layers; layer++) {
    top[layer] = y;
    y += tallest[layer] as number;
    bottom[layer] = y;
    y += GAP;
  }
  return [top, bottom];
}

/** Move everything so that it begins at 0, and measure it. */
export function settled(
  task: Task,
  x: Float64Array,
  rank: Int32Array,
  layers: number,
  reversed: Uint8Array,
  lanes: number[][],
): Placed {
  const [top, bottom] = stack(layers, rank, task.height);
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  x.forEach((middle, box) => {
    left = Math.min(left, middle - (task.width[box] as number) / 2);
    right = Math.max(right, middle + (task.width[box] as number) / 2);
  });
  for (const passes of lanes) {
    for (const lane of passes) {
      left = Math.min(left, lane - 6);
      right = Math.max(right, lane + 6);
    }
  }
  if (left > right) left = right = 0;
  const y = Float64Array.from(rank, (layer) => ((top[layer] as number) + (bottom[layer] as number)) / 2);
  return {
    x: x.map((middle) => middle - left),
    y,
    rank,
    top,
    bottom,
    reversed,
    lanes: lanes.map((passes) => passes.map((lane) => lane - left)),
    column: new Int32Array(layers),
    left: [0],
    right: [right - left],
    width: right - left,
    height: bottom[layers - 1] ?? 0,
  };
}
