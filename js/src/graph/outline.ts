// The graph as a list that opens and closes, for whoever hears it or would rather read it.
import { t } from '../i18n';
import { element, mark } from '../panel/dom';
import { count } from '../panel/format';
import { isGroup, TOP } from './data';
import { lineOf } from './facts';
import type { Tree } from './tree';

/** Entries that are made at once; the rest comes when it is asked for. */
const PIECE = 100;

export interface Outline {
  el: HTMLElement;
  show(tree: Tree): void;
  /** Mark what is selected; nothing is opened for it. */
  select(part: number): void;
}

export function outline(chosen: (part: number) => void, signal: AbortSignal): Outline {
  const el = element('ul', {
    class: 'nnw-graph-outline',
    role: 'tree',
    'aria-label': t('Outline of the graph'),
  });
  let tree: Tree | null = null;
  const items = new Map<number, HTMLElement>();

  const fill = (list: HTMLElement, group: number, from: number, level: number): void => {
    if (!tree) return;
    const members = tree.members(group);
    list.append(...members.slice(from, from + PIECE).map((part) => item(part, level)));
    const left = members.length - from - PIECE;
    if (left <= 0) return;
    const words = t('{number} more', { number: count(left) });
    const more = element(
      'li',
      { role: 'treeitem', tabindex: -1, class: 'nnw-graph-more', 'aria-level': level },
      words,
    );
    const next = (): void => {
      more.remove();
      fill(list, group, from + PIECE, level);
    };
    more.addEventListener('click', next, { signal });
    more.addEventListener('keydown', (event) => event.key === 'Enter' && next(), { signal });
    list.append(more);
  };

  const item = (part: number, level: number): HTMLElement => {
    const graph = (tree as Tree).graph;
    const made = element(
      'li',
      { role: 'treeitem', tabindex: -1, 'aria-level': level },
      element('span', { class: 'nnw-graph-entry' }, lineOf(graph, part)),
    );
    made.dataset.part = String(part);
    if (isGroup(graph, part)) made.setAttribute('aria-expanded', 'false');
    items.set(part, made);
    return made;
  };

  const expand = (made: HTMLElement, wanted: boolean): void => {
    if (!made.hasAttribute('aria-expanded')) return;
    mark(made, 'aria-expanded', String(wanted));
    const inner = made.querySelector<HTMLElement>(':scope > ul');
    if (inner) inner.hidden = !wanted;
    else if (wanted) {
      const list = element('ul', { role: 'group' });
      made.append(list);
      fill(list, Number(made.dataset.part), 0, Number(made.getAttribute('aria-level')) + 1);
    }
  };

  el.addEventListener(
    'click',
    (event) => {
      const made = (event.target as Element).closest<HTMLElement>('[data-part]');
      if (!made) return;
      // The mark before the entry opens and closes, the entry itself selects.
      const entry = (event.target as Element).closest('.nnw-graph-entry');
      if (entry) chosen(Number(made.dataset.part));
      else expand(made, made.getAttribute('aria-expanded') === 'false');
      focus(made);
    },
    { signal },
  );
  el.addEventListener(
    'keydown',
    (event) => {
      const made = document.activeElement?.closest<HTMLElement>('[role=treeitem]');
      if (!made || !el.contains(made) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (act(made, event.key)) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    { signal },
  );

  function act(made: HTMLElement, key: string): boolean {
    const open = made.getAttribute('aria-expanded');
    const shown = [...el.querySelectorAll<HTMLElement>('[role=treeitem]')].filter(
      (one) => !one.closest('[hidden]'),
    );
    const place = shown.indexOf(made);
    if (key === 'ArrowDown') focus(shown[place + 1]);
    else if (key === 'ArrowUp') focus(shown[place - 1]);
    else if (key === 'Home') focus(shown[0]);
    else if (key === 'End') focus(shown.at(-1));
    else if (key === 'ArrowRight') {
      if (open === 'false') expand(made, true);
      else if (open === 'true') focus(shown[place + 1]);
    } else if (key === 'ArrowLeft') {
      if (open === 'true') expand(made, false);
      else focus(made.parentElement?.closest<HTMLElement>('[role=treeitem]'));
    } else if (key === 'Enter' || key === ' ') {
      if (made.dataset.part) chosen(Number(made.dataset.part));
    } else return false;
    return true;
  }

  function focus(made: HTMLElement | null | undefined): void {
    if (!made) return;
    for (const one of el.querySelectorAll('[tabindex="0"]')) mark(one, 'tabindex', '-1');
    made.tabIndex = 0;
    made.focus();
  }

  return {
    el,
    show(shown) {
      tree = shown;
      items.clear();
      el.replaceChildren();
      fill(el, TOP, 0, 1);
      const first = el.querySelector<HTMLElement>('[role=treeitem]');
      if (first) first.tabIndex = 0;
      for (const part of shown.members(TOP)) {
        const made = items.get(part);
        if (made && shown.members(TOP).length < PIECE) expand(made, true);
      }
    },
    select(part) {
      for (const one of el.querySelectorAll('[aria-selected=true]')) one.removeAttribute('aria-selected');
      const made = items.get(part);
      if (made) mark(made, 'aria-selected', 'true');
    },
  };
}
