// What lies at a place of the drawing.
import { at } from './data';
import { MARK } from './draw';
import type { Scene } from './scene';

const HEADER = 30;

/** The innermost box at a place, or -1. */
export function boxAt(scene: Scene, x: number, y: number): number {
  for (let place = scene.parts.length - 1; place >= 0; place--) {
    const i = 4 * place;
    const [dx, dy] = [x - at(scene.rects, i), y - at(scene.rects, i + 1)];
    if (dx >= 0 && dy >= 0 && dx <= at(scene.rects, i + 2) && dy <= at(scene.rects, i + 3)) return place;
  }
  return -1;
}

/** Whether a place is on the mark that opens or closes a box; fingers and far away eyes get more room. */
export function onMark(scene: Scene, place: number, x: number, y: number, slack: number): boolean {
  const [dx, dy] = [x - at(scene.rects, 4 * place) - 9, y - at(scene.rects, 4 * place + 1) - 8];
  return dx >= -slack && dy >= -slack && dx <= MARK + slack && dy <= MARK + slack;
}

/** Whether a place is on the line at the top of an open group. */
export function onHeader(scene: Scene, place: number, y: number): boolean {
  return y - at(scene.rects, 4 * place + 1) <= HEADER;
}

/** The link nearest to a place, within a distance, or -1. */
export function linkAt(scene: Scene, x: number, y: number, within: number): number {
  let [best, nearest] = [-1, within];
  for (let link = 0; link < scene.marks.length; link++) {
    const i = 4 * link;
    const { bounds } = scene;
    if (x < at(bounds, i) - within || x > at(bounds, i + 2) + within) continue;
    if (y < at(bounds, i + 1) - within || y > at(bounds, i + 3) + within) continue;
    const distance = distanceTo(scene, link, x, y);
    if (distance < nearest) [best, nearest] = [link, distance];
  }
  return best;
}

function distanceTo({ points, starts }: Scene, link: number, x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  const first = at(starts, link);
  let [px, py] = [at(points, first), at(points, first + 1)];
  for (let i = first + 2; i < at(starts, link + 1); i += 6) {
    const piece = [px, py, ...points.subarray(i, i + 6)];
    let [ax, ay] = [px, py];
    for (let step = 1; step <= 8; step++) {
      const [bx, by] = onCubic(piece, step / 8);
      least = Math.min(least, toLine(x, y, ax, ay, bx, by));
      [ax, ay] = [bx, by];
    }
    [px, py] = [ax, ay];
  }
  return least;
}

function onCubic(p: ArrayLike<number>, t: number): [number, number] {
  const s = 1 - t;
  const [a, b, c, d] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
  return [
    a * at(p, 0) + b * at(p, 2) + c * at(p, 4) + d * at(p, 6),
    a * at(p, 1) + b * at(p, 3) + c * at(p, 5) + d * at(p, 7),
  ];
}

function toLine(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
