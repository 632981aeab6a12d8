// The tabs of a player; each has a panel of its own.
import { element, mark } from '../panel/dom';
import type { Playback } from './playback';
import { unique } from './unique';

export interface Tab {
  name: string;
  label: string;
  panel: HTMLElement;
  /** Called when it is first opened. */
  open?: () => void;
}

export function tabs(playback: Playback, all: Tab[], label: string, signal: AbortSignal): HTMLElement {
  const own = unique();
  const id = (name: string, part: string): string => `${own}-${name}-${part}`;
  const list = element('div', { class: 'nnw-tabs', role: 'tablist', 'aria-label': label });
  const buttons = all.map(({ name, label: text, panel }, i) => {
    panel.id = id(name, 'panel');
    mark(panel, 'role', 'tabpanel');
    mark(panel, 'aria-labelledby', id(name, 'tab'));
    const made = element(
      'button',
      {
        type: 'button',
        role: 'tab',
        class: 'nnw-tab',
        id: id(name, 'tab'),
        'aria-controls': panel.id,
        'data-text': text,
      },
      text,
    );
    made.addEventListener('click', () => select(i), { signal });
    list.append(made);
    return made;
  });
  const opened = new Set<string>();
  const select = (chosen: number): void => {
    all.forEach((tab, i) => {
      const here = i === chosen;
      const button = buttons[i] as HTMLButtonElement;
      mark(button, 'aria-selected', String(here));
      button.tabIndex = here ? 0 : -1;
      tab.panel.hidden = !here;
      if (!here) return;
      playback.tab = tab.name;
      if (!opened.has(tab.name)) tab.open?.();
      opened.add(tab.name);
    });
  };
  list.addEventListener(
    'keydown',
    (event) => {
      const at = buttons.indexOf(event.target as HTMLButtonElement);
      const moves: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
      const next = moves[event.key];
      // With Alt an arrow goes back in the browser.
      if (at < 0 || next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const place = (next + buttons.length) % buttons.length;
      buttons[place]?.focus();
      select(place);
    },
    { signal },
  );
  select(
    Math.max(
      0,
      all.findIndex((tab) => tab.name === playback.tab),
    ),
  );
  return list;
}
