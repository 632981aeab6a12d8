// What an exported page holds; the counterpart of nnwidgets/export/_lesson_types.py.
//
// In an HTML file it is base64 of gzipped JSON in `<script type="text/plain" id="nnw-lesson">`; the player takes the
// place of what is inside the element `nnw-replay`, the picture for pages in which nothing runs.
import type { Level, Status } from '../panel/protocol';

/** The newest format that this player reads. */
export const LESSON = 1;

/** A text in one language, or by the codes of languages. */
export type Text = string | Record<string, string>;

/** Numbers: base64 of their bytes, little endian; NaN is one of them. */
export interface Column {
  type: 'f4' | 'f8' | 'i4';
  data: string;
}

export interface LessonSeries {
  /** With its split: `train/loss`. */
  name: string;
  metric: string;
  split: string;
  /** How many were recorded, and how many of them are not finite. */
  points: number;
  gaps: number;
  /** Whether each row is one point; else a row stands for several, from `low` to `high`. */
  exact: boolean;
  more_is_better: boolean;
  step: Column;
  /** Seconds since the run began. */
  time: Column;
  mean: Column;
  low: Column | null;
  high: Column | null;
  gap_steps: number[];
}

export interface LessonEvent {
  step: number | null;
  time: number | null;
  level: Level;
  kind: 'start' | 'end' | 'notice' | 'flag' | 'intervention';
  applied: boolean;
  text: Text;
  /** Short enough to stand beside a line in a chart. */
  short: Text | null;
}

export interface LessonFlag {
  /** Where it was known. */
  step: number;
  level: 'raised' | 'withdrawn';
  kind: 'overfitting' | 'instability';
  text: Text;
  /** Where the rise began. */
  onset: number | null;
  best_step: number | null;
  best: number | null;
}

export interface LessonGraph {
  step: number;
  label: Text;
  /** Base64 of what the view of a graph reads: JSON, compressed by zlib. */
  graph: string;
  /** What differs from the graph before, by the keys of nodes. */
  changes: Record<string, Text>;
}

export interface LessonSamples {
  columns: { modules: string[]; parameters: string[] };
  steps: number[];
  /** A row for each step: four numbers for each module, then three for each parameter. */
  values: Column;
}

export interface LessonFinding {
  /** Where it was known. */
  step: number;
  level: Level;
  path: string;
  since: number;
  text: Text;
}

export interface LessonRun {
  id: string;
  name: string;
  status: Status;
  error: string | null;
  /** ISO 8601. */
  started: string;
  framework: string;
  /** The value of each switch. */
  choice: Record<string, string>;
  facts: [label: Text, value: string][];
  steps: number;
  /** Seconds. */
  elapsed: number;
  /** Completed steps at which the epoch has this value, in order. */
  epochs: [step: number, epoch: number][];
  planned_epochs: number | null;
  /** The main one first. */
  metrics: string[];
  series: LessonSeries[];
  /** By their steps. */
  events: LessonEvent[];
  flags: LessonFlag[];
  graphs: LessonGraph[];
  samples: LessonSamples[];
  findings: LessonFinding[];
  notes: Text[];
}

export interface LessonSwitch {
  name: string;
  label: Text;
  values: string[];
}

export interface Lesson {
  lesson: number;
  /** The version of nnwidgets that wrote it. */
  made_by: string;
  title: string;
  /** Fixed by its author, or null for the reader's. */
  language: string | null;
  runs: LessonRun[];
  /** Which run is shown at first, and which one nobody changed. */
  first: number;
  baseline: number;
  switches: LessonSwitch[];
  left_out: { name: string; reason: Text }[];
}
