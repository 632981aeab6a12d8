// What a row of the run list says in words: ages, flags, and a small curve for those who do not see it.
import { t } from '../i18n';
import type { DeskRow } from './protocol';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTHS = [
  () => t('Jan'),
  () => t('Feb'),
  () => t('Mar'),
  () => t('Apr'),
  () => t('May'),
  () => t('Jun'),
  () => t('Jul'),
  () => t('Aug'),
  () => t('Sep'),
  () => t('Oct'),
  () => t('Nov'),
  () => t('Dec'),
];

export const FLAGS: Record<DeskRow['flag'], () => string> = {
  none: () => '',
  raised: () => t('flag raised: the validation loss left its minimum'),
  withdrawn: () => t('flag raised and withdrawn'),
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
  const ago = (age: string) => folded(age, t('{age} ago', { age }));
  if (past < MINUTE) return { text: t('now'), end: '' };
  if (past < HOUR) return ago(t('{number} min', { number: Math.floor(past / MINUTE) }));
  if (past < DAY) return ago(t('{number} h', { number: Math.floor(past / HOUR) }));
  if (past < 7 * DAY) return ago(t('{number} d', { number: Math.floor(past / DAY) }));
  const day = new Date(at);
  const month = MONTHS[day.getMonth()]?.() ?? '';
  const recent = day.getFullYear() === new Date(now).getFullYear();
  return { text: recent ? `${day.getDate()} ${month}` : `${month} ${day.getFullYear()}`, end: '' };
}

/** A text and the end of it that can be left away, where the short one is how the whole one begins. */
export function folded(short: string, whole: string): { text: string; end: string } {
  if (!whole.startsWith(short)) return { text: whole, end: '' };
  return { text: short, end: whole.slice(short.length) };
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
  const what = of === 'val' ? t('validation loss') : t('training loss');
  if (first === undefined || last === undefined) return '';
  if (values.length === 1) return `${what}, ${short(first)}`;
  return t('{what}, from {first} to {last}, lowest {least}', {
    what,
    first: short(first),
    last: short(last),
    least: short(Math.min(...values)),
  });
}

/** Three digits, as one would say them. */
function short(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−');
}
