// What people read, in their language: English texts are the keys of the catalogues in nnwidgets/locale.
//
// Each bundle has this module for itself; what they have to agree about stands in reader.ts.

export type Values = Record<string, string | number>;

export interface Catalogue {
  /** The language's own name for itself. */
  name: string;
  /** For each English text its translation; all forms of one that depends on a number, in CLDR's order. */
  messages: Record<string, string | string[]>;
}

/** A language with its texts, as it is handed to a thread that has none. */
export interface Speech {
  code: string;
  catalogue: Catalogue;
}

export const ENGLISH = 'en';
const PLACE = /\{(\w+)\}/g;
const CLDR = ['zero', 'one', 'two', 'few', 'many', 'other'];
/** Whole numbers that between them have every form of every language. */
const NUMBERS = [...Array(201).keys(), 1e6];

const catalogues = new Map<string, Catalogue>([[ENGLISH, { name: 'English', messages: {} }]]);
const listeners = new Set<() => void>();
let current = ENGLISH;

/** Make languages known, by their codes. */
export function addCatalogues(all: Record<string, Catalogue>): void {
  for (const [code, catalogue] of Object.entries(all)) catalogues.set(code, catalogue);
}

/** The codes and names of all languages, English first. */
export function languages(): [string, string][] {
  return [...catalogues].map(([code, { name }]) => [code, name]);
}

export function language(): string {
  return current;
}

/** The language in force, for another thread. */
export function speech(): Speech {
  return { code: current, catalogue: catalogues.get(current) as Catalogue };
}

export function speakAs({ code, catalogue }: Speech): void {
  catalogues.set(code, catalogue);
  useLanguage(code);
}

/** The code of the catalogue that serves a code such as `uk-UA`, or null. */
export function served(code: string | null | undefined): string | null {
  const found = code?.split(/[-_]/)[0]?.toLowerCase() ?? '';
  return catalogues.has(found) ? found : null;
}

/** Speak a language, from the first of some codes (`uk-UA`) that a catalogue serves. */
export function useLanguage(...codes: (string | null | undefined)[]): void {
  const found = codes.map(served).find((code) => code !== null);
  if (!found || found === current) return;
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
  const found = Array.isArray(forms) ? forms[formOf(current, n)] : undefined;
  const shown = { n: n.toLocaleString('en-US'), ...values };
  return filled(found ?? (Math.abs(n) === 1 ? one : many), shown);
}

interface Rules {
  rules: Intl.PluralRules;
  forms: string[];
}

const known = new Map<string, Rules>();

/** How many forms a language has for whole numbers: so many a catalogue must list. */
export function formsOf(code: string): string[] {
  return rulesOf(code).forms;
}

/** Which of them a number takes. */
export function formOf(code: string, n: number): number {
  const { rules, forms } = rulesOf(code);
  return forms.indexOf(rules.select(Math.abs(n)));
}

function rulesOf(code: string): Rules {
  let found = known.get(code);
  if (found === undefined) {
    const rules = new Intl.PluralRules(code);
    const taken = new Set<string>(NUMBERS.map((n) => rules.select(n)));
    found = { rules, forms: CLDR.filter((form) => taken.has(form)) };
    known.set(code, found);
  }
  return found;
}

function filled(text: string, values: Values): string {
  return text.replace(PLACE, (place, name: string) => String(values[name] ?? place));
}
