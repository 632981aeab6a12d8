// The curves of one level's links, and the shapes written beside them.
import type { Content } from './arrange';
import { at, type Graph, nodeOf, TOP } from './data';
import { RETURN } from './placed';
import { route, type Spot } from './routes';
import type { SceneMaker } from './scene';
import { type Start, writeShapes } from './shapes';

const ARROW = 1;
const BACK = 2;

export function drawLinks(
  maker: SceneMaker,
  graph: Graph,
  content: Content,
  contents: Map<number, Content>,
  places: number[],
  frame: number,
  left: number,
  top: number,
): void {
  const { level, placed } = content;
  const boxes = level.boxes.length;
  const [leaving, arriving] = [new Int32Array(boxes), new Int32Array(boxes)];
  for (const link of level.links) {
    if (link.a < boxes) leaving[link.a] = at(leaving, link.a) + 1;
    if (link.b < boxes) arriving[link.b] = at(arriving, link.b) + 1;
  }

  /** Where a link meets one of its ends. */
  const spot = (end: number, link: number, lower: boolean, towards: number, alone: boolean): Spot => {
    const x = at(placed.x, end);
    if (end >= boxes) return { x, y: lower ? -content.y : content.height - content.y };
    const half = (content.heights[end] as number) / 2;
    const y = at(placed.y, end) + (lower ? half : -half);
    const inside = contents.get(level.boxes[end] as number);
    const port = inside?.level.ports.get(link);
    const width = content.widths[end] as number;
    if (inside && port !== undefined) return { x: x - width / 2 + inside.x + at(inside.placed.x, port), y };
    const most = alone ? 0 : width * 0.3;
    return { x: x + Math.max(-most, Math.min(most, (towards - x) * 0.2)), y };
  };

  const starts: Start[] = [];
  let back = 0;
  level.links.forEach((link, i) => {
    const lanes = placed.lanes[i] ?? [];
    const reversed = placed.reversed[i] === 1;
    const from = spot(link.a, i, true, lanes[0] ?? at(placed.x, link.b), reversed || leaving[link.a] === 1);
    const to = spot(
      link.b,
      i,
      false,
      lanes.at(-1) ?? at(placed.x, link.a),
      reversed || arriving[link.b] === 1,
    );
    const side = placed.width + RETURN * (1 + Math.min(back, 5));
    if (reversed) back += 1;
    const curve = reversed ? around(from, to, side) : route(placed, link.a, link.b, lanes, from, to);
    const closed = link.b < boxes && !contents.has(level.boxes[link.b] as number);
    const place = maker.link(
      places[link.a] ?? frame,
      places[link.b] ?? frame,
      (closed ? ARROW : 0) + (reversed ? BACK : 0),
      curve,
      left,
      top,
      link.edges,
    );
    if (link.a >= boxes || contents.has(level.boxes[link.a] as number) || says(graph, level.boxes[link.a]))
      return;
    const array = arrayOf(graph, link.edges);
    const layer = at(placed.rank, link.a);
    // A link into another column turns at once: its shape stands in the corner.
    const corner = placed.column[layer] !== placed.column[at(placed.rank, link.b)];
    const y = Math.max(from.y, at(placed.bottom, layer)) + (corner ? 10 : 15);
    const turns = corner ? 0 : (lanes[0] ?? to.x) - from.x;
    if (array !== undefined) starts.push({ box: link.a, layer, array, place, x: from.x, y, turns });
  });
  writeShapes(maker, graph, starts, left, top, content.x, content.width - content.x);
}

/** Whether a box has its shape written in it. */
function says(graph: Graph, part: number | undefined): boolean {
  const kind = nodeOf(graph, part ?? TOP)?.kind;
  return kind === 'input' || kind === 'parameter' || kind === 'constant';
}

/** Up again, beside everything. */
function around(from: Spot, to: Spot, side: number): number[] {
  const curve = [from.x, from.y];
  const corners = [
    [from.x, from.y + 12],
    [side, from.y + 12],
    [side, to.y - 12],
    [to.x, to.y - 12],
    [to.x, to.y],
  ] as const;
  let [x, y] = [from.x, from.y];
  for (const [nextX, nextY] of corners) {
    curve.push(x, y, nextX, nextY, nextX, nextY);
    [x, y] = [nextX, nextY];
  }
  return curve;
}

/** The array that all these edges carry; minus their number where they carry several; undefined if nobody knows. */
function arrayOf(graph: Graph, edges: number[]): number | undefined {
  const known = new Set(edges.map((edge) => at(graph.edges.array, edge)));
  known.delete(-1);
  if (known.size === 0) return undefined;
  return known.size === 1 ? [...known][0] : -known.size;
}
