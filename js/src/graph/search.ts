// Finds parts by what they are called, what they do, and where they are.
import { type Graph, isGroup } from './data';
import type { Tree } from './tree';

/** The parts that match all words, the best first: names before operations before paths. */
export function find(graph: Graph, tree: Tree, text: string): number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found: { part: number; rank: number }[] = [];
  const consider = (part: number, name: string, op: string, path: string): void => {
    const fields = [name, op, path].map((field) => field.toLowerCase());
    let rank = 0;
    for (const word of words) {
      const [inName, inOp, inPath] = fields.map((field) => field.indexOf(word)) as [number, number, number];
      if (inName === 0 && fields[0]?.length === word.length) rank += 0;
      else if (inName === 0) rank += 1;
      else if (inName > 0) rank += 2;
      else if (inOp >= 0) rank += 3;
      else if (inPath >= 0) rank += 4;
      else return;
    }
    found.push({ part, rank });
  };
  graph.groups.forEach((group, i) => {
    consider(i, group.name, group.type, group.path);
  });
  graph.nodes.forEach((node, i) => {
    consider(graph.groups.length + i, node.name, node.op, node.path ?? node.key);
  });
  const order = orderOf(tree);
  found.sort((one, other) => one.rank - other.rank || order(one.part) - order(other.part));
  return found.map(({ part }) => part);
}

/** Where a part stands in the order of computation. */
function orderOf(tree: Tree): (part: number) => number {
  const places = new Int32Array(tree.parent.length);
  tree.nodes.forEach((node, i) => {
    places[node] = i;
  });
  return (part) => {
    const first = isGroup(tree.graph, part) ? tree.inside(part)[0] : part;
    return first === undefined ? 0 : (places[first] ?? 0) - (first === part ? 0 : 0.5);
  };
}

/** The part with this path: the innermost one whose own path it is, or that holds a parameter of this name. */
export function byPath(graph: Graph, path: string): number | undefined {
  const node = graph.nodes.findIndex((one) => one.path === path);
  if (node >= 0) return graph.groups.length + node;
  const group = graph.groups.findIndex((one) => one.path === path && path !== '');
  if (group >= 0) return group;
  const owner = graph.nodes.findIndex((one) =>
    one.parameters?.some(([name]) => `${one.path}.${name}` === path),
  );
  if (owner >= 0) return graph.groups.length + owner;
  const key = graph.nodes.findIndex((one) => one.key === path);
  return key >= 0 ? graph.groups.length + key : undefined;
}
