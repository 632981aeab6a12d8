// Graphs for tests: by hand, and by chance but the same each time.
import type { Graph } from '../../src/graph/data';
import { parseGraph } from '../../src/graph/parse';

export interface RawNode {
  key: string;
  group?: string | null;
  kind?: string;
  op?: string;
  name?: string;
  [field: string]: unknown;
}

export interface RawGroup {
  key: string;
  parent?: string | null;
  type?: string;
  [field: string]: unknown;
}

export type RawEdge = [src: string, dst: string, shape?: (number | null)[]];

export function raw(groups: RawGroup[], nodes: RawNode[], edges: RawEdge[]): Record<string, unknown> {
  return {
    version: 1,
    framework: 'torch',
    extractor: 'forward',
    hash: 'abc',
    groups: groups.map((group) => ({
      parent: null,
      path: group.key,
      name: group.key,
      type: 'Module',
      ...group,
    })),
    nodes: nodes.map((node) => ({ group: null, kind: 'function', op: 'add', name: node.key, ...node })),
    edges: edges.map(([src, dst, shape]) => [src, 0, dst, 0, ...(shape ? [shape, 'float32'] : [])]),
    notes: [],
  };
}

export const made = (...parts: Parameters<typeof raw>): Graph => parseGraph(JSON.stringify(raw(...parts)));

/** What Python sends: JSON, compressed. */
export async function packed(graph: Record<string, unknown>): Promise<DataView> {
  const { readable, writable } = new CompressionStream('deflate');
  const writer = writable.getWriter();
  void writer.write(new TextEncoder().encode(JSON.stringify(graph))).then(() => writer.close());
  return new DataView(await new Response(readable).arrayBuffer());
}

/** x → net (conv → block (lin → act) + skip → add) → y: every kind of link. */
export const net = (): Record<string, unknown> =>
  raw(
    [
      { key: 'net', path: '', name: 'Net', type: 'Net', params: 30 },
      { key: 'block', parent: 'net', type: 'Block', params: 20 },
    ],
    [
      { key: 'x', kind: 'input', op: 'input', outputs: [[[8, 3], 'float32']] },
      {
        key: 'conv',
        group: 'net',
        kind: 'module',
        op: 'Conv2d',
        path: 'conv',
        parameters: [['weight', [2, 5]]],
        outputs: [[[8, 5], 'float32']],
      },
      {
        key: 'block.lin',
        group: 'block',
        kind: 'module',
        op: 'Linear',
        name: 'lin',
        path: 'block.lin',
        parameters: [
          ['weight', [4, 4]],
          ['bias', [4], false],
        ],
      },
      { key: 'block.act', group: 'block', kind: 'module', op: 'ReLU', name: 'act', path: 'block.act' },
      { key: 'add', group: 'net', op: 'add' },
      { key: 'y', kind: 'output', op: 'output' },
    ],
    [
      ['x', 'conv', [8, 3]],
      ['conv', 'block.lin', [8, 5]],
      ['block.lin', 'block.act', [8, 4]],
      ['block.act', 'add', [8, 4]],
      ['conv', 'add', [8, 5]],
      ['add', 'y', [8, 4]],
    ],
  );

/** A source of numbers between 0 and 1 that is the same each time. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/** Nested groups and edges between any two nodes; a few close a circle. */
export function random(seed: number, groups: number, nodes: number, edges: number): Graph {
  const pick = chance(seed + 1);
  const below = (count: number): number => Math.floor(pick() * count);
  const rawGroups = Array.from({ length: groups }, (_, i) => ({
    key: `g${i}`,
    parent: i > 0 && pick() < 0.8 ? `g${below(i)}` : null,
  }));
  const rawNodes = Array.from({ length: nodes }, (_, i) => ({
    key: `n${i}`,
    group: pick() < 0.9 ? `g${below(groups)}` : null,
  }));
  const rawEdges = Array.from({ length: edges }, (): RawEdge => {
    const [a, b] = [below(nodes), below(nodes)];
    return pick() < 0.95 ? [`n${Math.min(a, b)}`, `n${Math.max(a, b)}`] : [`n${a}`, `n${b}`];
  });
  return made(rawGroups, rawNodes, rawEdges);
}

export function chain(count: number): Graph {
  const nodes = Array.from({ length: count }, (_, i) => ({ key: `n${i}`, group: 'g' }));
  const edges = nodes.slice(1).map((node, i): RawEdge => [`n${i}`, node.key]);
  return made([{ key: 'g' }], nodes, edges);
}
