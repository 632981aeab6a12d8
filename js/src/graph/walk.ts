// Where the arrow keys lead: down along the edges, up against them, left and right to neighbours.
import { at } from './data';
import type { Ways } from './reach';
import type { Scene } from './scene';
import type { Tree } from './tree';

export type Direction = 'ArrowDown' | 'ArrowUp' | 'ArrowLeft' | 'ArrowRight';

/** Return the part that is next in a direction, or the given one where there is none. */
export function next(scene: Scene, tree: Tree, ways: Ways, part: number, direction: Direction): number {
  const places = new Map(Array.from(scene.parts, (box, place) => [box, place]));
  const from = places.get(part);
  if (from === undefined) return scene.parts[0] ?? part;
  if (direction === 'ArrowLeft' || direction === 'ArrowRight') {
    return beside(scene, tree, from, direction === 'ArrowRight' ? 1 : -1);
  }
  const down = direction === 'ArrowDown';
  // Into an open group first: it stands above what is in it.
  if (down && at(scene.open, from)) return tree.members(part).find((member) => places.has(member)) ?? part;
  const { src, dst } = tree.graph.edges;
  const reached = new Map<number, number>();
  const own = new Set(tree.inside(part));
  for (const node of own) {
    for (const edge of down ? ways.from(node) : ways.to(node)) {
      const other = at(down ? dst : src, edge);
      const box = own.has(other) ? undefined : shown(tree, places, other);
      if (box !== undefined) reached.set(box, distance(scene, from, places.get(box) as number));
    }
  }
  const [nearest] = [...reached].sort(([, one], [, other]) => one - other)[0] ?? [];
  if (nearest !== undefined) return nearest;
  const above = at(tree.parent, part);
  return !down && places.has(above) ? above : part;
}

/** The box in which a node is drawn: its own, or the closed group around it. */
function shown(tree: Tree, places: Map<number, number>, node: number): number | undefined {
  if (places.has(node)) return node;
  return tree
    .around(node)
    .reverse()
    .find((group) => places.has(group));
}

function beside(scene: Scene, tree: Tree, from: number, step: number): number {
  const part = at(scene.parts, from);
  const [x, y] = middle(scene, from);
  let [best, nearest] = [part, Number.POSITIVE_INFINITY];
  scene.parts.forEach((other, place) => {
    if (other < 0 || place === from || at(tree.parent, other) !== at(tree.parent, part)) return;
    const [ox, oy] = middle(scene, place);
    const aside = (ox - x) * step;
    if (aside <= 1) return;
    const far = aside + 3 * Math.abs(oy - y);
    if (far < nearest) [best, nearest] = [other, far];
  });
  return best;
}

function distance(scene: Scene, one: number, other: number): number {
  const [x, y] = middle(scene, one);
  const [ox, oy] = middle(scene, other);
  return Math.abs(oy - y) + 0.5 * Math.abs(ox - x);
}

function middle({ rects }: Scene, place: number): [number, number] {
  const i = 4 * place;
  return [at(rects, i) + at(rects, i + 2) / 2, at(rects, i + 1) + at(rects, i + 3) / 2];
}
