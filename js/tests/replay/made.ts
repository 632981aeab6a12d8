// Lessons for tests: made by a rule, so that what is expected can be worked out by hand.
import type { Column, Lesson, LessonRun, LessonSeries } from '../../src/replay/protocol';

export function column(values: number[]): Column {
  const bytes = new Uint8Array(new Float64Array(values).buffer);
  return { type: 'f8', data: btoa(String.fromCharCode(...bytes)) };
}

export function series(
  name: string,
  steps: number[],
  values: number[],
  more: Partial<LessonSeries> = {},
): LessonSeries {
  const [split = '', metric = name] = name.split('/');
  return {
    name,
    metric,
    split: name.includes('/') ? split : '',
    points: values.length,
    gaps: 0,
    exact: true,
    more_is_better: false,
    step: column(steps),
    time: column(steps.map((step) => step / 10)),
    mean: column(values),
    low: null,
    high: null,
    gap_steps: [],
    ...more,
  };
}

/** A hundred steps in ten epochs; the validation loss is least, 0.2, after epoch 5. */
export function run(more: Partial<LessonRun> = {}): LessonRun {
  const steps = Array.from({ length: 100 }, (_, i) => i + 1);
  const epochs = Array.from({ length: 10 }, (_, i) => 10 * (i + 1));
  return {
    id: 'one',
    name: 'one',
    status: 'finished',
    error: null,
    started: '2026-01-02T03:04:05Z',
    framework: 'torch',
    choice: {},
    facts: [[{ en: 'optimizer', uk: 'оптимізатор' }, 'Adam']],
    steps: 100,
    elapsed: 10,
    epochs: [0, ...epochs].map((step): [number, number] => [step, step / 10]),
    planned_epochs: 10,
    metrics: ['loss', 'accuracy'],
    series: [
      series(
        'train/loss',
        steps,
        steps.map((step) => 1 / step),
      ),
      series('val/loss', epochs, [0.9, 0.7, 0.5, 0.3, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
      series(
        'train/accuracy',
        steps,
        steps.map((step) => step / 100),
        { more_is_better: true },
      ),
    ],
    events: [
      { step: 0, time: 0, level: 'info', kind: 'start', applied: true, text: 'Began.', short: null },
      {
        step: 40,
        time: 4,
        level: 'info',
        kind: 'intervention',
        applied: true,
        text: { en: 'The rate is 0.1 now.', uk: 'Швидкість тепер 0.1.' },
        short: 'rate 0.1',
      },
      { step: 80, time: 8, level: 'warning', kind: 'flag', applied: true, text: 'It rises.', short: null },
      { step: 100, time: 10, level: 'info', kind: 'end', applied: true, text: 'Ended.', short: null },
    ],
    flags: [
      {
        step: 80,
        level: 'raised',
        kind: 'overfitting',
        text: 'It rises.',
        onset: 60,
        best_step: 50,
        best: 0.2,
      },
    ],
    graphs: [],
    samples: [],
    findings: [],
    notes: [],
    ...more,
  };
}

export function lesson(more: Partial<Lesson> = {}): Lesson {
  return {
    lesson: 1,
    made_by: '1.2.3',
    title: 'A lesson',
    language: 'en',
    runs: [run()],
    first: 0,
    baseline: 0,
    switches: [],
    left_out: [],
    ...more,
  };
}

/** Dropout 0 and 0.5, size S and L; large with dropout was not recorded. The runs have 100, 100 and 50 steps. */
export function switched(): Lesson {
  const made = (id: string, dropout: string, size: string, more: Partial<LessonRun> = {}): LessonRun =>
    run({ id, name: id, choice: { dropout, size }, ...more });
  return lesson({
    runs: [made('a', '0', 'S'), made('b', '0.5', 'S'), made('c', '0', 'L', { steps: 50, series: short() })],
    switches: [
      { name: 'dropout', label: 'dropout', values: ['0', '0.5'] },
      { name: 'size', label: { en: 'size', uk: 'розмір' }, values: ['S', 'L'] },
    ],
  });
}

const short = (): LessonSeries[] => [series('train/loss', [1, 25, 50], [1, 0.5, 0.2])];

/** What a page holds: base64 of gzipped JSON. */
export async function packed(value: unknown): Promise<string> {
  const { readable, writable } = new CompressionStream('gzip');
  const writer = writable.getWriter();
  void writer.write(new TextEncoder().encode(JSON.stringify(value))).then(() => writer.close());
  const bytes = new Uint8Array(await new Response(readable).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
