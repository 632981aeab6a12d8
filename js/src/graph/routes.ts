// The curve of a link: it leaves downwards, turns only between layers, and arrives from above.
//
// A curve is a list of numbers: x and y of its start, then for each cubic piece two handles and an end.
import { GAP, LANE, type Placed } from './placed';

const CORNER = 9;

class Curve {
  readonly points: number[];
  #x: number;
  #y: number;

  constructor(x: number, y: number) {
    this.points = [x, y];
    this.#x = x;
    this.#y = y;
  }

  /** Go on to a point, upright at both ends. */
  to(x: number, y: number): this {
    if (x === this.#x && y === this.#y) return this;
    const bend = (y - this.#y) / 2;
    this.points.push(this.#x, this.#y + bend, x, y - bend, x, y);
    this.#x = x;
    this.#y = y;
    return this;
  }

  /** Go along straight lines with round corners. */
  along(corners: readonly (readonly [x: number, y: number])[]): this {
    corners.forEach(([x, y], i) => {
      const next = corners[i + 1];
      if (!next) {
        this.#straight(x, y);
        return;
      }
      const before = Math.hypot(x - this.#x, y - this.#y);
      const after = Math.hypot(next[0] - x, next[1] - y);
      const cut = Math.min(CORNER, before / 2, after / 2);
      if (cut < 0.5) return;
      this.#straight(x - ((x - this.#x) / before) * cut, y - ((y - this.#y) / before) * cut);
      const end = [x + ((next[0] - x) / after) * cut, y + ((next[1] - y) / after) * cut] as const;
      this.points.push(x, y, x, y, ...end);
      [this.#x, this.#y] = end;
    });
    return this;
  }

  #straight(x: number, y: number): void {
    this.points.push(this.#x, this.#y, x, y, x, y);
    this.#x = x;
    this.#y = y;
  }
}

/** A place on the upper or lower side of a box, in the level's own px. */
export interface Spot {
  x: number;
  y: number;
}

/** Draw a link from a place below the upper box to a place above the lower one. */
export function route(
  placed: Placed,
  upper: number,
  lower: number,
  lanes: readonly number[],
  from: Spot,
  to: Spot,
): number[] {
  const first = placed.rank[upper] as number;
  const last = placed.rank[lower] as number;
  const leave = Math.max(from.y, placed.bottom[first] as number);
  const arrive = Math.min(to.y, placed.top[last] as number);
  const curve = new Curve(from.x, from.y).to(from.x, leave);
  if (placed.column[first] !== placed.column[last]) {
    curve.along(between(placed, first, last, from.x, leave, to.x, arrive)).to(to.x, arrive);
  } else {
    lanes.forEach((x, i) => {
      const layer = first + 1 + i;
      curve.to(x, placed.top[layer] as number).to(x, placed.bottom[layer] as number);
    });
    curve.to(to.x, arrive);
  }
  return curve.to(to.x, to.y).points;
}

/** The corners of a way from one column into another: through the gap beside the first, over what lies between. */
function between(
  placed: Placed,
  first: number,
  last: number,
  x: number,
  y: number,
  toX: number,
  toY: number,
): (readonly [number, number])[] {
  const one = placed.column[first] as number;
  const other = placed.column[last] as number;
  const out = (placed.right[one] as number) + 1.5 * LANE;
  const into = (placed.left[other] as number) - 1.5 * LANE;
  const low = y + GAP / 3;
  const high = toY - GAP / 3;
  const way: [number, number][] = [
    [x, low],
    [out, low],
  ];
  if (Math.abs(into - out) > 1) way.push([out, -LANE], [into, -LANE]);
  way.push([into, high], [toX, high], [toX, toY]);
  return way;
}

/** Turn a curve round. */
export function turned(points: readonly number[]): number[] {
  const back: number[] = [];
  for (let i = points.length - 2; i >= 0; i -= 2) back.push(points[i] as number, points[i + 1] as number);
  return back;
}
