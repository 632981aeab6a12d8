// The tabs are the page's own: each view of a panel may stand on another one, and switching needs no kernel.
import { element, mark } from './dom';

const NAMES = ['Curves', 'Graph', 'Table', 'Runs', 'Events'] as const;

export function tabs(
  el: HTMLElement,
  command: (kind: string) => Promise<unknown>,
  signal: AbortSignal,
): HTMLElement {
  const list = element('div', { class: 'nnw-tabs', role: 'tablist', 'aria-label': 'Views' });
  const buttons = NAMES.map((name, i) => {
    const tab = element('button', { type: 'button', role: 'tab', class: 'nnw-tab' }, name);
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
    if (panel && name) panel.dataset.tab = name.toLowerCase();
    if (name === 'Runs') void command('runs');
  };
  list.addEventListener(
    'keydown',
    (event) => {
      const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (at < 0 || step === undefined) return;
      event.preventDefault();
      const next = (at + step + buttons.length) % buttons.length;
      buttons[next]?.focus();
      select(next);
    },
    { signal },
  );
  select(0);
  return list;
}
