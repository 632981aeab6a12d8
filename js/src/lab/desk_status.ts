// What the desk of a kernel tells of its runs; the counterpart of nnwidgets/desk_facts.py.
import { type Status, understood } from '../panel/protocol';

/** The model id of every desk begins with this. */
export const DESK_PREFIX = 'nnwidgets-desk-';

/** Runs of a desk, as many as it ever tells. */
const MOST_RUNS = 20;
const TEXTS = ['id', 'name', 'status', 'val', 'metric', 'flag', 'flag_text'];
const NAMES = ['error', 'panel', 'head', 'cell'];

export interface DeskRun {
  id: string;
  name: string;
  status: Status;
  error: string | null;
  step: number;
  epoch: number;
  epochs: number | null;
  val: string;
  metric: string;
  flag: 'none' | 'raised' | 'withdrawn';
  flag_text: string;
  panel: string | null;
  head: string | null;
  cell: string | null;
  cell_busy: boolean;
  cell_shows: boolean;
}

export interface DeskStatus {
  wire: number;
  shown: string | null;
  /** The newest first. */
  runs: DeskRun[];
}

/** What a desk says besides how it stands. */
export type DeskMessage = { kind: 'open' } | { kind: 'tab'; run: string; name: string; model: string };

/** Read what a desk says of its runs; null where it is none, or that of another version of nnwidgets. */
export function readDesk(value: unknown): DeskStatus | null {
  const status = value as DeskStatus | null | undefined;
  if (!understood(status ?? undefined) || !Array.isArray(status?.runs) || !isTextOrNull(status.shown))
    return null;
  return { ...status, runs: status.runs.slice(0, MOST_RUNS).filter(isRun) };
}

function isRun(value: unknown): value is DeskRun {
  const run = (value ?? {}) as Record<string, unknown>;
  return (
    TEXTS.every((key) => typeof run[key] === 'string') &&
    NAMES.every((key) => isTextOrNull(run[key])) &&
    typeof run.step === 'number' &&
    typeof run.epoch === 'number' &&
    (run.epochs === null || typeof run.epochs === 'number')
  );
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

export function readMessage(value: unknown): DeskMessage | null {
  const { kind, run, name, model } = (value ?? {}) as Record<string, unknown>;
  if (kind === 'open') return { kind };
  if (kind !== 'tab' || typeof run !== 'string' || typeof name !== 'string' || typeof model !== 'string')
    return null;
  return { kind, run, name, model };
}

export function isOpen(run: DeskRun): boolean {
  return run.status === 'running' || run.status === 'paused';
}

/** The run that a person means by "the training": the newest that goes on, or else the newest. */
export function foremost(status: DeskStatus | null): DeskRun | null {
  return status?.runs.find(isOpen) ?? status?.runs[0] ?? null;
}
