// What is drawn inside one open group: its members, where edges enter and leave it, and the links between these.
//
// An edge between nodes of different groups is a link between the two members of the innermost group around both, and
// goes on inside each of these where they are open: from the member to a port on its border. So nothing is dropped.
import { at, isGroup, TOP } from './data';
import type { Tree } from './tree';

/** Members that one level draws at most; two boxes stand for those before and after them. */
export const MOST = 10_000;
/** Members that are drawn at first where there are more than `MOST`. */
const WINDOW = 1_000;

/** Edges between the same two boxes, drawn as one. */
export interface Link {
  a: number;
  b: number;
  edges: number[];
}

export interface Level {
  group: number;
  /** The parts; a box that stands for members that are not drawn has a number below TOP. */
  boxes: number[];
  /** Ports follow the boxes where links name their ends: first those where edges enter, then those where they leave. */
  entries: number;
  exits: number;
  links: Link[];
  /** For the links of the level above that end here, by their place there: the port in this level. */
  ports: Map<number, number>;
}

/** The number of the box that stands for the members of a group before or after those that are drawn. */
export const restBox = (group: number, after: boolean): number => -2 * (group + 2) - (after ? 1 : 0);
export const restOf = (box: number): { group: number; after: boolean } => ({
  group: Math.floor(-box / 2) - 2,
  after: -box % 2 === 1,
});

export class Levels {
  readonly #made = new Map<number, Level>();
  readonly #windows = new Map<number, number>();
  readonly #start: Int32Array;
  readonly #inner: Int32Array;

  constructor(readonly tree: Tree) {
    const { src, dst } = tree.graph.edges;
    const lowest = Int32Array.from(src, (from, i) => common(tree, from, at(dst, i)));
    this.#start = new Int32Array(tree.graph.groups.length + 2);
    for (const level of lowest) this.#start[level + 2] = at(this.#start, level + 2) + 1;
    for (let i = 1; i < this.#start.length; i++) this.#start[i] = at(this.#start, i) + at(this.#start, i - 1);
    const next = this.#start.slice();
    this.#inner = new Int32Array(src.length);
    lowest.forEach((level, edge) => {
      const place = at(next, level + 1);
      next[level + 1] = place + 1;
      this.#inner[place] = edge;
    });
  }

  /** The level of a group, or of what lies outside of all groups. */
  of(group: number): Level {
    const known = this.#made.get(group);
    if (known) return known;
    const chain = group === TOP ? [] : [TOP, ...this.tree.around(group)];
    let above: Level | undefined;
    for (const around of [...chain, group]) {
      const level = this.#made.get(around) ?? this.#make(around, above);
      this.#made.set(around, level);
      above = level;
    }
    return above as Level;
  }

  /** Which members are drawn: from the first to before the second. */
  window(group: number): [from: number, to: number] {
    const count = this.tree.members(group).length;
    if (count <= MOST) return [0, count];
    const from = this.#windows.get(group) ?? 0;
    return [from, Math.min(count, from + WINDOW)];
  }

  /** Draw the members around one of them, where not all are drawn; whether that changed anything. */
  moveTo(group: number, place: number): boolean {
    const [from, to] = this.window(group);
    if (place >= from && place < to) return false;
    const count = this.tree.members(group).length;
    this.#windows.set(group, Math.max(0, Math.min(count - WINDOW, place - WINDOW / 2)));
    // The levels inside name the links of this one by their places.
    this.#made.clear();
    return true;
  }

  #make(group: number, above: Level | undefined): Level {
    const members = this.tree.members(group);
    const [from, to] = this.window(group);
    const boxes: number[] = members.slice(from, to);
    if (from > 0) boxes.unshift(restBox(group, false));
    if (to < members.length) boxes.push(restBox(group, true));
    const shift = from > 0 ? 1 - from : 0;
    const boxOf = (part: number): number => {
      const place = at(this.tree.place, this.tree.memberAt(part, group));
      return place < from ? 0 : place >= to ? boxes.length - 1 : place + shift;
    };
    const links = new Links();
    const { src, dst } = this.tree.graph.edges;
    for (let i = at(this.#start, group + 1); i < at(this.#start, group + 2); i++) {
      const edge = at(this.#inner, i);
      links.add(boxOf(at(src, edge)), boxOf(at(dst, edge)), edge);
    }
    const gates = above ? gatesOf(this.tree, group, above) : [];
    const entries = gates.filter((gate) => gate.enters);
    const sorted = [...entries, ...gates.filter((gate) => !gate.enters)];
    const ports = new Map<number, number>();
    sorted.forEach((gate, i) => {
      const port = boxes.length + i;
      for (const link of gate.links) ports.set(link, port);
      for (const edge of gate.edges) {
        if (gate.enters) links.add(port, boxOf(at(dst, edge)), edge);
        else links.add(boxOf(at(src, edge)), port, edge);
      }
    });
    return {
      group,
      boxes,
      entries: entries.length,
      exits: sorted.length - entries.length,
      links: links.all,
      ports,
    };
  }
}

interface Gate {
  enters: boolean;
  edges: number[];
  links: number[];
}

/** Where edges cross a group's border; links that carry the same arrays in the same direction cross it together. */
function gatesOf(tree: Tree, group: number, above: Level): Gate[] {
  const box = above.boxes.indexOf(group);
  const { src, srcOut } = tree.graph.edges;
  const gates = new Map<string, Gate>();
  above.links.forEach((link, place) => {
    if (link.a !== box && link.b !== box) return;
    const enters = link.b === box;
    const arrays = new Set(link.edges.map((edge) => `${at(src, edge)}.${at(srcOut, edge)}`));
    const name = `${enters} ${[...arrays].sort().join()}`;
    const gate = gates.get(name) ?? { enters, edges: [], links: [] };
    gates.set(name, gate);
    gate.links.push(place);
    gate.edges.push(...link.edges);
  });
  return [...gates.values()];
}

class Links {
  readonly all: Link[] = [];
  readonly #places = new Map<number, number>();

  add(a: number, b: number, edge: number): void {
    // A node that reads its own output is told in its details; drawn, it would be a loop over itself.
    if (a === b) return;
    const name = a * 2 ** 26 + b;
    const place = this.#places.get(name);
    if (place !== undefined) {
      this.all[place]?.edges.push(edge);
      return;
    }
    this.#places.set(name, this.all.length);
    this.all.push({ a, b, edges: [edge] });
  }
}

/** The innermost group around two nodes, or TOP. */
function common(tree: Tree, one: number, other: number): number {
  let a = at(tree.parent, one);
  let b = at(tree.parent, other);
  const depth = (group: number): number => (group === TOP ? -1 : at(tree.depth, group));
  while (a !== b) {
    if (depth(a) >= depth(b)) a = at(tree.parent, a);
    else b = at(tree.parent, b);
  }
  return a;
}

/** Whether a box can be opened. */
export function opens(tree: Tree, box: number): boolean {
  return isGroup(tree.graph, box);
}
