// The tabs are the page's own: each view of a panel may stand on another one, and switching needs no kernel.
import { t } from '../i18n';
import { element, mark } from './dom';

const NAMES = ['curves', 'graph', 'table', 'runs', 'events'] as const;
const WORDS: Record<(typeof NAMES)[number], () => string> = {
  curves: () => t('Curves'),
  graph: () => t('Graph'),
  table: () => t('Table'),
  runs: () => t('Runs'),
  events: () => t('Events'),
};

export function tabs(
  el: HTMLElement,
  command: (kind: string) => Promise<unknown>,
  signal: AbortSignal,
): HTMLElement {
  const list = element('div', { class: 'nnw-tabs', role: 'tablist', 'aria-label': t('Views') });
  const buttons = NAMES.map((name, i) => {
    const tab = element('button', { type: 'button', role: 'tab', class: 'nnw-tab' }, WORDS[name]());
    tab.addEventListener('click', () => select(i), { signal });
    list.append(tab);
    return tab;
  });
  const select = (chosen: number): void => {
    buttons.forEach((tab, i) => {
      mark(tab, 'aria-selected', String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
    });
    const panel = el.closest<HTMLElement>('.nnw-panel');
    const name = NAMES[chosen];
    if (panel && name) panel.dataset.tab = name;
    if (name === 'runs') void command('runs');
  };
  list.addEventListener(
    'keydown',
    (event) => {
      const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
      const last = buttons.length - 1;
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
      // With Alt an arrow goes back in the browser.
      if (at < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const next = (to + buttons.length) % buttons.length;
      buttons[next]?.focus();
      select(next);
    },
    { signal },
  );
  // A view that is drawn anew, in another language, stays where the person was.
  const before = el.closest<HTMLElement>('.nnw-panel')?.dataset.tab;
  select(Math.max(0, (NAMES as readonly (string | undefined)[]).indexOf(before)));
  return list;
}
