import { describe, expect, it } from 'vitest';
import { isGroup, keyOf, TOP } from '../../src/graph/data';
import { GraphError, parseGraph } from '../../src/graph/parse';
import { Tree } from '../../src/graph/tree';
import { made, net, raw } from './made';

describe('reading a graph', () => {
  it('numbers groups before nodes and keeps edges in columns', () => {
    const graph = parseGraph(JSON.stringify(net()));
    expect(graph.groups.map((group) => group.key)).toEqual(['net', 'block']);
    expect(keyOf(graph, graph.edges.src[1] as number)).toBe('conv');
    expect(keyOf(graph, graph.edges.dst[1] as number)).toBe('block.lin');
    expect(isGroup(graph, 1)).toBe(true);
    expect(isGroup(graph, 2)).toBe(false);
    // x → conv and the others: each shape is held once.
    expect(graph.arrays).toEqual([
      [[8, 3], 'float32'],
      [[8, 5], 'float32'],
      [[8, 4], 'float32'],
    ]);
  });

  it.each([
    ['half of a text', '{"version": 1, "gro'],
    ['nothing', 'null'],
    ['another version', JSON.stringify({ ...net(), version: 2 })],
    ['no nodes', JSON.stringify({ ...net(), nodes: undefined })],
    ['a group in none', JSON.stringify(raw([{ key: 'a', parent: 'b' }], [], []))],
    ['a node in a node', JSON.stringify(raw([{ key: 'g' }], [{ key: 'a' }, { key: 'b', group: 'a' }], []))],
    ['an edge to nowhere', JSON.stringify(raw([], [{ key: 'a' }], [['a', 'b']]))],
    ['the same key twice', JSON.stringify(raw([{ key: 'a' }], [{ key: 'a' }], []))],
  ])('refuses %s with a sentence', (_, text) => {
    expect(() => parseGraph(text)).toThrow(GraphError);
    expect(() => parseGraph(text)).toThrow(/\.$/);
  });

  it('draws a kind that it does not know as a function', () => {
    expect(made([], [{ key: 'a', kind: 'wormhole' }], []).nodes[0]?.kind).toBe('function');
  });
});

describe('the tree of groups', () => {
  it('has members in the order of computation, groups where their first node stands', () => {
    const tree = new Tree(parseGraph(JSON.stringify(net())));
    const keys = (group: number): string[] => tree.members(group).map((part) => keyOf(tree.graph, part));
    expect(keys(TOP)).toEqual(['x', 'net', 'y']);
    expect(keys(0)).toEqual(['conv', 'block', 'add']);
    expect([...tree.inside(0)].map((part) => keyOf(tree.graph, part))).toEqual([
      'conv',
      'block.lin',
      'block.act',
      'add',
    ]);
    expect(tree.around(4)).toEqual([0, 1]);
  });

  it('is made of groups nested 20,000 deep', () => {
    const groups = Array.from({ length: 20_000 }, (_, i) => ({
      key: `g${i}`,
      parent: i ? `g${i - 1}` : null,
    }));
    const tree = new Tree(made(groups, [{ key: 'n', group: 'g19999' }], []));
    expect(tree.inside(0)).toHaveLength(1);
    expect(tree.around(20_000)).toHaveLength(20_000);
  });
});
