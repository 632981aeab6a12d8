// One run, decoded: its columns, its axes, and what is known of it at a step.
import type { Axis } from '../panel/protocol';
import { EpochAxis } from './epochs';
import { between, upTo } from './order';
import type { LessonEvent, LessonFlag, LessonRun, LessonSeries } from './protocol';
import { numbersOf } from './unpack';

/** The best value until a row, at the rows where it changed. */
interface Best {
  step: number;
  time: number;
  value: number;
}

export class Series {
  readonly step: Float64Array;
  readonly time: Float64Array;
  readonly mean: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly #best: Best[] = [];

  constructor(readonly facts: LessonSeries) {
    this.step = numbersOf(facts.step);
    this.time = numbersOf(facts.time);
    this.mean = numbersOf(facts.mean);
    this.low = facts.low ? numbersOf(facts.low) : this.mean;
    this.high = facts.high ? numbersOf(facts.high) : this.mean;
    const better = facts.more_is_better
      ? (one: number, other: number) => one > other
      : (one: number, other: number) => one < other;
    // Where a row stands for several points its best one is known only with the row.
    const edge = facts.more_is_better ? this.high : this.low;
    for (let i = 0; i < this.step.length; i++) {
      const value = edge[i] as number;
      const before = this.#best.at(-1);
      if (Number.isFinite(value) && (before === undefined || better(value, before.value))) {
        this.#best.push({ step: this.step[i] as number, time: this.time[i] as number, value });
      }
    }
  }

  get name(): string {
    return this.facts.name;
  }

  /** How many rows are known at a step. */
  known(step: number): number {
    return upTo(this.step, step);
  }

  /** The last value that is known at a step; undefined where there is none. */
  at(step: number, values: ArrayLike<number> = this.mean): number | undefined {
    const rows = this.known(step);
    return rows === 0 ? undefined : values[rows - 1];
  }

  /** The best value that is known at a step. */
  bestAt(step: number): Best | null {
    const count = upTo(
      this.#best.map((best) => best.step),
      step,
    );
    return this.#best[count - 1] ?? null;
  }

  /** The steps, until a step, at which a value was not finite. */
  gapsAt(step: number): number {
    const { gap_steps: steps, gaps } = this.facts;
    const known = upTo(steps, step);
    return known === steps.length ? gaps : known;
  }
}

export class Recording {
  readonly epochs: EpochAxis;
  readonly series: Series[];
  /** The step at its end. */
  readonly end: number;
  readonly #clock: { steps: Float64Array; times: Float64Array };

  constructor(readonly run: LessonRun) {
    this.epochs = new EpochAxis(run.epochs);
    this.series = run.series.map((one) => new Series(one));
    const reached = this.series.map((one) => one.step.at(-1) ?? 0);
    this.end = Math.max(run.steps, 1, ...reached);
    this.#clock = clockOf(this.series, run.elapsed, this.end);
  }

  /** The training and the validation series of a metric; a learning rate has only the first. */
  pair(metric: string): { train: Series | null; val: Series | null } {
    const own = this.series.filter((one) => one.facts.metric === metric);
    const val = own.find((one) => one.facts.split === 'val') ?? null;
    const train = own.find((one) => one.facts.split === 'train') ?? own.find((one) => one !== val) ?? null;
    return { train, val };
  }

  /** The first metric for a chart beside that of the loss. A learning rate that never changes is no curve. */
  get further(): string | null {
    const changes = (metric: string): boolean => (this.pair(metric).train?.step.length ?? 0) > 1;
    return this.run.metrics.slice(1).find((metric) => metric !== 'lr' || changes(metric)) ?? null;
  }

  get axes(): Axis[] {
    return this.epochs.known ? ['step', 'epoch', 'time'] : ['step', 'time'];
  }

  /** Where a step lies on an axis. */
  along(axis: Axis, step: number): number {
    if (axis === 'epoch') return this.epochs.at(step);
    return axis === 'time' ? this.timeAt(step) : step;
  }

  /** The step at a place of an axis. */
  stepAt(axis: Axis, x: number): number {
    if (axis === 'epoch') return this.epochs.stepAt(x);
    return axis === 'time' ? between(x, this.#clock.times, this.#clock.steps) : x;
  }

  /** Seconds since the beginning, at a step. */
  timeAt(step: number): number {
    return between(step, this.#clock.steps, this.#clock.times);
  }

  /** The flag that is shown at a step: the last one raised or withdrawn. */
  flagAt(step: number): LessonFlag | null {
    return this.run.flags.filter((flag) => flag.step <= step).at(-1) ?? null;
  }

  /** The changes of the training that are marked in a chart. */
  get changes(): LessonEvent[] {
    return this.run.events.filter((one) => one.kind === 'intervention' && one.applied && one.step !== null);
  }

  /** The steps between which a playback that does not move goes. */
  get stops(): number[] {
    const whole = this.epochs.whole(this.end).map(([step]) => step);
    const stops = whole.length >= 4 ? whole : Array.from({ length: 30 }, (_, i) => ((i + 1) * this.end) / 30);
    return [...stops.filter((step) => step > 0 && step < this.end), this.end];
  }
}

/** Time over steps, rising, from the series with the most rows. */
function clockOf(
  series: Series[],
  elapsed: number,
  end: number,
): { steps: Float64Array; times: Float64Array } {
  const longest = [...series].sort((one, other) => other.step.length - one.step.length)[0];
  const [steps, times] = [[0], [0]];
  longest?.step.forEach((step, i) => {
    const time = longest.time[i] as number;
    if (step > (steps.at(-1) as number) && time >= (times.at(-1) as number)) {
      steps.push(step);
      times.push(time);
    }
  });
  if (end > (steps.at(-1) as number)) {
    steps.push(end);
    times.push(Math.max(elapsed, times.at(-1) as number));
  }
  return { steps: Float64Array.from(steps), times: Float64Array.from(times) };
}
