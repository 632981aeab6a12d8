// Which language the reader of the page has: the one that was chosen, or else the page's own, or else the browser's.
//
// The bundles of a page do not know each other, so they agree by attributes of the document.
import { ENGLISH, served, useLanguage } from './index';

/** The language that a person chose for a kernel, as its views tell it. */
const CHOSEN = 'nnwChosen';
/** JupyterLab's own language, or that of our setting there, as the extension tells it. */
const LAB = 'nnwLanguage';

interface Tongued {
  get(name: string): unknown;
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
}

/** The languages of the reader, the first choice first. */
export function readers(): string[] {
  return [document.documentElement.dataset[CHOSEN] ?? '', ...own()].filter(Boolean);
}

/** The language of the page, whatever was chosen for a kernel. */
export function pages(): string {
  return (
    own()
      .map(served)
      .find((code) => code !== null) ?? ENGLISH
  );
}

/** What page and browser say. A page that says "en" says nothing: most templates do. */
function own(): string[] {
  const { dataset, lang } = document.documentElement;
  const page = lang.toLowerCase().startsWith(ENGLISH) ? '' : lang;
  const all = [dataset[LAB], page, ...(navigator.languages ?? [navigator.language]), ENGLISH];
  return all.filter((code): code is string => Boolean(code));
}

/** Speak the reader's language now and whenever it changes, until the signal ends it. */
export function followReader(signal: AbortSignal): void {
  const hear = (): void => useLanguage(...readers());
  const observer = new MutationObserver(hear);
  observer.observe(document.documentElement, {
    attributeFilter: ['lang', 'data-nnw-chosen', 'data-nnw-language'],
  });
  window.addEventListener('languagechange', hear, { signal });
  signal.addEventListener('abort', () => observer.disconnect());
  hear();
}

/** Let the page speak what was chosen for the kernel of a model; the page has one language, the one chosen last. */
export function followKernel(model: Tongued, signal: AbortSignal): void {
  const hear = (): void => {
    choose(String(model.get('language') ?? ''));
  };
  model.on('change:language', hear);
  signal.addEventListener('abort', () => model.off('change:language', hear));
  // A kernel for which nothing was chosen takes nothing from another one for which something was.
  if (model.get('language')) hear();
}

/** Choose a language for the page, or leave it to the reader's own with an empty code. */
export function choose(code: string): void {
  set(CHOSEN, code);
  // The observers hear of it later; who chooses wants to see it now.
  useLanguage(...readers());
}

/** Tell all bundles JupyterLab's language, or that it has none of its own with an empty code. */
export function tellLab(code: string): void {
  set(LAB, code);
  useLanguage(...readers());
}

function set(name: string, code: string): void {
  const { dataset } = document.documentElement;
  if (code === '' || served(code) === null) delete dataset[name];
  else dataset[name] = code;
}
