import { describe, expect, it } from 'vitest';
import fixture from '../../../tests/fixtures/protocol/desk.json';
import type { DeskRun, DeskStatus } from '../../src/lab/desk_status';
import { RunEvents, wordsOf } from '../../src/lab/events';
import { lineOf } from '../../src/lab/line';

const FIXTURE = fixture as DeskStatus;

function one(change: Partial<DeskRun>): DeskStatus {
  const [run] = FIXTURE.runs;
  return { ...FIXTURE, runs: [{ ...(run as DeskRun), flag: 'none', ...change }] };
}

function storage(): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
}

const kinds = (events: RunEvents, status: DeskStatus): string[] =>
  events.since(status).map(({ kind }) => kind);

describe('RunEvents', () => {
  it('tells each event once, and nothing of what was so before', () => {
    const events = new RunEvents(storage());
    expect(kinds(events, FIXTURE)).toEqual([]);
    expect(kinds(new RunEvents(storage()), one({ status: 'failed' }))).toEqual([]);
    const later = new RunEvents(storage());
    expect(kinds(later, one({}))).toEqual([]);
    expect(kinds(later, one({ flag: 'raised' }))).toEqual(['flag']);
    expect(kinds(later, one({ flag: 'raised', step: 9 }))).toEqual([]);
    expect(kinds(later, one({ flag: 'raised', status: 'failed' }))).toEqual(['failed']);
  });

  it('remembers over a reload of the page', () => {
    const kept = storage();
    new RunEvents(kept).since(one({}));
    expect(kinds(new RunEvents(kept), one({ status: 'finished' }))).toEqual(['ended']);
    expect(kinds(new RunEvents(kept), one({ status: 'finished' }))).toEqual([]);
  });

  it('works where the browser keeps nothing, and with whatever it kept', () => {
    const broken = {
      getItem: () => '{"a": [1]}',
      setItem: () => {
        throw new Error('full');
      },
    };
    const events = new RunEvents(broken);
    events.since(one({}));
    expect(kinds(events, one({ status: 'finished' }))).toEqual(['ended']);
  });

  it('says what happened', () => {
    const [run] = one({ status: 'failed', error: 'ValueError: no' }).runs as [DeskRun];
    expect(wordsOf({ kind: 'failed', run })).toBe('small net failed. ValueError: no');
    expect(wordsOf({ kind: 'flag', run })).toMatch(/^small net: The validation loss has risen/);
    const [ended] = one({ status: 'interrupted', val: '' }).runs as [DeskRun];
    expect(wordsOf({ kind: 'ended', run: ended })).toBe('small net was interrupted.');
  });
});

describe('lineOf', () => {
  it.each([
    [{ flag: 'raised' }, 'epoch 8/30 · val 0.213 · flag'],
    [{ status: 'paused', epoch: 30 }, 'paused · epoch 30/30 · val 0.213'],
    [{ epochs: null, epoch: 0, val: '' }, 'step 1204'],
    [{ status: 'finished' }, 'finished · val 0.213'],
  ] as [Partial<DeskRun>, string][])('says %o', (change, line) => {
    expect(lineOf(one(change).runs[0] as DeskRun)).toBe(line);
  });
});
