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

  /** The run to which one switch leads from another run; null where that was not recorded. */
  turned(run: number, name: string, value: string): number | null {
    return this.find({ ...this.of(run), [name]: value });
  }
}
