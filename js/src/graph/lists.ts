// Below the drawing: what was found out, what changed, and what the graph cannot show.
import { t } from '../i18n';
import { element } from '../panel/dom';
import { count } from '../panel/format';
import type { GraphState } from './protocol';

const MOST = 50;

export interface Lists {
  el: HTMLElement;
  show(state: GraphState, notes: readonly string[], nameOf: (key: string) => string): void;
}

export function lists(
  reveal: { path(path: string): void; key(key: string): void },
  signal: AbortSignal,
): Lists {
  const el = element('div', { class: 'nnw-graph-lists' });
  let told = '';

  const entry = (text: string, act: () => void, level = 'info'): HTMLElement => {
    const made = element('button', { type: 'button', class: 'nnw-graph-item' }, text);
    made.addEventListener('click', act, { signal });
    return element('li', { 'data-level': level }, made);
  };
  const section = (title: string, items: HTMLElement[], kind: string): HTMLElement[] => {
    if (items.length === 0) return [];
    const shown = items.slice(0, MOST);
    if (items.length > MOST)
      shown.push(element('li', {}, t('and {number} more', { number: count(items.length - MOST) })));
    const list = element('ul', {}, ...shown);
    return [element('section', { class: `nnw-graph-${kind}` }, element('h4', {}, title), list)];
  };

  return {
    el,
    show(state, notes, nameOf) {
      const now = JSON.stringify([state.findings, state.changes, notes]);
      if (now === told) return;
      told = now;
      el.replaceChildren(
        ...section(
          t('Findings'),
          state.findings.map(({ text, path, level }) => entry(text, () => reveal.path(path), level)),
          'findings',
        ),
        ...section(
          t('Changed since the graph before'),
          Object.entries(state.changes).map(([key, words]) =>
            entry(`${nameOf(key)}: ${words}`, () => reveal.key(key)),
          ),
          'changes',
        ),
        ...section(
          t('Not in the picture'),
          notes.map((note) => element('li', {}, note)),
          'notes',
        ),
      );
    },
  };
}
