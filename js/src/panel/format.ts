// Numbers as people read them; widths stay the same while they count.
import { t } from '../i18n';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return whole.format(value);
}

/** 0:21, 12:05, 1:02:00, 3 d 04:00 */
export function clock(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const days = Math.floor(all / 86400);
  const hours = Math.floor((all % 86400) / 3600);
  const minutes = Math.floor((all % 3600) / 60);
  const two = (n: number): string => String(n).padStart(2, '0');
  if (days > 0) return t('{days} d {time}', { days, time: `${two(hours)}:${two(minutes)}` });
  if (hours > 0) return `${hours}:${two(minutes)}:${two(all % 60)}`;
  return `${minutes}:${two(all % 60)}`;
}

/** Steps a second, with as many digits as stand still. */
export function rate(value: number): string {
  if (value >= 100) return t('{number} steps/s', { number: count(Number(value.toPrecision(2))) });
  if (value >= 1) return t('{number} steps/s', { number: value.toPrecision(2) });
  return t('{number} s/step', { number: (1 / value).toPrecision(2) });
}

export function bytes(value: number): string {
  if (value >= 2 ** 30) return t('{number} GB', { number: (value / 2 ** 30).toFixed(1) });
  return t('{number} MB', { number: count(value / 2 ** 20) });
}

export function percent(share: number): string {
  const value = 100 * share;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** A name that every file system takes. */
export function fileName(name: string): string {
  const clean = name
    .replace(/[^\p{L}\p{N} ._-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[ .]+|[ .]+$/g, '')
    .slice(0, 60)
    .trim();
  return clean || t('run');
}
