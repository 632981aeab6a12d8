// Which runs are listed, and in which order.
import { t } from '../i18n';
import type { DeskRow } from './protocol';
import { instant } from './runlist_words';
import { statusWord } from './status_words';

export type Order = 'newest' | 'name' | 'best' | 'epochs';

export const ORDERS: Record<Order, () => string> = {
  newest: () => t('newest'),
  name: () => t('name'),
  best: () => t('best validation loss'),
  epochs: () => t('epochs'),
};

// One object for all comparisons: localeCompare makes a new one for each.
const letters = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

const BY: Record<Order, (one: DeskRow, other: DeskRow) => number> = {
  newest: () => 0,
  name: (one, other) => letters.compare(one.name, other.name),
  best: (one, other) => lowest(one.best_value, other.best_value),
  epochs: (one, other) => other.epochs - one.epochs,
};

/** The runs whose name or status has every word of the query: pinned ones first, then in the order asked for. */
export function arranged(rows: DeskRow[], query: string, order: Order): DeskRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => {
    const text = `${row.name}\n${row.status}\n${statusWord(row.status)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const begun = new Map(found.map((row) => [row, instant(row.started) ?? 0]));
  const newest = (one: DeskRow, other: DeskRow): number => (begun.get(other) ?? 0) - (begun.get(one) ?? 0);
  return found.sort(
    (one, other) => Number(other.pinned) - Number(one.pinned) || BY[order](one, other) || newest(one, other),
  );
}

function lowest(one: number | null, other: number | null): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return one - other;
}
