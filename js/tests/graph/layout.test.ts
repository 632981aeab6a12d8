import { describe, expect, it } from 'vitest';
import { Arranger } from '../../src/graph/arrange';
import { type Graph, TOP } from '../../src/graph/data';
import { placeLarge, rising } from '../../src/graph/large';
import { Levels } from '../../src/graph/levels';
import { firstOpen } from '../../src/graph/opening';
import { ranked } from '../../src/graph/ranks';
import type { Scene } from '../../src/graph/scene';
import { Tree } from '../../src/graph/tree';
import { chain, chance, made, random } from './made';

type Rect = [x: number, y: number, width: number, height: number];

const rectOf = (scene: Scene, place: number): Rect =>
  [...scene.rects.subarray(4 * place, 4 * place + 4)] as unknown as Rect;

function arranged(graph: Graph, open?: (group: number) => boolean): Promise<Scene> {
  const tree = new Tree(graph);
  const first = firstOpen(tree);
  return new Arranger(new Levels(tree)).arrange(open ?? ((group) => first.has(group)));
}

/** Boxes of one level never overlap, and every member lies inside its frame. */
function checkBoxes(graph: Graph, scene: Scene): void {
  const tree = new Tree(graph);
  const places = new Map(Array.from(scene.parts, (part, place) => [part, place]));
  const levels = new Map<number, number[]>();
  const faults: string[] = [];
  scene.parts.forEach((part, place) => {
    const parent = tree.parent[part] as number;
    levels.set(parent, [...(levels.get(parent) ?? []), place]);
    const frame = places.get(parent);
    if (frame === undefined) return;
    const [x, y, width, height] = rectOf(scene, place);
    const [fx, fy, fwidth, fheight] = rectOf(scene, frame);
    if (x < fx || y < fy + 20 || x + width > fx + fwidth || y + height > fy + fheight)
      faults.push(`${part} juts out`);
  });
  for (const inside of levels.values()) {
    for (const one of inside) {
      for (const other of inside) {
        if (one >= other) continue;
        const [ax, ay, aw, ah] = rectOf(scene, one);
        const [bx, by, bw, bh] = rectOf(scene, other);
        const apart =
          ax + aw <= bx + 0.1 || bx + bw <= ax + 0.1 || ay + ah <= by + 0.1 || by + bh <= ay + 0.1;
        if (!apart) faults.push(`${one} lies on ${other}`);
      }
    }
  }
  expect(faults).toEqual([]);
}

/** Every link begins and ends on the border of the box that it names. */
function checkLinks(scene: Scene): void {
  const faults: string[] = [];
  for (let link = 0; link < scene.marks.length; link++) {
    const [start, end] = [scene.starts[link] as number, scene.starts[link + 1] as number];
    if ((end - start - 2) % 6 !== 0) faults.push(`${link} is no curve`);
    const points = scene.points.subarray(start, end);
    if (!points.every(Number.isFinite)) faults.push(`${link} leads nowhere`);
    for (const [place, at] of [
      [scene.ends[2 * link] as number, 0],
      [scene.ends[2 * link + 1] as number, points.length - 2],
    ] as const) {
      const [x, y, width, height] = rectOf(scene, place);
      const [px, py] = [points[at] as number, points[at + 1] as number];
      const along = px >= x - 0.5 && px <= x + width + 0.5;
      const on = Math.min(Math.abs(py - y), Math.abs(py - y - height)) < 0.5;
      if (!along || !on) faults.push(`${link} does not meet ${place}`);
    }
  }
  expect(faults).toEqual([]);
}

// A slow machine may take its time over the large ones.
describe('the layout', { timeout: 60_000 }, () => {
  it('keeps boxes apart and inside their frames, and links at their boxes', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const graph = random(seed, 9, 45, 70);
      const pick = chance(seed + 99);
      const open = new Set(graph.groups.map((_, group) => group).filter(() => pick() < 0.7));
      const scene = await arranged(graph, (group) => open.has(group));
      checkBoxes(graph, scene);
      checkLinks(scene);
    }
  });

  it('does so for levels that are too large for dagre', async () => {
    for (let seed = 0; seed < 3; seed++) {
      const graph = random(seed, 2, 900, 1200);
      const scene = await arranged(graph, () => true);
      checkLinks(scene);
      const wide = Math.max(...Array.from(scene.rects.filter((_, i) => i % 4 === 2)));
      expect(wide).toBeLessThan(60_000);
    }
  });

  it('has room for a chain of 10,000, in columns', async () => {
    const graph = chain(10_000);
    const scene = await arranged(graph, () => true);
    expect(scene.parts).toHaveLength(10_001);
    expect(scene.marks).toHaveLength(9_999);
    expect(scene.width / scene.height).toBeGreaterThan(0.5);
    expect(scene.width / scene.height).toBeLessThan(4);
    checkLinks(scene);
  });

  it('has room for 10,000 boxes that nothing joins', async () => {
    const graph = made(
      [{ key: 'g' }],
      Array.from({ length: 10_000 }, (_, i) => ({ key: `n${i}`, group: 'g' })),
      [],
    );
    const scene = await arranged(graph, () => true);
    expect(scene.parts).toHaveLength(10_001);
    expect(scene.width / scene.height).toBeGreaterThan(0.3);
    expect(scene.width / scene.height).toBeLessThan(8);
  });

  it('lays nothing out for a graph without nodes', async () => {
    const scene = await arranged(made([], [], []));
    expect(scene.parts).toHaveLength(0);
  });

  it('is the same after a group was opened and closed again', async () => {
    const graph = random(3, 9, 45, 70);
    const arranger = new Arranger(new Levels(new Tree(graph)));
    const before = await arranger.arrange((group) => group === 0);
    await arranger.arrange(() => true);
    expect(await arranger.arrange((group) => group === 0)).toEqual(before);
  });

  it('lets others have their turn between two groups', async () => {
    let turns = 0;
    const graph = random(3, 9, 45, 70);
    await new Arranger(new Levels(new Tree(graph))).arrange(
      () => true,
      () => {
        turns += 1;
        return Promise.resolve();
      },
    );
    expect(turns).toBeGreaterThan(3);
  });
});

describe('ranks', () => {
  it('lead every link downwards, but those that close a circle', () => {
    const links = [
      { a: 0, b: 1 },
      { a: 1, b: 2 },
      { a: 2, b: 0 },
      { a: 2, b: 3 },
    ];
    const { rank, reversed } = ranked(4, links, 0, 0);
    expect([...rank]).toEqual([0, 1, 2, 3]);
    expect([...reversed]).toEqual([0, 0, 1, 0]);
  });

  it('put a constant beside what uses it, and ports first and last', () => {
    // 0 → 1 → 2, a constant 3 → 2; enters at 4, leaves at 5.
    const links = [
      { a: 4, b: 0 },
      { a: 0, b: 1 },
      { a: 1, b: 2 },
      { a: 3, b: 2 },
      { a: 0, b: 5 },
    ];
    const { rank, layers } = ranked(6, links, 1, 1);
    expect([...rank]).toEqual([1, 2, 3, 2, 0, 4]);
    expect(layers).toBe(5);
  });

  it('are found for a chain of 100,000', () => {
    const links = Array.from({ length: 99_999 }, (_, i) => ({ a: i, b: i + 1 }));
    expect(ranked(100_000, links, 0, 0).layers).toBe(100_000);
  });
});

it('pools what falls into rising numbers', () => {
  expect(rising([1, 3, 2, 4])).toEqual([1, 2.5, 2.5, 4]);
  expect(rising([3, 2, 1])).toEqual([2, 2, 2]);
  expect(rising([])).toEqual([]);
});

it('places a level of one box', () => {
  const placed = placeLarge({ count: 1, entries: 0, exits: 0, links: [], width: [80], height: [24] });
  expect([placed.x[0], placed.y[0], placed.width, placed.height]).toEqual([40, 12, 80, 24]);
});

describe('what is open at first', () => {
  it('opens the model, never what is folded, and about 40 boxes', () => {
    const groups = [{ key: 'net' }, { key: 'stack', parent: 'net', repeat: 12 }];
    const nodes = Array.from({ length: 12 }, (_, i) => ({ key: `n${i}`, group: 'stack' }));
    const tree = new Tree(made(groups, nodes, []));
    expect([...firstOpen(tree)]).toEqual([0]);
  });

  it('opens all groups of one class, or none', () => {
    const groups = [
      { key: 'net' },
      ...Array.from({ length: 4 }, (_, i) => ({ key: `big${i}`, parent: 'net', type: 'Big' })),
      ...Array.from({ length: 3 }, (_, i) => ({ key: `small${i}`, parent: 'net', type: 'Small' })),
    ];
    const inside = (key: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({ key: `${key}.${i}`, group: key }));
    const nodes = groups.slice(1).flatMap(({ key }) => inside(key, key.startsWith('big') ? 30 : 4));
    const tree = new Tree(made(groups, nodes, []));
    expect([...firstOpen(tree)].map((group) => tree.graph.groups[group]?.key)).toEqual([
      'net',
      'small0',
      'small1',
      'small2',
    ]);
  });

  it('keeps a model closed that has more members than are drawn', () => {
    expect(firstOpen(new Tree(chain(10_001))).size).toBe(0);
    expect(new Tree(chain(10_001)).members(TOP)).toHaveLength(1);
  });
});
