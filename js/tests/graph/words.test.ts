import { describe, expect, it } from 'vitest';
import { begun, centred, fitted, kept, nudged, zoomed } from '../../src/graph/camera';
import { parseGraph } from '../../src/graph/parse';
import { Ways } from '../../src/graph/reach';
import { byPath, find } from '../../src/graph/search';
import { Tree } from '../../src/graph/tree';
import { big, nameWords, shapeWords, shorten, textWidth } from '../../src/graph/words';
import { chain, net } from './made';

describe('words', () => {
  it('say large numbers in three figures, as Python does', () => {
    expect([0, 999, 1000, 25_557_032, 109_482_240, 4.1e9].map(big)).toEqual([
      '0',
      '999',
      '1.00 k',
      '25.6 M',
      '109 M',
      '4.10 G',
    ]);
  });

  it('say in which list a layer is', () => {
    expect([nameWords('0', 'blocks.0'), nameWords('0', '0'), nameWords('fc', 'net.fc')]).toEqual([
      'blocks.0',
      '0',
      'fc',
    ]);
  });

  it('say shapes', () => {
    expect([shapeWords([64, 3, null]), shapeWords([])]).toEqual(['64×3×?', 'scalar']);
  });

  it('shorten names in the middle', () => {
    const name = 'encoder.layers.11.attention.self.query';
    const short = shorten(name, 120, 13);
    expect(short).toMatch(/^enc.*…[^…]*ery$/);
    expect(textWidth(short, 13)).toBeLessThanOrEqual(120);
    expect(shorten('add', 120, 13)).toBe('add');
    expect(shorten(name, 1, 13)).toBe('…');
  });
});

describe('the search', () => {
  const graph = parseGraph(JSON.stringify(net()));
  const tree = new Tree(graph);
  const keys = (text: string): string[] =>
    find(graph, tree, text).map((part) => (graph.groups[part] ?? graph.nodes[part - 2])?.key ?? '');

  it('finds by name, operation and path, names first', () => {
    expect(keys('conv')).toEqual(['conv']);
    expect(keys('relu')).toEqual(['block.act']);
    expect(keys('block')).toEqual(['block', 'block.lin', 'block.act']);
    expect(keys('block lin')).toEqual(['block.lin']);
    expect(keys('nothing')).toEqual([]);
    expect(keys('  ')).toEqual([]);
  });

  it('takes letters as letters', () => {
    expect(keys('.*')).toEqual([]);
    expect(keys('(')).toEqual([]);
  });

  it('finds the node that a finding names, also by a parameter', () => {
    expect(byPath(graph, 'block.lin')).toBe(4);
    expect(byPath(graph, 'block')).toBe(1);
    expect(byPath(graph, 'block.lin.bias')).toBe(4);
    expect(byPath(graph, 'gone')).toBeUndefined();
  });
});

describe('what comes before and after', () => {
  it('is marked along the edges', () => {
    const graph = parseGraph(JSON.stringify(net()));
    // x, conv, lin, act, add, y: before is 1, after is 2.
    expect([...new Ways(graph).reach([4]).subarray(2)]).toEqual([1, 1, 3, 2, 2, 2]);
  });

  it('is found in a chain of 10,000', () => {
    const marks = new Ways(chain(10_000)).reach([5001]);
    expect(marks.filter((mark) => mark === 1)).toHaveLength(5000);
  });
});

describe('the camera', () => {
  const view = { width: 800, height: 400 };

  it('shows everything, or the beginning where everything would be too small', () => {
    const whole = fitted({ width: 1600, height: 400 }, view);
    expect(whole.scale).toBeCloseTo(768 / 1600);
    expect(begun({ width: 300, height: 300 }, view, 150).scale).toBe(1);
    const long = begun({ width: 300, height: 9000 }, view, 150);
    expect([long.scale >= 0.6, long.y]).toEqual([true, 16]);
    // Something wide begins where its first box is.
    const wide = begun({ width: 9000, height: 9000 }, view, 50);
    expect(wide.x).toBe(16);
  });

  it('keeps what is under the pointer where it is', () => {
    const before = { scale: 1, x: 10, y: 20 };
    const after = zoomed(before, 2, 110, 120, 0.1);
    expect((110 - after.x) / after.scale).toBe(100);
    expect((120 - after.y) / after.scale).toBe(100);
    expect(zoomed(before, 1e-9, 0, 0, 0.1).scale).toBe(0.1);
  });

  it('cannot be pushed away from the drawing', () => {
    const far = kept({ scale: 1, x: 1e6, y: -1e6 }, { width: 500, height: 500 }, view);
    expect([far.x, far.y]).toEqual([752, -452]);
  });

  it('is nudged as little as brings a box into sight', () => {
    const camera = { scale: 1, x: 0, y: 0 };
    expect(nudged(camera, [100, 100, 200, 140], view)).toEqual(camera);
    expect(nudged(camera, [760, -30, 860, 10], view)).toEqual({ scale: 1, x: -76, y: 46 });
    expect(nudged(camera, [0, 10, 5000, 5000], view)).toEqual(camera);
  });

  it('moves only where it must', () => {
    const camera = { scale: 1, x: 0, y: 0 };
    expect(centred(camera, [10, 10, 90, 40], view, false)).toBe(camera);
    expect(centred(camera, [1000, 1000, 1100, 1040], view, false)).toEqual({ scale: 1, x: -650, y: -820 });
  });
});
