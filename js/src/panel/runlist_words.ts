// What a row of the run list says in words: ages, flags, and a small curve for those who do not see it.
import type { DeskRow } from './protocol';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

export const FLAGS: Record<DeskRow['flag'], string> = {
  none: '',
  raised: 'flag raised: the validation loss left its minimum',
  withdrawn: 'flag raised and withdrawn',
};

/** Milliseconds since 1970, or null; a time that names no zone is UTC. */
export function instant(text: string): number | null {
  const at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(at) ? null : at;
}

/** How long ago, up to a week, or the day; `end` can be left away. A clock ahead of this one says "now". */
export function age(started: string, now: number): { text: string; end: string } {
  const at = instant(started);
  if (at === null) return { text: '', end: '' };
  const past = now - at;
  const ago = (span: number, unit: string) => ({ text: `${Math.floor(past / span)} ${unit}`, end: ' ago' });
  if (past < MINUTE) return { text: 'now', end: '' };
  if (past < HOUR) return ago(MINUTE, 'min');
  if (past < DAY) return ago(HOUR, 'h');
  if (past < 7 * DAY) return ago(DAY, 'd');
  const day = new Date(at);
  const month = MONTHS[day.getMonth()];
  const recent = day.getFullYear() === new Date(now).getFullYear();
  return { text: recent ? `${day.getDate()} ${month}` : `${month} ${day.getFullYear()}`, end: '' };
}

/** 2026-11-26 10:15 on the clock of the person who reads it. */
export function moment(started: string): string {
  const at = instant(started);
  if (at === null) return started;
  const local = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`;
  return `${day} ${two(local.getHours())}:${two(local.getMinutes())}`;
}

/** validation loss, from 0.93 to 0.21, lowest 0.19 */
export function curveInWords(spark: DeskRow['spark'], of: DeskRow['spark_of']): string {
  const values = spark.filter((value) => value !== null);
  const [first, last] = [values[0], values.at(-1)];
  const what = of === 'val' ? 'validation loss' : 'training loss';
  if (first === undefined || last === undefined) return '';
  if (values.length === 1) return `${what}, ${short(first)}`;
  return `${what}, from ${short(first)} to ${short(last)}, lowest ${short(Math.min(...values))}`;
}

/** Three digits, as one would say them. */
function short(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−');
}
