// Light or dark, as the page around says it, else as the reader's system does.

const DARK = /\b(dark|night)\b/;
const ATTRIBUTES = [
  'data-jp-theme-light',
  'data-theme',
  'data-mode',
  'data-bs-theme',
  'data-color-scheme',
  'class',
];

/** Keep the attribute by which our style sheets know a dark page, until the signal ends it. */
export function followTheme(el: HTMLElement, signal: AbortSignal): void {
  const system = globalThis.matchMedia?.('(prefers-color-scheme: dark)');
  const show = (): void => {
    const dark = saidAround(el) ?? system?.matches ?? false;
    el.setAttribute('data-jp-theme-light', String(!dark));
  };
  show();
  const observer = new MutationObserver(show);
  for (const one of around(el)) observer.observe(one, { attributes: true, attributeFilter: ATTRIBUTES });
  system?.addEventListener('change', show, { signal });
  signal.addEventListener('abort', () => observer.disconnect());
}

/** Whether the nearest element around that says so is dark; null where none does. */
export function saidAround(el: HTMLElement): boolean | null {
  for (const one of around(el)) {
    const lab = one.getAttribute('data-jp-theme-light');
    if (lab !== null) return lab === 'false';
    for (const name of ['data-theme', 'data-mode', 'data-bs-theme', 'data-color-scheme']) {
      const value = one.getAttribute(name)?.toLowerCase() ?? '';
      if (DARK.test(value)) return true;
      if (/\blight\b/.test(value)) return false;
    }
    if (one.classList.contains('dark')) return true;
    if (one.classList.contains('light')) return false;
  }
  return null;
}

/** The elements around, from the nearest outwards, also through the edge of a shadow. */
function around(el: HTMLElement): HTMLElement[] {
  const found: HTMLElement[] = [];
  let one: HTMLElement | null = outer(el);
  while (one) {
    found.push(one);
    one = outer(one);
  }
  return found;
}

function outer(el: HTMLElement): HTMLElement | null {
  if (el.parentElement) return el.parentElement;
  const root = el.getRootNode();
  return root instanceof ShadowRoot ? (root.host as HTMLElement) : null;
}
