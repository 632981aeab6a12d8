// Reads the JSON of a graph, and refuses what does not fit together: everything after may rely on it.
import { t } from '../i18n';
import type { ArrayFacts, Edges, Graph, Group, Kind, Node, Shape } from './data';

const VERSION = 1;
const KINDS: ReadonlySet<string> = new Set<Kind>([
  'input',
  'output',
  'module',
  'function',
  'parameter',
  'constant',
  'backward',
]);

type RawEdge = [src: string, srcOut: number, dst: string, dstIn: number, shape?: Shape, dtype?: string];

interface RawGraph {
  version: number;
  framework: string;
  extractor: string;
  hash: string;
  groups: Group[];
  nodes: Node[];
  edges: RawEdge[];
  notes: string[];
}

/** Say in a sentence why a graph cannot be shown. */
export class GraphError extends Error {
  override name = 'GraphError';
}

export function parseGraph(text: string): Graph {
  let raw: RawGraph;
  try {
    raw = JSON.parse(text) as RawGraph;
  } catch {
    throw new GraphError(t('The graph that came from the kernel is not whole.'));
  }
  if (raw?.version !== VERSION) {
    throw new GraphError(
      t('This page and the kernel have different versions of nnwidgets. Reload the page.'),
    );
  }
  if (![raw.groups, raw.nodes, raw.edges].every(Array.isArray)) {
    throw new GraphError(t('The graph that came from the kernel has no nodes.'));
  }
  const parts = new Map<string, number>();
  for (const group of raw.groups) {
    const known = group.parent == null || parts.has(group.parent);
    if (!known)
      throw new GraphError(t('The group “{key}” lies in one that is not there.', { key: group.key }));
    parts.set(String(group.key), parts.size);
  }
  for (const node of raw.nodes) {
    const home = node.group == null ? 0 : parts.get(node.group);
    if (home === undefined || home >= Math.max(1, raw.groups.length)) {
      throw new GraphError(t('The node “{key}” lies in a group that is not there.', { key: node.key }));
    }
    if (!KINDS.has(node.kind)) node.kind = 'function';
    parts.set(String(node.key), parts.size);
  }
  if (parts.size < raw.groups.length + raw.nodes.length) {
    throw new GraphError(t('Two parts of this graph have the same key.'));
  }
  const arrays: ArrayFacts[] = [];
  return {
    framework: String(raw.framework ?? ''),
    extractor: String(raw.extractor ?? ''),
    hash: String(raw.hash ?? ''),
    notes: (raw.notes ?? []).map(String),
    groups: raw.groups,
    nodes: raw.nodes,
    edges: columns(raw.edges, parts, arrays),
    arrays,
  };
}

function columns(edges: RawEdge[], parts: Map<string, number>, arrays: ArrayFacts[]): Edges {
  const column = (): Int32Array => new Int32Array(edges.length);
  const made: Edges = { src: column(), srcOut: column(), dst: column(), dstIn: column(), array: column() };
  const places = new Map<string, number>();
  edges.forEach(([src, srcOut, dst, dstIn, shape, dtype], i) => {
    const from = parts.get(src);
    const to = parts.get(dst);
    if (from === undefined || to === undefined) {
      throw new GraphError(
        t('An edge goes from “{src}” to “{dst}”, and one of them is not there.', { src, dst }),
      );
    }
    made.src[i] = from;
    made.srcOut[i] = srcOut;
    made.dst[i] = to;
    made.dstIn[i] = dstIn;
    made.array[i] = shape ? placeOf([shape, dtype ?? ''], arrays, places) : -1;
  });
  return made;
}

function placeOf(array: ArrayFacts, arrays: ArrayFacts[], places: Map<string, number>): number {
  const name = `${array[0].join()} ${array[1]}`;
  const known = places.get(name);
  if (known !== undefined) return known;
  places.set(name, arrays.length);
  return arrays.push(array) - 1;
}
