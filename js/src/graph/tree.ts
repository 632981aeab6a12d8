// How the parts of a graph lie in one another. Nothing here recurses: a model may be nested deeper than the stack.
import { at, type Graph, TOP } from './data';

export class Tree {
  /** The group of each part, or TOP. */
  readonly parent: Int32Array;
  /** How many groups are around each part. */
  readonly depth: Int32Array;
  /** The place of each part among the members of its group, in the order of computation. */
  readonly place: Int32Array;
  /** The nodes, so that those inside one group stand together. */
  readonly nodes: Int32Array;
  readonly #first: Int32Array;
  readonly #end: Int32Array;
  readonly #members: number[][];

  constructor(readonly graph: Graph) {
    const groups = graph.groups.length;
    const count = groups + graph.nodes.length;
    this.parent = parentsOf(graph);
    this.depth = new Int32Array(count);
    for (let part = 0; part < count; part++) {
      const above = at(this.parent, part);
      if (above !== TOP) this.depth[part] = at(this.depth, above) + 1;
    }
    this.place = new Int32Array(count).fill(-1);
    this.#members = Array.from({ length: groups + 1 }, () => []);
    for (let node = groups; node < count; node++) this.#register(node);
    for (let group = 0; group < groups; group++) this.#register(group);
    this.nodes = new Int32Array(graph.nodes.length);
    this.#first = new Int32Array(groups + 1);
    this.#end = new Int32Array(groups + 1);
    this.#number();
  }

  /** The members of a group, or of the graph, in the order of computation. */
  members(group: number): readonly number[] {
    return this.#members[group + 1] ?? [];
  }

  /** All nodes inside a part, however deep; a node has itself. */
  inside(part: number): Int32Array {
    if (part >= this.graph.groups.length) return Int32Array.of(part);
    return this.nodes.subarray(at(this.#first, part + 1), at(this.#end, part + 1));
  }

  /** The groups around a part, the outermost first. */
  around(part: number): number[] {
    const groups: number[] = [];
    for (let group = at(this.parent, part); group !== TOP; group = at(this.parent, group)) groups.push(group);
    return groups.reverse();
  }

  /** The member of a group in which a part lies; the part itself where it is one. */
  memberAt(part: number, group: number): number {
    let member = part;
    while (at(this.parent, member) !== group) member = at(this.parent, member);
    return member;
  }

  #register(part: number): void {
    for (let child = part; child !== TOP && at(this.place, child) < 0; child = at(this.parent, child)) {
      const members = this.#members[at(this.parent, child) + 1] as number[];
      this.place[child] = members.push(child) - 1;
    }
  }

  #number(): void {
    let count = 0;
    const waiting: { group: number; next: number }[] = [{ group: TOP, next: 0 }];
    for (let top = waiting.at(-1); top; top = waiting.at(-1)) {
      const member = this.members(top.group)[top.next++];
      if (member === undefined) {
        this.#end[top.group + 1] = count;
        waiting.pop();
      } else if (member < this.graph.groups.length) {
        this.#first[member + 1] = count;
        waiting.push({ group: member, next: 0 });
      } else {
        this.nodes[count++] = member;
      }
    }
  }
}

function parentsOf(graph: Graph): Int32Array {
  const numbers = new Map(graph.groups.map((group, i) => [group.key, i]));
  const number = (key: string | null): number => (key === null ? TOP : (numbers.get(key) ?? TOP));
  return Int32Array.from([
    ...graph.groups.map((group) => number(group.parent ?? null)),
    ...graph.nodes.map((node) => number(node.group ?? null)),
  ]);
}
