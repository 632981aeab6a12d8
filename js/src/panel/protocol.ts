// What travels between the panel in the page and the kernel; the counterpart of nnwidgets/protocol.py.

export const WIRE = 1;

export type Status = 'running' | 'paused' | 'finished' | 'interrupted' | 'failed';
export type Level = 'info' | 'warning' | 'error';
export type Axis = 'step' | 'epoch' | 'time';
export type Mode = 'none' | 'zoom' | 'pan';

export interface HeadState {
  wire: number;
  frame: number;
  name: string;
  status: Status;
  error: string | null;
  phase: 'train' | 'validate' | 'idle';
  step: number;
  epoch: number;
  epochs: number | null;
  step_in_epoch: number;
  steps_per_epoch: number | null;
  rate: number | null;
  elapsed: number;
  epoch_left: number | null;
  run_left: number | null;
  fraction: number | null;
  cost: number | null;
  events: number;
  open: boolean;
  undo: string | null;
}

export interface OptionsState {
  x: Axis;
  axes: Axis[];
  log: boolean;
  smoothing: number;
  mode: Mode;
  zoomed: boolean;
}

export interface LegendItem {
  role: 'train' | 'val' | 'ghost';
  place: number;
  label: string;
  value: string;
  gaps: number;
}

export interface LegendState {
  wire: number;
  metric: string;
  metrics: string[];
  main: boolean;
  items: LegendItem[];
}

export interface Remedy {
  label: string;
  change: Record<string, unknown>;
}

export interface FlagState {
  wire: number;
  level: 'none' | 'raised' | 'withdrawn';
  kind: 'overfitting' | 'instability';
  text: string;
  now: string | null;
  open: boolean;
  best: string | null;
  nothing: string | null;
  remedies: Remedy[];
  last: string | null;
  verdict: string | null;
}

export interface GpuState {
  name: string;
  used: number;
  total: number;
  use: number | null;
}

export interface NoticeState {
  kind: string;
  level: Level;
  text: string;
  step: number | null;
}

export interface FootState {
  wire: number;
  memory: number | null;
  cpu: number | null;
  gpus: GpuState[];
  stored: boolean;
  saved_step: number | null;
  notices: NoticeState[];
}

export interface TableRow {
  name: string;
  last: string;
  best: string;
  best_step: number | null;
  points: number;
  gaps: number;
}

export interface RunRow {
  id: string;
  name: string;
  status: string;
  started: string;
  epochs: number;
  best: string;
  place: number | null;
}

/** One run of the list in the sidebar: everything that is kept, of whichever kernel. */
export interface DeskRow {
  id: string;
  name: string;
  status: Status | 'damaged';
  /** ISO 8601, UTC. */
  started: string;
  epochs: number;
  best: string;
  best_value: number | null;
  flag: 'none' | 'raised' | 'withdrawn';
  /** At most 40 values, null where there is none that is finite. */
  spark: (number | null)[];
  spark_of: 'val' | 'train' | 'none';
  pinned: boolean;
  /** Its colour where it is drawn beside the run above, 0 to 3. */
  place: number | null;
  /** Whether it is a run of this kernel. */
  here: boolean;
  /** Why it cannot be read. */
  reason: string | null;
}

export interface RunListState {
  wire: number;
  rows: DeskRow[];
  shown: string | null;
  store: string;
  error: string | null;
}

export interface EventRow {
  level: Level;
  step: number | null;
  text: string;
}

export interface PageState {
  wire: number;
  table: TableRow[];
  runs: RunRow[];
  events: EventRow[];
}

export interface RateGroup {
  name: string;
  value: number;
}

export interface LayerRate {
  name: string;
  rate: number;
}

export interface LayerWidth {
  name: string;
  width: number;
}

export interface ControlFacts {
  learning_rate: { value: number | null; groups: RateGroup[]; note: string | null } | null;
  dropout: { value: number | null; layers: LayerRate[]; offer: string[] } | null;
  device: { value: string | null; options: string[]; note: string | null } | null;
  size: {
    value: number | null;
    parameters: number | null;
    layers: LayerWidth[];
    refused: string | null;
    looked: boolean;
  } | null;
}

export interface Requested {
  control: string;
  text: string;
}

export interface Decided {
  control: string;
  applied: boolean;
  step: number;
  text: string;
  note: string | null;
}

export interface SnapshotRow {
  number: number;
  best: boolean;
  label: string;
  value: string;
}

export interface ControlsState {
  wire: number;
  status: Status;
  open: boolean;
  facts: ControlFacts;
  requested: Requested[];
  decided: Decided[];
  snapshots: SnapshotRow[];
  undo: string | null;
  route: string | null;
}

export interface Command {
  wire: number;
  request: number;
  kind: string;
  value: unknown;
}

export interface Reply {
  kind: 'reply';
  request: number;
  ok: boolean;
  error: string | null;
  data: string | null;
}

/** The answer to `points`, as JSON: a row of texts for each shown point of a chart, and how many there are. */
export interface PointsTable {
  wire: number;
  columns: string[];
  rows: string[][];
  count: number;
}

export function isReply(message: unknown): message is Reply {
  const reply = message as Partial<Reply> | null;
  return reply?.kind === 'reply' && typeof reply.request === 'number' && typeof reply.ok === 'boolean';
}

/** Whether a state is one that this page understands; a kernel of another version is not guessed at. */
export function understood(state: { wire?: number } | undefined): boolean {
  return state?.wire === WIRE;
}
