import { describe, expect, it } from 'vitest';
import { parseGraph } from '../../src/graph/parse';
import { partValue, Statistics } from '../../src/graph/statistics';
import { colourAt, placeOn, scaleOf, tintOf, valueWords } from '../../src/graph/tint';
import { Tree } from '../../src/graph/tree';
import { net } from './made';

const graph = parseGraph(JSON.stringify(net()));
const tree = new Tree(graph);
const part = (key: string): number => graph.groups.length + graph.nodes.findIndex((node) => node.key === key);
const node = (key: string) => graph.nodes[part(key) - graph.groups.length] as (typeof graph.nodes)[number];

const statistics = new Statistics(
  {
    modules: ['conv', 'block.lin', 'block.act'],
    parameters: ['conv.weight', 'block.lin.weight', 'block.lin.bias'],
  },
  // mean, std, zeros, dead of each module; gradient, update and weight of each parameter.
  Float32Array.from([
    -0.5,
    1,
    0,
    Number.NaN,
    2,
    10,
    0.1,
    Number.NaN,
    1,
    100,
    0.5,
    0.25,
    0.001,
    0.5,
    5,
    3,
    0.3,
    4,
    4,
    0.4,
    3,
  ]),
);

describe('the statistics of a node', () => {
  it('are found by its path, and those of its parameters put together', () => {
    expect(statistics.of(node('conv'), 'mean')).toBe(-0.5);
    expect(statistics.of(node('block.act'), 'dead')).toBe(0.25);
    expect(statistics.of(node('block.lin'), 'grad')).toBe(5);
    expect(statistics.of(node('block.lin'), 'update')).toBeCloseTo(0.5);
    expect(statistics.of(node('block.lin'), 'ratio')).toBeCloseTo(0.1);
  });

  it('are none where nothing is recorded, and not a number where it has no value', () => {
    expect(statistics.of(node('add'), 'mean')).toBeUndefined();
    expect(statistics.of(node('block.act'), 'grad')).toBeUndefined();
    expect(statistics.of(node('conv'), 'dead')).toBeNaN();
  });

  it('become the median or the highest of a closed group', () => {
    expect(partValue(graph, tree, statistics, 1, 'std')).toBe(55);
    expect(partValue(graph, tree, statistics, 0, 'std')).toBe(10);
    expect(partValue(graph, tree, statistics, 0, 'zeros')).toBe(0.5);
    expect(partValue(graph, tree, statistics, 1, 'dead')).toBe(0.25);
  });
});

describe('the scale', () => {
  it('goes by powers of ten for spreads and norms, from 0 to 1 for shares, both ways for means', () => {
    const std = scaleOf(graph, statistics, 'std');
    expect(std).toEqual({ statistic: 'std', kind: 'log', low: 1, high: 100 });
    expect(std && placeOn(std, 10)).toBeCloseTo(0.5);
    expect(scaleOf(graph, statistics, 'zeros')).toMatchObject({ kind: 'share', low: 0, high: 1 });
    expect(scaleOf(graph, statistics, 'mean')).toMatchObject({ kind: 'signed', low: -2, high: 2 });
  });

  it('bears zeros, infinities and nothing but values that are none', () => {
    const columns = { modules: ['conv', 'block.lin'], parameters: [] };
    const of = (...values: number[]) => new Statistics(columns, Float32Array.from(values));
    const odd = of(0, 0, 0, 0, 0, Number.POSITIVE_INFINITY, 0, 0);
    const scale = scaleOf(graph, odd, 'std');
    expect(scale && placeOn(scale, 0)).toBe(0);
    expect(scale && placeOn(scale, Number.POSITIVE_INFINITY)).toBe(1);
    const none = scaleOf(graph, of(...new Array<number>(8).fill(Number.NaN)), 'std');
    expect(none).toMatchObject({ low: 1, high: 1 });
    expect(
      scaleOf(graph, new Statistics({ modules: [], parameters: [] }, new Float32Array()), 'std'),
    ).toBeNull();
  });

  it('tints, hatches what has no value, and leaves what is not recorded', () => {
    const scale = scaleOf(graph, statistics, 'dead');
    if (!scale) throw new Error('no scale');
    expect(tintOf(scale, 0.25, false)).toMatch(/^rgb\(\d+, \d+, \d+\)$/);
    expect(tintOf(scale, Number.NaN, false)).toBe('hatched');
    expect(tintOf(scale, undefined, false)).toBeNull();
    expect(colourAt('log', 0, false)).not.toBe(colourAt('log', 0, true));
    expect(colourAt('signed', 1, false)).toBe('rgb(8, 74, 133)');
  });
});

it('says values as people read them', () => {
  const said = [0, 0.0123, -0.5, 12.3456, 1e-7, 123456, Number.NaN, Number.POSITIVE_INFINITY, undefined];
  expect(said.map((value) => valueWords('grad', value))).toEqual([
    '0',
    '0.0123',
    '−0.500',
    '12.3',
    '1.0e−7',
    '1.2e5',
    'no value',
    '∞',
    'not recorded',
  ]);
  expect([0, 0.004, 0.93].map((value) => valueWords('dead', value))).toEqual(['0 %', '0.4 %', '93 %']);
});
