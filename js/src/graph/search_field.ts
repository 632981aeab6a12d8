// The field that finds parts of the graph: Enter goes on to the next match, Shift and Enter back.
import { t } from '../i18n';
import { element, say } from '../panel/dom';
import { count } from '../panel/format';

export interface SearchField {
  el: HTMLElement;
  focus(): void;
  /** Search again: there is another graph. */
  renew(): void;
}

export function searchField(
  find: (text: string) => number[],
  go: (part: number) => void,
  leave: () => void,
  signal: AbortSignal,
): SearchField {
  const field = element('input', {
    type: 'search',
    class: 'nnw-graph-field',
    placeholder: `${t('Search')} ( / )`,
    'aria-label': t('Search the graph by name, operation or path'),
    spellcheck: 'false',
    autocomplete: 'off',
  });
  const found = element('span', { class: 'nnw-graph-found', role: 'status' });
  const after = element(
    'button',
    { type: 'button', class: 'nnw-button', 'aria-label': t('Next match') },
    '↓',
  );
  after.hidden = true;
  let matches: number[] | null = null;
  let place = -1;

  const tell = (): void => {
    const none = matches === null || field.value.trim() === '';
    after.hidden = none || matches?.length === 0;
    const all = count(matches?.length ?? 0);
    say(
      found,
      none
        ? ''
        : matches?.length === 0
          ? t('nothing found')
          : place < 0
            ? all
            : `${count(place + 1)} / ${all}`,
    );
  };
  const step = (by: number): void => {
    matches ??= find(field.value);
    if (matches.length > 0) {
      place = place < 0 && by < 0 ? matches.length - 1 : (place + by + matches.length) % matches.length;
      go(matches[place] as number);
    }
    tell();
  };
  let due: ReturnType<typeof setTimeout> | undefined;
  const search = (): void => {
    clearTimeout(due);
    place = -1;
    matches = null;
    // A large graph is not searched for every letter.
    due = setTimeout(() => {
      matches = find(field.value);
      tell();
    }, 120);
  };
  field.addEventListener('input', search, { signal });
  signal.addEventListener('abort', () => clearTimeout(due));
  field.addEventListener(
    'keydown',
    (event) => {
      // The panel and the page have keys of their own.
      event.stopPropagation();
      if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
      else if (event.key === 'Escape') {
        field.value = '';
        matches = null;
        tell();
        leave();
      } else return;
      event.preventDefault();
    },
    { signal },
  );
  after.addEventListener('click', () => step(1), { signal });
  return {
    el: element('span', { class: 'nnw-graph-search', role: 'search' }, field, found, after),
    focus() {
      field.focus();
      field.select();
    },
    renew() {
      matches = null;
      place = -1;
      if (field.value.trim()) matches = find(field.value);
      tell();
    },
  };
}
