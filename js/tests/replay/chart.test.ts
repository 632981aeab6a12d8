import { describe, expect, it } from 'vitest';
import { Chart, geometryOf, type Subject } from '../../src/replay/chart';
import { across, along } from '../../src/replay/domain';
import { EpochAxis, thinned } from '../../src/replay/epochs';
import { beside, Geometry } from '../../src/replay/geometry';
import { Recording } from '../../src/replay/recording';
import { smooth } from '../../src/replay/smoothing';
import { thinnedRows } from '../../src/replay/thinning';
import { linearTicks, logTicks, number, plain, roundUp, short, timeTicks } from '../../src/replay/ticks';
import { run, series } from './made';

const subject = (more: Partial<Subject> = {}): Subject => ({
  recording: new Recording(run()),
  metric: 'loss',
  view: { x: 'step', log: false, smoothing: 0 },
  ghost: null,
  others: [],
  ...more,
});

describe('the numbers of an axis', () => {
  it('are round', () => {
    expect(linearTicks(0, 2.5, 6)).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(3, 3, 5)).toEqual([3]);
    expect(logTicks(0.01, 1)).toEqual([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]);
    expect(logTicks(1e-6, 1)).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
    expect(timeTicks(0, 125, 5)).toEqual([0, 30, 60, 90, 120]);
    expect([roundUp(3), roundUp(0.011), roundUp(20)]).toEqual([5, 0.02, 20]);
  });

  it('are written as in the panel', () => {
    expect([0, 950, 1200, 3e6].map(short)).toEqual(['0', '950', '1.2k', '3M']);
    expect([0.05, 2, 1e-6, 250000].map(plain)).toEqual(['0.05', '2', '1e-6', '2.5e5']);
    expect(
      [0.4519, 12.3456, -0.5, 1e-5, 1234567, Number.NaN, Number.NEGATIVE_INFINITY, null].map(number),
    ).toEqual(['0.452', '12.35', '−0.500', '1e−5', '1.23e6', 'NaN', '−∞', '–']);
  });

  it('reach over the whole run', () => {
    expect(along(100)).toEqual([0, 101]);
    expect(across([[0.1, 2.3]], false)).toEqual([0, 2.5]);
    expect(across([[5, 5]], false)).toEqual([2.5, 7.5]);
    expect(across([[Number.NaN]], false)).toBeNull();
    expect(across([[-1, 0]], true)).toBeNull();
    const [lo = 0, hi = 0] = across([[0.1, 1]], true) ?? [];
    expect(lo).toBeLessThan(0.1);
    expect(hi).toBeGreaterThan(1);
  });
});

describe('epochs', () => {
  const axis = new EpochAxis([
    [0, 0],
    [10, 1],
    [30, 2],
  ]);

  it('lie straight between what is known, and go on as before', () => {
    expect([5, 10, 20, 30, 50].map((step) => axis.at(step))).toEqual([0.5, 1, 1.5, 2, 3]);
    expect([0.5, 1.5, 3].map((epoch) => axis.stepAt(epoch))).toEqual([5, 20, 50]);
    expect(new EpochAxis([]).known).toBe(false);
  });

  it('are marked where they begin, not more than there is room for', () => {
    expect(axis.whole(30)).toEqual([
      [10, 1],
      [30, 2],
    ]);
    const many = Array.from({ length: 60 }, (_, i): [number, number] => [i + 1, i + 1]);
    expect(
      thinned(many, 20)
        .map(([, epoch]) => epoch)
        .slice(0, 3),
    ).toEqual([5, 10, 15]);
  });
});

describe('smoothing', () => {
  it('is a mean of what was before, and never looks ahead', () => {
    const [x, y] = [
      [0, 1, 2, 3],
      [1, 0, 1, 5],
    ];
    const whole = smooth(x, y, 0.9, 3);
    expect([...smooth(x.slice(0, 3), y.slice(0, 3), 0.9, 3)]).toEqual([...whole.slice(0, 3)]);
    expect([...smooth(x, y, 0, 3)]).toEqual(y);
  });

  it('leaves a gap where there is no number, and goes on after it', () => {
    const [a, b, c] = smooth([0, 0.001, 0.002], [1, Number.NaN, 1], 0.9, 1);
    expect([a, b]).toEqual([1, Number.NaN]);
    expect(c).toBeCloseTo(1);
  });
});

describe('rows', () => {
  const of = (...values: number[]): Float64Array => Float64Array.from(values);

  it('are merged where there are too many: the least and the greatest stay, and both ends', () => {
    const values = of(1, 3, Number.NaN, 5, 2, 9);
    const thin = thinnedRows({ x: of(1, 2, 3, 4, 5, 6), mean: values, low: values, high: values }, 3);
    expect([...thin.x]).toEqual([1, 3.5, 6]);
    expect([...thin.mean]).toEqual([2, 5, 5.5]);
    expect([...thin.low]).toEqual([1, 5, 2]);
    expect([...thin.high]).toEqual([3, 5, 9]);
  });

  it('stay as they are where there is room, and a gap stays one', () => {
    const none = of(Number.NaN, Number.NaN);
    const rows = { x: of(1, 2), mean: none, low: none, high: none };
    expect(thinnedRows(rows, 2)).toBe(rows);
    expect([...thinnedRows(rows, 1).mean]).toEqual([Number.NaN]);
  });
});

describe('a chart', () => {
  it('has its whole run between its margins, also beside a longer one', () => {
    const geometry = geometryOf(subject(), 562, 136);
    expect([geometry.toX(0), geometry.toX(101)]).toEqual([48, 548]);
    expect([geometry.toY(geometry.y[0]), geometry.toY(geometry.y[1])]).toEqual([110, 10]);
    expect(geometry.fromX(298)).toBeCloseTo(50.5);
    const longer = new Recording(run({ steps: 200 }));
    expect(geometryOf(subject({ ghost: longer }), 562, 136).x[1]).toBeCloseTo(202);
  });

  it('shows no further one for a rate that never changes', () => {
    const rated = (rates: number[]): Recording =>
      new Recording(
        run({
          metrics: ['loss', 'lr'],
          series: [
            series('train/loss', [1, 2], [1, 0.5]),
            series(
              'lr',
              rates.map((_, i) => i + 1),
              rates,
            ),
          ],
        }),
      );
    expect(rated([0.1]).further).toBeNull();
    expect(rated([0.1, 0.05]).further).toBe('lr');
    expect(new Recording(run()).further).toBe('accuracy');
  });

  it('keeps its axes for the other runs, unless one of them would flatten all', () => {
    const grown = (most: number): Recording =>
      new Recording(run({ series: [series('train/loss', [1, 100], [most, 0])] }));
    expect(geometryOf(subject({ others: [grown(1.8)] }), 500, 200).y[1]).toBeGreaterThan(1.7);
    expect(geometryOf(subject({ others: [grown(500)] }), 500, 200).y[1]).toBeLessThan(2);
  });

  it('shows the curves up to the playback, and all of them at the end', () => {
    const chart = new Chart();
    chart.draw(subject(), 562, 136);
    const curves = chart.el.querySelector<SVGElement>('.nnw-c-curves') as SVGElement;
    const lines = (): (string | null)[] =>
      [...curves.querySelectorAll('path')].map((path) => path.getAttribute('d'));
    const drawn = lines();
    chart.show(50.5);
    expect(curves.style.clipPath).toBe('inset(0 264.0px 0 0)');
    chart.show(0);
    expect(curves.style.clipPath).toBe('inset(0 514.0px 0 0)');
    chart.show(100);
    expect(curves.style.clipPath).toBe('');
    expect(lines()).toEqual(drawn);
  });

  it('marks the best, changes and the flag only once they are known', () => {
    const chart = new Chart();
    chart.draw(subject(), 562, 300);
    const shown = (step: number): string[] => {
      chart.show(step);
      const texts = [...chart.el.querySelectorAll<SVGElement>('.nnw-c-front text')];
      return texts
        .filter((text) => !text.closest<SVGElement>('[style*="display: none"]'))
        .map((text) => text.textContent ?? '')
        .filter(Boolean);
    };
    expect(shown(10)).toEqual([]);
    expect(shown(20)).toEqual(['best 0.700']);
    expect(shown(45)).toEqual(['rate 0.1', 'best 0.300']);
    expect(shown(79.9)).toEqual(['rate 0.1', 'best 0.200']);
    expect(shown(100)).toEqual(['rises since here', 'rate 0.1', 'best 0.200']);
    expect(shown(30)).toEqual(['best 0.500']);
  });

  it('draws a run that counts epochs beside one that does not', () => {
    const view = { x: 'epoch' as const, log: false, smoothing: 0 };
    const uncounted = [[], [[0, 0]]].map(
      (epochs) => new Recording(run({ epochs: epochs as [number, number][] })),
    );
    for (const ghost of uncounted) {
      const chart = new Chart();
      chart.draw(subject({ view, ghost, others: uncounted }), 562, 300);
      expect(chart.geometry?.x).toEqual([0, 10.1]);
      expect(chart.el.querySelector('.nnw-c-train')?.getAttribute('d')).toMatch(/^M[\d.]+ [\d.]+L/);
      expect(chart.el.querySelector('.nnw-c-ghost')).toBeNull();
    }
  });

  it('draws a lone value as a point', () => {
    const recording = new Recording(run({ series: [series('train/loss', [1], [1])] }));
    const chart = new Chart();
    chart.draw(subject({ recording }), 500, 200);
    expect(chart.el.querySelector('.nnw-c-one')?.getAttribute('d')).toMatch(/^M[\d.]+ [\d.]+a/);
  });

  it('leaves out what has no logarithm, and marks where there was no number', () => {
    const recording = new Recording(
      run({ series: [series('train/loss', [1, 2, 3], [1, -1, 2], { gaps: 1, gap_steps: [2] })] }),
    );
    const chart = new Chart();
    chart.draw(subject({ recording, view: { x: 'step', log: true, smoothing: 0 } }), 500, 200);
    expect(chart.el.querySelector('.nnw-c-train')?.getAttribute('d')?.match(/M/g)).toHaveLength(2);
    expect(chart.el.querySelectorAll('.nnw-c-gap')).toHaveLength(1);
  });

  it('writes words beside lines so that none covers another', () => {
    const geometry = new Geometry(562, 300, [0, 1], [0, 1], false, 'step');
    expect(
      beside(
        [
          [60, 'dropout 0.5'],
          [70, 'dropout 0.2'],
          [540, 'rate'],
        ],
        geometry,
      ),
    ).toEqual([
      { side: 'right', row: 0 },
      { side: 'right', row: 1 },
      { side: 'left', row: 0 },
    ]);
  });
});
