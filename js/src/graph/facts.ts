// What is known of a part, in words: for its details, the outline, and whoever hears rather than sees.
import { t, tn } from '../i18n';
import { count } from '../panel/format';
import { type ArrayFacts, at, type Graph, groupOf, keyOf, nodeOf } from './data';
import type { Ways } from './reach';
import type { Tree } from './tree';
import { nameWords, paramsOf, paramsWords, shapeWords } from './words';

export function titleOf(graph: Graph, part: number): string {
  const group = groupOf(graph, part);
  if (group) return nameWords(group.name, group.path);
  const node = nodeOf(graph, part);
  if (!node) return '';
  return node.kind === 'function' ? node.op : nameWords(node.name, node.path);
}

export function typeOf(graph: Graph, part: number): string {
  return groupOf(graph, part)?.type ?? nodeOf(graph, part)?.op ?? '';
}

export function arrayWords([shape, dtype]: ArrayFacts): string {
  return `${shapeWords(shape)} ${dtype}`.trim();
}

/** One line: name, operation, shape, parameters. */
export function lineOf(graph: Graph, part: number): string {
  const group = groupOf(graph, part);
  const node = nodeOf(graph, part);
  const title = titleOf(graph, part);
  const type = typeOf(graph, part);
  const facts = [title];
  if (type !== title) facts.push(type);
  if (group && (group.repeat ?? 1) > 1) facts.push(`× ${group.repeat}`);
  if (node?.outputs?.length) facts.push(node.outputs.map(([shape]) => shapeWords(shape)).join(', '));
  const params = group ? (group.params ?? 0) : paramsOf(node?.parameters);
  if (params) facts.push(paramsWords(params));
  if (node?.error) facts.push(t('failed: {reason}', { reason: node.error }));
  return facts.join(' · ');
}

/** The line of a group that was opened or closed. */
export function openWords(part: string, isOpen: boolean): string {
  return isOpen ? t('{part}, open', { part }) : t('{part}, closed', { part });
}

/** An array that crosses the border of a part: what it is, and the node at its other end. */
export interface Crossing {
  other: number;
  words: string;
}

/** What comes into a part from elsewhere, or goes out of it. */
export function crossings(tree: Tree, ways: Ways, part: number, into: boolean): Crossing[] {
  const { graph } = tree;
  const { src, dst, array, srcOut, dstIn } = graph.edges;
  const inside = tree.inside(part);
  const own = new Uint8Array(tree.parent.length);
  for (const node of inside) own[node] = 1;
  const found = new Map<number, Crossing & { place: number }>();
  for (const node of inside) {
    for (const edge of into ? ways.to(node) : ways.from(node)) {
      const other = at(into ? src : dst, edge);
      if (own[other]) continue;
      const facts = graph.arrays[at(array, edge)];
      const name = other * 4096 + at(srcOut, edge);
      const place = into ? at(dstIn, edge) : at(srcOut, edge);
      if (!found.has(name)) found.set(name, { other, words: facts ? arrayWords(facts) : '', place });
    }
  }
  return [...found.values()].sort((one, more) => (inside.length > 1 ? 0 : one.place - more.place));
}

/** Where a link leads and what goes along it, for a word beside the pointer. */
export function linkWords(graph: Graph, edges: ArrayLike<number>): string {
  const { src, dst, array } = graph.edges;
  const lines: string[] = [];
  for (let i = 0; i < edges.length && i < 6; i++) {
    const edge = at(edges, i);
    const facts = graph.arrays[at(array, edge)];
    const ends = `${shortName(graph, at(src, edge))} → ${shortName(graph, at(dst, edge))}`;
    lines.push(facts ? `${ends}: ${arrayWords(facts)}` : ends);
  }
  if (edges.length > 6) lines.push(t('and {number} more', { number: count(edges.length - 6) }));
  return [edges.length > 1 ? tn(edges.length, '{n} edge', '{n} edges') : '', ...lines]
    .filter(Boolean)
    .join('\n');
}

function shortName(graph: Graph, part: number): string {
  const node = nodeOf(graph, part);
  return node?.path || keyOf(graph, part);
}
