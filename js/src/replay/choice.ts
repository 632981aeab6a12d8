// Which run the switches choose.
import type { Lesson } from './protocol';

/** The runs of a lesson by what was chosen for them. */
export class Choice {
  constructor(readonly lesson: Lesson) {}

  /** Which run has these values; null where none was recorded. */
  find(values: Readonly<Record<string, string>>): number | null {
    const { runs, switches } = this.lesson;
    const found = runs.findIndex((run) => switches.every(({ name }) => run.choice[name] === values[name]));
    return found < 0 ? null : found;
  }

  /** The values of a run, for each switch. */
  of(run: number): Record<string, string> {
    const { runs, switches } = this.lesson;
    return Object.fromEntries(switches.map(({ name }) => [name, runs[run]?.choice[name] ?? '']));
  }

  /**
   * The run to which one switch leads from another run; null where that was not recorded. Where no way of single
   * switches leads to any run with the value, it is the run with it that has most in common.
   */
  turned(run: number, name: string, value: string): number | null {
    const found = this.find({ ...this.of(run), [name]: value });
    const { runs } = this.lesson;
    const within = this.#reached(run);
    if (found !== null || [...within].some((one) => runs[one]?.choice[name] === value)) return found;
    const [best = null] = runs
      .map((_, i) => i)
      .filter((i) => runs[i]?.choice[name] === value)
      .sort((one, other) => this.#apart(run, one) - this.#apart(run, other));
    return best;
  }

  /** In how many switches two runs differ. */
  #apart(run: number, other: number): number {
    const [one, two] = [this.of(run), this.of(other)];
    return Object.keys(one).filter((name) => one[name] !== two[name]).length;
  }

  /** The runs to which single switches lead from a run, one after the other. */
  #reached(run: number): Set<number> {
    const found = new Set([run]);
    // A set that grows is gone through to its end.
    for (const one of found) {
      this.lesson.runs.forEach((_, other) => {
        if (this.#apart(one, other) === 1) found.add(other);
      });
    }
    return found;
  }
}
