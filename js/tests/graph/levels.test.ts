import { describe, expect, it } from 'vitest';
import { type Graph, keyOf, TOP } from '../../src/graph/data';
import { type Level, Levels, MOST, restOf } from '../../src/graph/levels';
import { parseGraph } from '../../src/graph/parse';
import { Tree } from '../../src/graph/tree';
import { chain, made, net, random } from './made';

const levelsOf = (graph: Graph): Levels => new Levels(new Tree(graph));

function named(levels: Levels, level: Level): string[] {
  const { graph } = levels.tree;
  const name = (end: number): string => {
    const box = level.boxes[end];
    if (box !== undefined) return box < TOP ? 'rest' : keyOf(graph, box);
    return end < level.boxes.length + level.entries ? 'in' : 'out';
  };
  return level.links.map((link) => `${name(link.a)}>${name(link.b)}×${link.edges.length}`).sort();
}

describe('the links of a level', () => {
  const levels = levelsOf(parseGraph(JSON.stringify(net())));

  it('lifts edges to the innermost group around both ends', () => {
    expect(named(levels, levels.of(TOP))).toEqual(['net>y×1', 'x>net×1']);
    expect(named(levels, levels.of(0))).toEqual([
      'add>out×1',
      'block>add×1',
      'conv>add×1',
      'conv>block×1',
      'in>conv×1',
    ]);
  });

  it('goes on from the border to the nodes inside', () => {
    expect(named(levels, levels.of(1))).toEqual([
      'block.act>out×1',
      'block.lin>block.act×1',
      'in>block.lin×1',
    ]);
  });

  it('merges edges between the same two boxes, and lets one array cross a border once', () => {
    const found = levelsOf(
      made(
        [{ key: 'a' }, { key: 'b' }],
        [{ key: 'a1', group: 'a' }, { key: 'b1', group: 'b' }, { key: 'b2', group: 'b' }, { key: 'c' }],
        [
          ['a1', 'b1'],
          ['a1', 'b2'],
          ['a1', 'c'],
        ],
      ),
    );
    expect(named(found, found.of(TOP))).toEqual(['a>b×2', 'a>c×1']);
    expect(found.of(0).exits).toBe(1);
    expect(found.of(1).entries).toBe(1);
    expect(named(found, found.of(1))).toEqual(['in>b1×1', 'in>b2×1']);
  });

  it('drops no edge: each is a link of its level and of every group between it and its ends', () => {
    for (let seed = 0; seed < 40; seed++) {
      const found = levelsOf(random(seed, 8, 40, 70));
      const { graph, tree } = { graph: found.tree.graph, tree: found.tree };
      const seen = new Map<number, number>();
      for (const group of [TOP, ...graph.groups.keys()]) {
        for (const link of found.of(group).links) {
          for (const edge of link.edges) seen.set(edge, (seen.get(edge) ?? 0) + 1);
        }
      }
      graph.edges.src.forEach((src, edge) => {
        const dst = graph.edges.dst[edge] as number;
        if (src === dst) return;
        const [one, other] = [tree.around(src), tree.around(dst)];
        let shared = 0;
        while (shared < one.length && one[shared] === other[shared]) shared += 1;
        expect(seen.get(edge)).toBe(1 + one.length - shared + (other.length - shared));
      });
    }
  });
});

describe('a level with too many members', () => {
  it('draws some and says how many are left, and moves to those that are wanted', () => {
    const count = MOST + 5000;
    const levels = levelsOf(chain(count));
    const level = levels.of(0);
    expect(level.boxes.length).toBeLessThan(2000);
    const rest = level.boxes.at(-1) as number;
    expect(restOf(rest)).toEqual({ group: 0, after: true });
    expect(named(levels, level)).toContain(`${'n999'}>rest×1`);
    expect(levels.moveTo(0, 8000)).toBe(true);
    const moved = levels.of(0);
    expect(moved.boxes).toContain(1 + 8000);
    expect(restOf(moved.boxes[0] as number)).toEqual({ group: 0, after: false });
    expect(moved.links.reduce((sum, link) => sum + link.edges.length, 0)).toBeLessThan(2000);
    expect(levels.moveTo(0, 8001)).toBe(false);
  });
});
