// Words and figures of the graph, and how much room they take.
import { t, tn } from '../i18n';
import type { ParameterFacts, Shape } from './data';

const STEPS: [number, string][] = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** A large number in three figures, `25.6 M`; small ones as they are. */
export function big(number: number): string {
  for (const [step, letter] of STEPS) {
    if (number >= step * 0.9995) {
      const scaled = number / step;
      return `${scaled.toFixed(scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0)} ${letter}`;
    }
  }
  return number.toFixed(0);
}

/** `64×3×32×32`, with `?` for a dimension that is not fixed; `scalar`. */
export function shapeWords(shape: Shape): string {
  return shape.map((length) => (length === null ? '?' : String(length))).join('×') || t('scalar');
}

export function countOf([, shape]: ParameterFacts): number {
  return shape.reduce<number>((count, length) => count * (length ?? 0), 1);
}

export function paramsOf(parameters: readonly ParameterFacts[] | undefined): number {
  return (parameters ?? []).reduce((sum, parameter) => sum + countOf(parameter), 0);
}

/** `25.6 M parameters`. */
export function paramsWords(number: number): string {
  if (number >= 1000) return t('{number} parameters', { number: big(number) });
  return tn(number, '{n} parameter', '{n} parameters');
}

/** A name that people understand: that of a layer in a list says which list, `blocks.0`. */
export function nameWords(name: string, path: string | null | undefined): string {
  if (!/^\d+$/.test(name) || !path?.includes('.')) return name;
  return path.split('.').slice(-2).join('.');
}

const NARROW = /[fijlrtIіїІЇг.,:;'|!()[\]{} -]/;
const WIDE = /[mwMW@%…—жмшщюыЖМШЩЮЫФ]|[^\u0020-\u024f\u0400-\u04ff]/;
const CAPITAL = /[A-ZА-ЯЄҐ0-9_×+=<>#&?ф]/;
const widths = new Map<string, number>();
let wide = 1;

/** How much wider or narrower than usual the page's font is. */
export function setWide(factor: number): void {
  wide = Math.max(0.7, Math.min(1.6, factor));
}

/** A text of all sorts, by which a font is measured. */
export const SAMPLE = 'BatchNorm2d attention_mask 64×3×32×32 layer1.0.conv2 · 25.6 M params';

/** About how wide a text is, in px; the same in every thread, which has no fonts. */
export function textWidth(text: string, size: number, bold = false): number {
  let ems = 0;
  for (const letter of text) {
    let width = widths.get(letter);
    if (width === undefined) {
      width = NARROW.test(letter) ? 0.33 : WIDE.test(letter) ? 0.95 : CAPITAL.test(letter) ? 0.66 : 0.55;
      widths.set(letter, width);
    }
    ems += width;
  }
  return ems * size * wide * (bold ? 1.08 : 1);
}

/** Leave letters out of the middle until a text has room. */
export function shorten(text: string, room: number, size: number, bold = false): string {
  if (textWidth(text, size, bold) <= room) return text;
  const letters = [...text];
  let keep = Math.min(letters.length - 1, Math.ceil((room / size) * 3));
  while (keep > 1) {
    const tail = Math.floor(keep * 0.4);
    const short = `${letters.slice(0, keep - tail).join('')}…${tail ? letters.slice(-tail).join('') : ''}`;
    if (textWidth(short, size, bold) <= room) return short;
    keep -= 1;
  }
  return '…';
}
