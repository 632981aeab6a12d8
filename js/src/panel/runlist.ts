// The runs that are kept, under the panel of the sidebar: found, shown above, drawn beside each other, put in order.
import { t, tn } from '../i18n';
import { around, element, say } from './dom';
import { count } from './format';
import { kernelOf } from './kernel';
import { type Ask, asker, follow, type Model } from './model';
import { type DeskRow, type RunListState, understood } from './protocol';
import { type Answers, answers } from './runlist_answers';
import { type Looked, listHead } from './runlist_head';
import { rowMenu } from './runlist_menu';
import { arranged } from './runlist_order';
import { place } from './runlist_place';
import { type Desk, type RowView, runRow } from './runlist_row';
import { whileVisible } from './runlist_watch';

/** Rows that are drawn before somebody asks for all of them. */
export const MOST = 200;
/** Milliseconds after which the answer to a request for the list is given up: the connection may have lost it. */
const LOST = 15_000;

/** By the id of the model: each view is given another object for the same one. */
const memory = new Map<string, Looked>();

export function renderRunlist(model: Model, el: HTMLElement, signal: AbortSignal): void {
  const ask = asker(model, signal);
  const told = answers(ask);
  const error = element('p', { class: 'nnw-error', hidden: true });
  const empty = element('div', { class: 'nnw-empty', hidden: true });
  // role: without its bullets, Safari no longer calls it a list.
  const list = element('ul', { class: 'nnw-list-rows', role: 'list', 'aria-label': t('Runs') });
  const rest = element('button', { type: 'button', class: 'nnw-button nnw-list-rest', hidden: true });
  const menu = rowMenu(signal);
  let state: RunListState = { wire: 0, rows: [], shown: null, store: '', error: null };
  const address = String(model.get('address') ?? '');
  const looked = memory.get(address) ?? { query: '', order: 'newest', all: false };
  memory.set(address, looked);
  const views = new Map<string, RowView>();

  const { command, hear, tell } = told;
  const desk: Desk = { command, hear, menu: (button, name, entries) => menu.toggle(button, name, entries) };

  const head = listHead(
    looked,
    () => {
      const found = draw();
      hear(tn(state.rows.length, '{found} of {n} run', '{found} of {n} runs', { found: count(found) }));
    },
    signal,
  );

  const view = (row: DeskRow): RowView => {
    const made = views.get(row.id) ?? runRow(row, desk);
    views.set(row.id, made);
    made.show(row, state.shown);
    return made;
  };

  /** Draw what is looked for, and return how many that are. */
  const draw = (): number => {
    const found = arranged(state.rows, looked.query, looked.order);
    const visible = looked.all ? found : found.slice(0, MOST);
    const known = new Set(state.rows.map((row) => row.id));
    for (const id of views.keys()) if (!known.has(id)) views.delete(id);
    const drawn = visible.map(view);
    const held = [...list.children].find((row) => row.contains(document.activeElement)) ?? null;
    const at = held === null ? 0 : [...list.children].indexOf(held);
    place(
      list,
      drawn.map((made) => made.el),
      held,
    );
    const left = menu.refresh() || (held !== null && !held.isConnected);
    rest.hidden = visible.length === found.length;
    say(rest, tn(found.length, 'Show {n} run', 'Show all {n} runs'));
    head.show(found.length, state.rows.length, state.store);
    if (left) (drawn[Math.min(at, drawn.length - 1)] ?? head).focus();
    ages();
    explain(empty, state, found.length, looked.query.trim());
    return found.length;
  };
  const ages = (): void => {
    const now = Date.now();
    for (const made of views.values()) made.age(now);
  };
  rest.addEventListener(
    'click',
    () => {
      const next = list.children.length;
      looked.all = true;
      draw();
      list.children[next]?.querySelector<HTMLElement>('button:enabled')?.focus();
    },
    { signal },
  );

  el.classList.add('nnw-list');
  el.replaceChildren(
    element(
      'section',
      { class: 'nnw-list-body', 'aria-label': t('Runs that are kept') },
      head.el,
      error,
      ...told.el,
      list,
      rest,
      empty,
      menu.el,
    ),
  );
  follow(model, ['state'], signal, () => {
    const next = model.get('state') as RunListState | undefined;
    if (next?.wire === undefined) return;
    if (!understood(next)) {
      tell(t('This page and the kernel have different versions of nnwidgets. Reload the page.'));
      return;
    }
    state = next;
    say(error, state.error ?? '');
    error.hidden = state.error === null;
    draw();
  });

  const look = asking(ask, told, ages);
  // A connection that is lost keeps what is asked, and would ask all of it when it is back.
  whileVisible(el, () => kernelOf(el) === 'live' && look(), signal);
}

/** Return what asks for the list, not again while an answer is on its way. */
function asking(ask: Ask, told: Answers, done: () => void): () => void {
  let since = 0;
  let fault = '';
  return async () => {
    if (since > 0 && Date.now() - since < LOST) return;
    since = Date.now();
    const reply = await ask('runs');
    since = 0;
    if (!reply.ok) told.tell(reply.error ?? '', 'refused');
    else if (fault !== '') told.untell(fault);
    fault = reply.error ?? '';
    done();
  };
}

/** In the place of rows, what to do to get some. */
function explain(empty: HTMLElement, state: RunListState, found: number, query: string): void {
  empty.hidden = found > 0;
  if (found > 0) return;
  if (state.rows.length > 0) {
    empty.replaceChildren(
      element(
        'p',
        {},
        ...around(t('No run has “{query}” in its name or status.'), { query: element('bdi', {}, query) }),
      ),
    );
    return;
  }
  // Before the kernel looked, and where the folder cannot be read, nobody knows whether there are runs.
  empty.hidden = state.error !== null || state.store === '';
  empty.replaceChildren(
    element('p', {}, t('No runs yet. Watch a training, and it is kept and listed here:')),
    element('pre', {}, 'run = nnw.watch(model, optimizer)'),
    element('p', { class: 'nnw-list-store' }, t('Runs are kept in {folder}', { folder: state.store })),
  );
}
