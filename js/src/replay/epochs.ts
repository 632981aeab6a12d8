// Steps in epochs and back: straight between the boundaries that are known, and on as before after the last one.
import { between } from './order';

export class EpochAxis {
  readonly #steps: number[];
  readonly #epochs: number[];

  constructor(boundaries: readonly [step: number, epoch: number][]) {
    this.#steps = boundaries.map(([step]) => step);
    this.#epochs = boundaries.map(([, epoch]) => epoch);
  }

  get known(): boolean {
    return this.#steps.length > 1;
  }

  at(step: number): number {
    return on(step, this.#steps, this.#epochs);
  }

  /** The step, maybe a fraction, at which the epoch has a value. */
  stepAt(epoch: number): number {
    return on(epoch, this.#epochs, this.#steps);
  }

  /** The steps at which whole epochs begin, up to a step, with the epochs that are complete there. */
  whole(last: number): [step: number, epoch: number][] {
    if (!this.known) return [];
    const count = Math.floor(this.at(last) + 1e-6);
    return Array.from({ length: Math.max(0, count) }, (_, i) => [Math.round(this.stepAt(i + 1)), i + 1]);
  }
}

function on(x: number, xs: number[], ys: number[]): number {
  const last = xs.length - 1;
  if (last < 1 || x <= (xs[last] as number)) return between(x, xs, ys);
  const [x0, x1] = [xs[last - 1] as number, xs[last] as number];
  const [y0, y1] = [ys[last - 1] as number, ys[last] as number];
  return y1 + ((x - x1) * (y1 - y0)) / (x1 - x0);
}

/** Of some whole epochs every 1st, 2nd, 5th, 10th …, such that there are at most `n`. */
export function thinned(epochs: [step: number, epoch: number][], n: number): [step: number, epoch: number][] {
  const last = epochs.at(-1)?.[1] ?? 0;
  let stride = 1;
  for (let power = 1; last / stride > n; power *= 10) {
    stride = [1, 2, 5].map((digit) => digit * power).find((one) => last / one <= n) ?? 10 * power;
  }
  return epochs.filter(([, epoch]) => epoch % stride === 0);
}
