import { describe, expect, it } from 'vitest';
import { Clock, WHOLE } from '../../src/replay/clock';

/** Go on in frames of 50 ms. */
function run(clock: Clock, ms: number): number {
  let drawn = 0;
  for (let time = 0; time < ms; time += 50) drawn += Number(clock.advance(50));
  return drawn;
}

describe('a clock', () => {
  it('shows the end before anything was played, and plays from the beginning', () => {
    const clock = new Clock(1000);
    expect([clock.step, clock.over, clock.begun, clock.playing]).toEqual([1000, true, false, false]);
    clock.play();
    expect([clock.step, clock.begun, clock.playing]).toEqual([0, true, true]);
  });

  it('takes twenty seconds for a run, whatever its length, and stops there', () => {
    for (const end of [7, 1_000_000]) {
      const clock = new Clock(end);
      clock.play();
      run(clock, WHOLE / 2);
      expect(clock.share).toBeCloseTo(0.5);
      run(clock, WHOLE / 2 + 50);
      expect([clock.step, clock.playing]).toEqual([end, false]);
    }
  });

  it('does not go back where a frame began before it was asked to play', () => {
    const clock = new Clock(1000);
    clock.play();
    clock.advance(-5);
    expect(clock.step).toBe(0);
  });

  it('goes faster and slower', () => {
    const clock = new Clock(1000);
    clock.play();
    clock.speed = 4;
    run(clock, WHOLE / 8);
    expect(clock.share).toBeCloseTo(0.5);
    clock.speed = 0.5;
    run(clock, WHOLE / 2);
    expect(clock.share).toBeCloseTo(0.75);
  });

  it('does not leap where a page was hidden for long', () => {
    const clock = new Clock(1000);
    clock.play();
    clock.advance(60_000);
    expect(clock.step).toBeLessThan(10);
  });

  it('stands where it is paused, plays on from there, and stays within the run', () => {
    const clock = new Clock(100);
    clock.seek(30);
    expect(clock.advance(1000)).toBe(false);
    clock.play();
    expect(clock.step).toBe(30);
    clock.seek(-5);
    expect(clock.step).toBe(0);
    clock.seek(500);
    expect([clock.step, clock.playing]).toEqual([100, false]);
  });

  it('goes from stop to stop where nothing shall move', () => {
    const clock = new Clock(100, [25, 50, 75, 100]);
    clock.play();
    const seen = new Set<number>();
    let drawn = 0;
    for (let time = 0; time <= WHOLE; time += 50) {
      drawn += Number(clock.advance(50));
      seen.add(clock.step);
    }
    expect([...seen]).toEqual([0, 25, 50, 75, 100]);
    expect(drawn).toBe(4);
    expect(clock.playing).toBe(false);
  });

  it('keeps its step in a run of another length, and the end at the end', () => {
    const clock = new Clock(100);
    clock.change(60, null);
    expect([clock.step, clock.end]).toEqual([60, 60]);
    clock.seek(20);
    clock.play();
    clock.change(100, null);
    expect([clock.step, clock.playing]).toEqual([20, true]);
    clock.seek(90);
    clock.change(60, null);
    expect([clock.step, clock.playing]).toEqual([60, false]);
  });
});
