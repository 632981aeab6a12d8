// What people read, in their language: English texts are the keys of the catalogues in nnwidgets/locale.

export type Values = Record<string, string | number>;

export interface Catalogue {
  /** The language's own name for itself. */
  name: string;
  /** For each English text its translation; all forms of one that depends on a number, in CLDR's order. */
  messages: Record<string, string | string[]>;
}

export const ENGLISH = 'en';
const PLACE = /\{(\w+)\}/g;
/** The forms of a language, in the order in which a catalogue lists them. */
const FORMS = ['zero', 'one', 'two', 'few', 'many', 'other'];

const catalogues = new Map<string, Catalogue>([[ENGLISH, { name: 'English', messages: {} }]]);
const listeners = new Set<() => void>();
let current = ENGLISH;

/** Make a language known. */
export function addCatalogue(code: string, catalogue: Catalogue): void {
  catalogues.set(code, catalogue);
}

/** The codes and names of all languages, English first. */
export function languages(): [string, string][] {
  return [...catalogues].map(([code, { name }]) => [code, name]);
}

export function language(): string {
  return current;
}

/** Speak a language, from the first of some codes (`uk-UA`) that a catalogue serves. */
export function useLanguage(...codes: (string | null | undefined)[]): void {
  const found = codes
    .map((code) => code?.split(/[-_]/)[0]?.toLowerCase() ?? '')
    .find((code) => catalogues.has(code));
  if (found === undefined || found === current) return;
  current = found;
  for (const listener of [...listeners]) listener();
}

/** Call back after each change of the language, until the signal ends it. */
export function onLanguage(callback: () => void, signal: AbortSignal): void {
  listeners.add(callback);
  signal.addEventListener('abort', () => listeners.delete(callback));
}

/** A text in the language in force, with `{name}` replaced by the value of that name. */
export function t(text: string, values: Values = {}): string {
  const found = catalogues.get(current)?.messages[text];
  return filled(typeof found === 'string' ? found : text, values);
}

/** A text that depends on a whole number, which stands for `{n}`: `tn(3, '{n} epoch', '{n} epochs')`. */
export function tn(n: number, one: string, many: string, values: Values = {}): string {
  const forms = catalogues.get(current)?.messages[one];
  const rules = new Intl.PluralRules(current);
  const known = rules.resolvedOptions().pluralCategories;
  const own = FORMS.filter((form) => known.includes(form as Intl.LDMLPluralRule));
  const found = Array.isArray(forms) ? forms[own.indexOf(rules.select(n))] : undefined;
  const shown = { n: n.toLocaleString('en-US'), ...values };
  return filled(found ?? (Math.abs(n) === 1 ? one : many), shown);
}

function filled(text: string, values: Values): string {
  return text.replace(PLACE, (place, name: string) => String(values[name] ?? place));
}
