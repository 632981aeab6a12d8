// A long chain is broken into columns that are read from above, one after another.
import { GAP, LANE, type Placed, type Task } from './placed';

/** A level may be broken if it is so high, in px, and so much taller than wide. */
const HIGH = 900;
const TALL = 3;
/** Links that lead from one column into another at most, where the level is not so long that there is no choice. */
const CUT = 1;
const LONG = 48;
/** Width to height that is aimed at. */
const ASPECT = 1.7;
const BETWEEN = 3 * LANE;
/** Room right of a box's middle for the shape below it. */
const WORDS = 88;

export function inColumns(placed: Placed, task: Task): Placed {
  const layers = placed.top.length;
  if (placed.height < HIGH || placed.height < TALL * (placed.width + 100)) return placed;
  const crossing = layers > LONG ? null : crossings(placed, task);
  const columns = Math.max(2, Math.round(Math.sqrt((ASPECT * placed.height) / (placed.width + BETWEEN))));
  const target = placed.height / columns;
  const starts: number[] = [0];
  for (let layer = 1; layer < layers; layer++) {
    const start = placed.top[starts.at(-1) as number] as number;
    // Where edges leave a group they stand below the last column, never alone in one.
    const last = layer === layers - 1 && task.exits > 0;
    const enough = (placed.bottom[layer] as number) - start > target;
    if (!last && enough && (crossing?.[layer] ?? 0) <= CUT) starts.push(layer);
  }
  const lengths = starts.map((start, i) => {
    const end = (starts[i + 1] ?? layers) - 1;
    return (placed.bottom[end] as number) - (placed.top[start] as number);
  });
  // One long column beside short ones would be no gain.
  if (starts.length === 1 || Math.max(...lengths) > 1.6 * target) return placed;
  const column = new Int32Array(layers);
  let current = 0;
  for (let layer = 0; layer < layers; layer++) {
    if (starts[current + 1] === layer) current += 1;
    column[layer] = current;
  }
  const [left, right] = sides(placed, task, column, starts.length);
  const widths = left.map((side, i) => (right[i] as number) - side);
  const begin: number[] = [];
  let x = 0;
  for (const width of widths) {
    begin.push(x);
    x += width + BETWEEN;
  }
  const dx = (layer: number): number =>
    (begin[column[layer] as number] as number) - (left[column[layer] as number] as number);
  // Above each column there is room for the ways that lead to it; in the first one they come from outside.
  const above = (layer: number): number =>
    column[layer] === 0 && task.entries > 0 ? 0 : task.entries > 0 ? GAP : LANE;
  const dy = (layer: number): number =>
    (placed.top[starts[column[layer] as number] as number] as number) - above(layer);
  const top = placed.top.map((y, layer) => y - dy(layer));
  const bottom = placed.bottom.map((y, layer) => y - dy(layer));
  return {
    ...placed,
    x: placed.x.map((middle, box) => middle + dx(placed.rank[box] as number)),
    y: placed.y.map((middle, box) => middle - dy(placed.rank[box] as number)),
    top,
    bottom,
    lanes: placed.lanes.map((passes, i) => {
      const link = task.links[i];
      const ranks = link ? [placed.rank[link.a] as number, placed.rank[link.b] as number] : [0, 0];
      const first = Math.min(...ranks) + 1;
      return passes.map((lane, place) => lane + dx(first + place));
    }),
    column,
    left: begin,
    right: begin.map((side, i) => side + (widths[i] as number)),
    width: x - BETWEEN,
    // Below the columns there is room for the ways that lead out of them.
    height: Math.max(...bottom) + LANE + GAP / 3,
  };
}

/** How many links come into each layer from above or pass it. */
function crossings(placed: Placed, task: Task): Int32Array {
  const count = new Int32Array(placed.top.length);
  for (const link of task.links) {
    const [a, b] = [placed.rank[link.a] as number, placed.rank[link.b] as number];
    for (let layer = Math.min(a, b) + 1; layer <= Math.max(a, b); layer++)
      count[layer] = (count[layer] as number) + 1;
  }
  return count;
}

/** What each column reaches from and to, in the places of the one column that there was. */
function sides(placed: Placed, task: Task, column: Int32Array, count: number): [number[], number[]] {
  const left = new Array<number>(count).fill(Number.POSITIVE_INFINITY);
  const right = new Array<number>(count).fill(Number.NEGATIVE_INFINITY);
  const reach = (layer: number, from: number, to: number): void => {
    const place = column[layer] as number;
    left[place] = Math.min(left[place] as number, from);
    right[place] = Math.max(right[place] as number, to);
  };
  placed.x.forEach((x, box) => {
    const half = (task.width[box] as number) / 2;
    reach(placed.rank[box] as number, x - half, x + Math.max(half, WORDS));
  });
  placed.lanes.forEach((passes, i) => {
    const link = task.links[i];
    if (!link) return;
    const first = Math.min(placed.rank[link.a] as number, placed.rank[link.b] as number) + 1;
    passes.forEach((lane, place) => {
      reach(first + place, lane - LANE / 2, lane + LANE / 2);
    });
  });
  return [left, right];
}
