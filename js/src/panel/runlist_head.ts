// Above the list: what it is, how many there are, and the words and the order it is searched by.
import { t } from '../i18n';
import { element, mark, say } from './dom';
import { count } from './format';
import { ORDERS, type Order } from './runlist_order';

/** What a person looks for, which outlives the view: a sidebar that is hidden for a moment has none. */
export interface Looked {
  query: string;
  order: Order;
  /** Whether all are drawn, however many. */
  all: boolean;
}

export interface ListHead {
  el: HTMLElement;
  /** Take the focus, for what had it and is gone. */
  focus(): void;
  /** How many are listed, of how many, and the folder they are kept in. */
  show(found: number, all: number, store: string): void;
}

export function listHead(looked: Looked, changed: () => void, signal: AbortSignal): ListHead {
  const number = element('span', { class: 'nnw-list-count' });
  const heading = element('h2', { class: 'nnw-list-heading', tabindex: -1 }, t('Runs'), ' ', number);
  const search = element('input', {
    type: 'search',
    class: 'nnw-list-search',
    'aria-label': t('Search the runs by name or status'),
    placeholder: t('Search name, status'),
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const choice = element(
    'select',
    { class: 'nnw-picker', 'aria-label': t('Sort the runs by') },
    ...Object.entries(ORDERS).map(([value, words]) => element('option', { value }, words())),
  );
  search.value = looked.query;
  choice.value = looked.order;
  const look = (): void => {
    looked.query = search.value;
    looked.order = choice.value as Order;
    changed();
  };
  search.addEventListener('input', look, { signal });
  search.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || event.isComposing || search.value === '') return;
      event.preventDefault();
      event.stopPropagation();
      search.value = '';
      look();
    },
    { signal },
  );
  choice.addEventListener('change', look, { signal });
  const find = element('div', { class: 'nnw-list-find', hidden: true }, search, choice);
  return {
    el: element('div', { class: 'nnw-list-head' }, heading, find),
    focus: () => (find.hidden ? heading : search).focus(),
    show(found, all, store) {
      find.hidden = all === 0;
      if (all === 0) say(number, '');
      else
        say(
          number,
          found === all ? count(all) : t('{found} of {all}', { found: count(found), all: count(all) }),
        );
      mark(heading, 'title', store && t('Kept in {folder}', { folder: store }));
    },
  };
}
