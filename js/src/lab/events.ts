// What happens to the trainings of a page, each event once: also where the page is loaded anew in between.
import { t } from '../i18n';
import { type DeskRun, type DeskStatus, isOpen } from './desk_status';

export type EventKind = 'ended' | 'failed' | 'flag';

export interface RunEvent {
  readonly kind: EventKind;
  readonly run: DeskRun;
}

/** The part of a browser's storage that is used; that of the tab, which a reload keeps. */
type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>;

const KEY = 'nnwidgets:seen';
/** Runs that are remembered at most. */
const MOST = 100;

export class RunEvents {
  constructor(private readonly storage: Storage) {
    this.seen = new Map(read(storage));
  }

  /** Return what has happened since the same runs were seen before. */
  since(status: DeskStatus): RunEvent[] {
    const events: RunEvent[] = [];
    let changed = false;
    for (const run of status.runs) {
      const now = `${run.status} ${run.flag}`;
      const before = this.seen.get(run.id);
      if (now === before) continue;
      changed = true;
      this.seen.delete(run.id);
      this.seen.set(run.id, now);
      if (before === undefined) continue; // what happened before this page was there
      const [wasStatus, wasFlag] = before.split(' ');
      const wasOpen = wasStatus === 'running' || wasStatus === 'paused';
      if (run.flag === 'raised' && wasFlag !== 'raised') events.push({ kind: 'flag', run });
      if (wasOpen && !isOpen(run)) events.push({ kind: run.status === 'failed' ? 'failed' : 'ended', run });
    }
    if (changed) this.keep();
    return events;
  }

  private keep(): void {
    for (const id of [...this.seen.keys()].slice(0, -MOST)) this.seen.delete(id);
    try {
      this.storage.setItem(KEY, JSON.stringify([...this.seen]));
    } catch {
      // A browser that keeps nothing; what was seen is forgotten with the page.
    }
  }

  private readonly seen: Map<string, string>;
}

function read(storage: Storage): [string, string][] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isPair) : [];
  } catch {
    return [];
  }
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}

/** Say what happened, in one or two sentences. */
export function wordsOf({ kind, run }: RunEvent): string {
  if (kind === 'flag') return `${run.name}: ${run.flag_text}`;
  if (kind === 'failed')
    return t('{name} failed. {reason}', { name: run.name, reason: run.error ?? '' }).trim();
  const loss = run.val ? ` ${run.metric} ${run.val}.` : '';
  const { name } = run;
  return (
    (run.status === 'interrupted'
      ? t('{name} was interrupted.', { name })
      : t('{name} has finished.', { name })) + loss
  );
}
