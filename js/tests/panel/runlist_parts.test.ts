import { describe, expect, it } from 'vitest';
import fixture from '../../../tests/fixtures/protocol/runlist.json';
import type { DeskRow } from '../../src/panel/protocol';
import { arranged, type Order } from '../../src/panel/runlist_order';
import { place } from '../../src/panel/runlist_place';
import { path, sparkline } from '../../src/panel/runlist_spark';
import { age, curveInWords, instant, moment } from '../../src/panel/runlist_words';

const one = fixture.rows[0] as DeskRow;
const run = (id: string, facts: Partial<DeskRow> = {}): DeskRow => ({ ...one, id, name: id, ...facts });
const ids = (rows: DeskRow[]): string => rows.map((row) => row.id).join(' ');

describe('the order', () => {
  const rows = [
    run('net10', { started: '2026-11-01T10:00:00+00:00', best_value: 0.3, epochs: 5, status: 'finished' }),
    run('net9', { started: '2026-11-02T10:00:00Z', best_value: null, epochs: 50, status: 'failed' }),
    run('Ärger', { started: '2026-11-03T10:00:00', best_value: 0.1, epochs: 1, status: 'finished' }),
    run('zoo', { started: '2026-10-01T10:00:00Z', best_value: 0.2, epochs: 9, pinned: true }),
  ];
  const orders: [Order, string][] = [
    ['newest', 'zoo Ärger net9 net10'],
    ['name', 'zoo Ärger net9 net10'],
    ['best', 'zoo Ärger net10 net9'],
    ['epochs', 'zoo net9 net10 Ärger'],
  ];
  it.each(orders)('by %s, with pinned runs first', (order, wanted) => {
    expect(ids(arranged(rows, '', order))).toBe(wanted);
  });

  it('takes what has every word in its name or status', () => {
    expect(ids(arranged(rows, 'NET', 'newest'))).toBe('net9 net10');
    expect(ids(arranged(rows, ' finished  net ', 'newest'))).toBe('net10');
    expect(ids(arranged(rows, 'nothing', 'newest'))).toBe('');
  });

  it('leaves the state as it is', () => {
    const before = ids(rows);
    arranged(rows, '', 'epochs');
    expect(ids(rows)).toBe(before);
  });
});

describe('the words of a row', () => {
  it('take a time without a zone for UTC', () => {
    expect(instant('2026-11-26T10:15:00')).toBe(Date.UTC(2026, 10, 26, 10, 15));
    expect(instant('2026-11-26T10:15:00+01:00')).toBe(Date.UTC(2026, 10, 26, 9, 15));
    expect(instant('nonsense')).toBeNull();
    expect(moment('nonsense')).toBe('nonsense');
  });

  it('say how long ago it was', () => {
    const now = new Date(2026, 10, 26, 12).getTime();
    const ago = (seconds: number): string => {
      const { text, end } = age(new Date(now - 1000 * seconds).toISOString(), now);
      return text + end;
    };
    expect(ago(-30)).toBe('now');
    expect(ago(59)).toBe('now');
    expect(ago(12 * 60)).toBe('12 min ago');
    expect(ago(5 * 3600)).toBe('5 h ago');
    expect(ago(3 * 86400)).toBe('3 d ago');
    expect(ago(35 * 86400)).toBe('22 Oct');
    expect(ago(400 * 86400)).toBe('Oct 2025');
    expect(age('nonsense', now)).toEqual({ text: '', end: '' });
  });

  it('say what the curve shows', () => {
    expect(curveInWords([0.9312, null, 0.19, 0.21], 'val')).toBe(
      'validation loss, from 0.931 to 0.21, lowest 0.19',
    );
    expect(curveInWords([null, -2], 'train')).toBe('training loss, −2');
    expect(curveInWords([null], 'val')).toBe('');
  });
});

describe('the sparkline', () => {
  it('goes from the least to the greatest value, with gaps', () => {
    expect(path([2, 1, null, 0, 1])).toBe('M2.0 2.0L17.0 10.0M47.0 18.0L62.0 10.0');
  });

  it('shows a point between gaps, and what never changes in the middle', () => {
    expect(path([3])).toBe('M32.0 10.0m-1 0h2');
    expect(path([null, 3, null])).toBe('M32.0 10.0m-1 0h2');
    expect(path([3, 3])).toBe('M2.0 10.0L62.0 10.0');
    expect(path([])).toBe('');
  });

  it('is hidden where there is nothing to draw', () => {
    const spark = sparkline();
    spark.show([], 'none');
    expect(spark.el.hasAttribute('hidden')).toBe(true);
    spark.show([1, 2], 'train');
    expect(spark.el.hasAttribute('hidden')).toBe(false);
    expect(spark.el.getAttribute('data-of')).toBe('train');
  });
});

describe('an order of elements', () => {
  const made = new Map<string, HTMLElement>();
  const item = (name: string): HTMLElement => {
    const el = made.get(name) ?? document.createElement('li');
    el.textContent = name;
    made.set(name, el);
    return el;
  };
  const set = (list: HTMLElement, names: string): number => {
    const seen = new MutationObserver(() => {});
    seen.observe(list, { childList: true });
    place(list, [...names].map(item), null);
    const moves = seen.takeRecords().reduce((sum, record) => sum + record.addedNodes.length, 0);
    seen.disconnect();
    return moves;
  };
  const orders = ['abcde', 'edcba', 'bcdea', 'eabcd', 'acxbd', 'x', ''];

  it('is reached from any other, with and without a row that stays', () => {
    for (const from of orders)
      for (const to of orders)
        for (const kept of [null, ...to]) {
          const list = document.createElement('ul');
          list.append(...[...from].map(item));
          place(list, [...to].map(item), kept === null ? null : item(kept));
          expect(list.textContent, `${from} to ${to} with ${kept}`).toBe(to);
        }
  });

  it('moves little', () => {
    const list = document.createElement('ul');
    set(list, 'abcdefghij');
    expect(set(list, 'abcdefghij')).toBe(0);
    expect(set(list, 'xabcdefghij')).toBe(1);
    expect(set(list, 'abcdefghijx')).toBe(1);
    expect(set(list, 'jabcdefghix')).toBe(1);
  });

  it('never takes the row that is kept out of the page', () => {
    const list = document.createElement('ul');
    const seen: Node[] = [];
    set(list, 'abcdef');
    const observer = new MutationObserver(() => {});
    observer.observe(list, { childList: true });
    place(list, [...'fedcba'].map(item), item('c'));
    for (const record of observer.takeRecords()) seen.push(...record.removedNodes);
    expect(seen).not.toContain(item('c'));
  });
});
