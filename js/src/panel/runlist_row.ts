// One run of the list: what is known of it, its place among the curves above, and what can be done with it.
import { t, tn } from '../i18n';
import { element, mark, say, swatch } from './dom';
import { count } from './format';
import type { DeskRow, Reply } from './protocol';
import type { Answers } from './runlist_answers';
import { deleteQuestion, type Edit, renameField } from './runlist_edit';
import { picture } from './runlist_marks';
import type { Entry } from './runlist_menu';
import { sparkline } from './runlist_spark';
import { age, FLAGS, folded, moment } from './runlist_words';
import { statusWord } from './status_words';

/** What a row asks of the list around it. */
export interface Desk extends Pick<Answers, 'command' | 'hear'> {
  menu(button: HTMLButtonElement, name: string, entries: () => Entry[]): void;
}

export interface RowView {
  el: HTMLLIElement;
  /** `shown` is the id of the run above the list, or null. */
  show(row: DeskRow, shown: string | null): void;
  /** Say again how long ago it began; `now` in ms since 1970. */
  age(now: number): void;
  focus(): void;
}

export function runRow(first: DeskRow, desk: Desk): RowView {
  let row = first;
  let drawn = '';
  let drawing = 0;
  let edit: Edit | null = null;
  const id = first.id;

  const box = element('input', { type: 'checkbox', class: 'nnw-list-box' });
  const colours = element('span', { class: 'nnw-list-colour' });
  // dir: a name that runs from right to left leaves what stands beside it where it is.
  const name = element('button', { type: 'button', class: 'nnw-list-name', dir: 'auto' });
  const pin = picture('pin');
  const flag = picture('flag');
  const title = element('div', { class: 'nnw-list-title' }, name, pin.el, flag.el);
  const spark = sparkline();
  const more = element(
    'button',
    { type: 'button', class: 'nnw-list-more', 'aria-haspopup': 'menu', 'aria-expanded': 'false' },
    '…',
  );
  const pill = element('span', { class: 'nnw-pill' });
  const epochs = short('span', 'nnw-list-epochs');
  const best = element('span', { class: 'nnw-list-best', title: t('The lowest validation loss') });
  const begun = short('time', 'nnw-list-age');
  const facts = element('div', { class: 'nnw-list-facts' }, pill, epochs.el, best, begun.el);
  const reason = element('p', { class: 'nnw-list-reason', hidden: true });
  const el = element('li', { class: 'nnw-list-row' }, box, colours, title, spark.el, more, facts, reason);

  const begin = (asked: 'name' | 'question', make: (close: () => void) => Edit): void => {
    edit?.el.remove();
    // A late answer closes what it was asked in, not what was opened since.
    const made = make(() => edit === made && end());
    edit = made;
    el.toggleAttribute('data-renaming', asked === 'name');
    (asked === 'name' ? title : (el.lastElementChild ?? title)).after(made.el);
    made.focus();
  };
  const end = (): void => {
    const had = edit?.el.contains(document.activeElement);
    edit?.el.remove();
    edit = null;
    el.removeAttribute('data-renaming');
    if (had) more.focus();
  };
  const ask = async (kind: string, value: object, done: string, own?: () => boolean): Promise<Reply> => {
    const reply = await desk.command(kind, { id, ...value }, own);
    if (reply.ok) desk.hear(reply.data ?? done);
    return reply;
  };
  /** Ask for what is asked in the row, which may be closed before the answer comes. */
  const edited = (kind: string, value: object, done: string): Promise<Reply> => {
    const asking = edit;
    return ask(kind, value, done, () => edit === asking);
  };
  const rename = (): void =>
    begin('name', (close) =>
      renameField(row.name, (name) => edited('rename', { name }, t('Renamed to “{name}”.', { name })), close),
    );
  const remove = (): void =>
    begin('question', (close) =>
      deleteQuestion(row.name, () => edited('delete', {}, t('Deleted “{name}”.', { name: row.name })), close),
    );
  const entries = (): Entry[] => {
    const last: Entry = { label: t('Delete…'), grave: true, act: remove };
    if (row.status === 'damaged') return [last];
    const pinning = row.pinned ? t('Unpin') : t('Pin');
    const done = row.pinned
      ? t('Unpinned “{name}”.', { name: row.name })
      : t('Pinned “{name}”.', { name: row.name });
    const kept: Entry[] = [
      { label: t('Rename'), act: rename },
      { label: pinning, act: () => void ask('pin', { pinned: !row.pinned }, done) },
    ];
    // Only JupyterLab with our extension has tabs; the extension says so on the body.
    if (document.body.dataset.nnwLab !== undefined)
      kept.push({ label: t('Open in a tab'), act: () => void ask('tab', {}, '') });
    return [...kept, last];
  };

  name.addEventListener('click', () => void ask('show', {}, ''));
  more.addEventListener('click', () => desk.menu(more, `“${row.name}”`, entries));
  more.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    more.click();
  });
  box.addEventListener('change', async () => {
    drawing += 1;
    const reply = await ask('overlay', { shown: box.checked }, '');
    drawing -= 1;
    if (!reply.ok) box.checked = row.place !== null;
  });

  const draw = (shown: string | null): void => {
    const damaged = row.status === 'damaged';
    const elsewhere = !row.here && (row.status === 'running' || row.status === 'paused');
    const above = row.id === shown;
    const word = statusWord(row.status);
    say(name, row.name);
    mark(name, 'title', row.name);
    mark(name, 'aria-current', above ? 'true' : null);
    el.toggleAttribute('data-shown', above);
    name.disabled = damaged;
    mark(box, 'aria-label', t('Draw “{name}” beside the run above', { name: row.name }));
    mark(
      box,
      'title',
      shown === null ? t('Show a run first, by its name') : t('Draw it beside the run above'),
    );
    box.disabled = shown === null;
    // The run above cannot be drawn beside itself; its place stays empty, so that the names stay in line.
    mark(box, 'data-away', above || damaged ? '' : null);
    mark(el, 'data-place', row.place === null ? null : String(row.place));
    colours.replaceChildren(...(row.place === null ? [] : [swatch('ghost', row.place)]));
    pin.show(row.pinned ? t('pinned') : '');
    mark(flag.el, 'data-level', row.flag);
    flag.show(FLAGS[row.flag]?.() ?? '');
    mark(more, 'aria-label', t('More for “{name}”', { name: row.name }));
    mark(pill, 'data-status', row.status);
    mark(pill, 'title', elsewhere ? t('{status} in another kernel', { status: word }) : null);
    say(pill, elsewhere ? t('{status} elsewhere', { status: word }) : word);
    if (damaged) epochs.show('', '');
    else {
      const { text, end } = folded(
        t('{number} ep', { number: count(row.epochs) }),
        tn(row.epochs, '{n} epoch', '{n} epochs'),
      );
      epochs.show(text, end);
    }
    say(best, row.best && t('best {value}', { value: row.best }));
    mark(begun.el, 'datetime', row.started);
    mark(begun.el, 'title', t('Began {moment}', { moment: moment(row.started) }));
    say(reason, row.reason === null ? '' : t('It cannot be read: {reason}.', { reason: row.reason }));
    reason.hidden = row.reason === null;
    spark.show(row.spark, row.spark_of);
  };

  return {
    el,
    show(next, shown) {
      row = next;
      const now = JSON.stringify([next, next.id === shown, shown === null]);
      if (now !== drawn) draw(shown);
      drawn = now;
      if (drawing === 0) box.checked = row.place !== null;
    },
    age(now) {
      const { text, end } = age(row.started, now);
      begun.show(text, end);
    },
    focus: () => (name.disabled ? more : name).focus(),
  };
}

/** A fact whose end is left away where the list is narrow. */
function short(
  tag: 'span' | 'time',
  kind: string,
): { el: HTMLElement; show(text: string, end: string): void } {
  const begin = element('span');
  const rest = element('span', { class: 'nnw-list-end' });
  return {
    el: element(tag, { class: kind }, begin, rest),
    show(text, end) {
      say(begin, text);
      say(rest, end);
    },
  };
}
