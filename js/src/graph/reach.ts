// What comes before a part and what comes after it, along the edges.
import { at, type Graph } from './data';
import type { Scene } from './scene';
import type { Tree } from './tree';

const BEFORE = 1;
const AFTER = 2;
const SELF = 3;

/** The edges by their ends. */
export class Ways {
  readonly #out: Columns;
  readonly #into: Columns;

  constructor(readonly graph: Graph) {
    const count = graph.groups.length + graph.nodes.length;
    this.#out = columns(count, graph.edges.src);
    this.#into = columns(count, graph.edges.dst);
  }

  /** The edges that leave a node. */
  from(node: number): Int32Array {
    return cut(this.#out, node);
  }

  /** The edges that arrive at a node. */
  to(node: number): Int32Array {
    return cut(this.#into, node);
  }

  /** For each part whether it is before the given nodes (1), after them (2), or one of them (3). */
  reach(nodes: ArrayLike<number>): Uint8Array {
    const { src, dst } = this.graph.edges;
    const marks = new Uint8Array(this.graph.groups.length + this.graph.nodes.length);
    const spread = (bit: number, next: (node: number) => Int32Array, end: Int32Array): void => {
      const waiting = Array.from(nodes);
      for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
        if (at(marks, node) & bit) continue;
        marks[node] = at(marks, node) | bit;
        for (const edge of next(node)) waiting.push(at(end, edge));
      }
    };
    spread(BEFORE, (node) => this.to(node), src);
    spread(AFTER, (node) => this.from(node), dst);
    for (let i = 0; i < nodes.length; i++) marks[at(nodes, i)] = SELF;
    return marks;
  }
}

interface Columns {
  start: Int32Array;
  list: Int32Array;
}

const cut = ({ start, list }: Columns, node: number): Int32Array =>
  list.subarray(at(start, node), at(start, node + 1));

function columns(count: number, ends: Int32Array): Columns {
  const start = new Int32Array(count + 1);
  for (const end of ends) start[end + 1] = at(start, end + 1) + 1;
  for (let i = 0; i < count; i++) start[i + 1] = at(start, i + 1) + at(start, i);
  const next = start.slice();
  const list = new Int32Array(ends.length);
  ends.forEach((end, edge) => {
    list[at(next, end)] = edge;
    next[end] = at(next, end) + 1;
  });
  return { start, list };
}

/** Which boxes and links of a scene lie on a way through a part: 1 if so, 2 for links inside of it, else 0. */
export function litBy(
  part: number,
  ways: Ways,
  tree: Tree,
  scene: Scene,
): { boxes: Uint8Array; links: Uint8Array } {
  const marks = ways.reach(tree.inside(part));
  const { src, dst } = tree.graph.edges;
  const boxes = Uint8Array.from(scene.parts, (box) =>
    Number(box < 0 || tree.inside(box).some((node) => at(marks, node) > 0)),
  );
  const links = Uint8Array.from(scene.marks, (_, link) => {
    for (let i = at(scene.edgeStarts, link); i < at(scene.edgeStarts, link + 1); i++) {
      const edge = at(scene.edges, i);
      const [from, to] = [at(marks, at(src, edge)), at(marks, at(dst, edge))];
      // Both ends before, or both after: an edge that goes past the part leads from before it to after it.
      if (from & to) return from === SELF && to === SELF ? 2 : 1;
    }
    return 0;
  });
  return { boxes, links };
}
