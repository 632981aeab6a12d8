// What was measured inside the model, at the steps at which it was.
import { upTo } from './order';
import type { LessonSamples } from './protocol';
import { numbersOf } from './unpack';

const PER_MODULE = 4;
const PER_PARAMETER = 3;
const OF_MODULES = ['mean', 'std', 'zeros', 'dead'];
const OF_PARAMETERS = ['grad', 'update', 'weight'];

export interface Sample {
  step: number;
  columns: LessonSamples['columns'];
  values: Float64Array;
}

export class Samples {
  readonly all: Sample[];
  readonly #steps: number[];

  constructor(parts: readonly LessonSamples[]) {
    this.all = parts
      .flatMap(({ columns, steps, values }) => {
        const size = PER_MODULE * columns.modules.length + PER_PARAMETER * columns.parameters.length;
        const numbers = numbersOf(values);
        return steps.map((step, i) => ({
          step,
          columns,
          values: numbers.subarray(i * size, (i + 1) * size),
        }));
      })
      .sort((one, other) => one.step - other.step);
    this.#steps = this.all.map(({ step }) => step);
  }

  /** The last sample that is known at a step. */
  at(step: number): Sample | null {
    return this.all[upTo(this.#steps, step) - 1] ?? null;
  }

  /** One number over the steps: of a module or of a parameter; null where it was never measured. */
  line(name: string, statistic: string): { steps: number[]; values: number[] } | null {
    const [steps, values]: number[][] = [[], []];
    const [own, other] = [OF_MODULES.indexOf(statistic), OF_PARAMETERS.indexOf(statistic)];
    for (const sample of this.all) {
      const { modules, parameters } = sample.columns;
      const index = own >= 0 ? modules.indexOf(name) : parameters.indexOf(name);
      if (index < 0) continue;
      const place =
        own >= 0 ? PER_MODULE * index + own : PER_MODULE * modules.length + PER_PARAMETER * index + other;
      steps?.push(sample.step);
      values?.push(sample.values[place] ?? Number.NaN);
    }
    return steps && values && steps.length > 0 ? { steps, values } : null;
  }
}
