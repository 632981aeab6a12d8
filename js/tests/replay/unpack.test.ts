import { describe, expect, it, vi } from 'vitest';
import shared from '../../../tests/fixtures/protocol/lesson.json';
import type { Lesson } from '../../src/replay/protocol';
import { Recording } from '../../src/replay/recording';
import { checked, LessonError, numbersOf, unpack } from '../../src/replay/unpack';
import { column, lesson, packed } from './made';

describe('what a page holds', () => {
  it('comes out as it went in', async () => {
    const made = lesson({ title: 'Що робить <dropout>' });
    expect(await unpack(await packed(made))).toEqual(made);
  });

  it('has columns of numbers, NaN among them', () => {
    expect([...numbersOf(column([1.5, Number.NaN, -2]))]).toEqual([1.5, Number.NaN, -2]);
    const floats = btoa(String.fromCharCode(...new Uint8Array(new Float32Array([0.25, 8]).buffer)));
    expect([...numbersOf({ type: 'f4', data: floats })]).toEqual([0.25, 8]);
    const whole = btoa(String.fromCharCode(...new Uint8Array(new Int32Array([-7, 1e6]).buffer)));
    expect([...numbersOf({ type: 'i4', data: whole })]).toEqual([-7, 1e6]);
    expect([...numbersOf(null)]).toEqual([]);
  });

  it.each(['', 'no base64 at all!', 'AAAA', btoa('not packed')])(
    'is refused when damaged: %s',
    async (text) => {
      await expect(unpack(text)).rejects.toThrow(/recording in this page is damaged/);
    },
  );

  it('is refused when its end is missing', async () => {
    const text = await packed(lesson());
    await expect(unpack(text.slice(0, 4 * Math.floor(text.length / 8)))).rejects.toThrow(/damaged/);
  });

  it('is refused when it is newer, with the version that wrote it', async () => {
    await expect(unpack(await packed({ ...lesson(), lesson: 2, made_by: '9.0' }))).rejects.toThrow(
      'This page was made by nnwidgets 9.0, and its player is older. Export it again.',
    );
  });

  it('is refused without a run', () => {
    expect(() => checked(lesson({ runs: [] }))).toThrow(LessonError);
    expect(() => checked({ ...lesson(), runs: null } as unknown as Lesson)).toThrow(/damaged/);
  });

  it('is refused in a browser that cannot unpack', async () => {
    vi.stubGlobal('DecompressionStream', undefined);
    await expect(unpack('AAAA')).rejects.toThrow(/too old to play/);
    vi.unstubAllGlobals();
  });
});

describe('the lesson that Python and the page share', () => {
  const made = checked(shared as unknown as Lesson);

  it('has curves of as many rows as it says', () => {
    for (const run of made.runs) {
      const { series } = new Recording(run);
      expect(series.length).toBeGreaterThan(1);
      for (const { step, time, mean } of series) {
        expect(step.length).toBeGreaterThan(0);
        expect([time.length, mean.length]).toEqual([step.length, step.length]);
      }
    }
  });

  it('has the best value that its flag names', () => {
    const [run] = made.runs;
    const recording = new Recording(run as Lesson['runs'][number]);
    const flag = recording.run.flags[0];
    const best = recording.pair('loss').val?.bestAt(flag?.step ?? 0);
    expect(best).toMatchObject({ step: flag?.best_step });
    expect(best?.value).toBeCloseTo(flag?.best as number, 5);
  });
});
