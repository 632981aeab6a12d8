// What stands behind the other tabs: the numbers as a table, earlier runs, and what happened.
import { t, tn } from '../i18n';
import { element, swatch } from './dom';
import { count } from './format';
import { asker, follow, type Model } from './model';
import { points } from './points';
import { type EventRow, type PageState, type RunRow, type TableRow, understood } from './protocol';
import { announce } from './speech';
import { statusWord } from './status_words';

export function renderPage(model: Model, el: HTMLElement, signal: AbortSignal): void {
  const ask = asker(model, signal);
  const table = element('section', { class: 'nnw-table', role: 'tabpanel', 'aria-label': t('Table') });
  const runs = element('section', { class: 'nnw-runs', role: 'tabpanel', 'aria-label': t('Runs') });
  const events = element('section', { class: 'nnw-events', role: 'tabpanel', 'aria-label': t('Events') });
  const answer = element('p', { class: 'nnw-answer', 'data-kind': 'refused', hidden: true });
  el.classList.add('nnw-page');
  el.replaceChildren(table, runs, events, answer);

  const choose = async (row: RunRow, shown: boolean): Promise<void> => {
    const reply = await ask('overlay', { id: row.id, shown });
    answer.textContent = reply.error ?? '';
    answer.hidden = reply.ok;
    announce(el, reply.error ?? '');
    if (!reply.ok) draw(runs, runList((model.get('state') as PageState).runs, choose));
  };
  const figures = element('div', {});
  const folds = new Map<string, HTMLElement>();
  table.append(figures);
  let before: PageState = { wire: 0, table: [], runs: [], events: [] };
  follow(model, ['state'], signal, () => {
    const state = model.get('state') as PageState;
    if (!understood(state)) return;
    if (differ(before.table, state.table)) {
      draw(figures, seriesTable(state.table));
      for (const metric of new Set(state.table.map(({ name }) => metricOf(name)))) {
        if (folds.has(metric)) continue;
        const made = points(metric, ask, signal);
        folds.set(metric, made);
        table.append(made);
      }
    }
    if (before.wire === 0 || differ(before.runs, state.runs)) draw(runs, runList(state.runs, choose));
    if (differ(before.events, state.events)) draw(events, eventList(state.events));
    before = state;
  });
}

function seriesTable(rows: TableRow[]): HTMLElement {
  if (rows.length === 0) return element('p', { class: 'nnw-empty' }, t('Nothing recorded yet.'));
  const heads = [t('Metric'), t('Last'), t('Best'), t('At step'), t('Points'), t('Not finite')];
  const cells = (row: TableRow): string[] => [
    row.last,
    row.best,
    row.best_step === null ? '–' : count(row.best_step),
    count(row.points),
    row.gaps ? count(row.gaps) : '–',
  ];
  return element(
    'div',
    { class: 'nnw-scroll', tabindex: 0, role: 'region', 'aria-label': t('Metrics') },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
      element(
        'tbody',
        {},
        ...rows.map((row) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row', title: row.name }, row.name),
            ...cells(row).map((cell) => element('td', {}, cell)),
          ),
        ),
      ),
    ),
  );
}

function runList(rows: RunRow[], choose: (row: RunRow, shown: boolean) => Promise<void>): HTMLElement {
  if (rows.length === 0) {
    return element(
      'p',
      { class: 'nnw-empty' },
      t('No earlier runs here. Each run is kept and can be drawn beside later ones.'),
    );
  }
  const entry = (row: RunRow): HTMLElement => {
    const box = element('input', { type: 'checkbox' });
    box.checked = row.place !== null;
    box.addEventListener('change', () => void choose(row, box.checked));
    return element(
      'li',
      {},
      element(
        'label',
        { class: 'nnw-run' },
        box,
        ...(row.place === null ? [] : [swatch('ghost', row.place)]),
        element('span', { class: 'nnw-runname', title: row.name }, row.name),
        element(
          'span',
          { class: 'nnw-runfacts' },
          [
            statusWord(row.status),
            tn(row.epochs, '{n} epoch', '{n} epochs'),
            t('best {value}', { value: row.best }),
            row.started,
          ].join(' · '),
        ),
      ),
    );
  };
  return element(
    'div',
    {},
    element('p', { class: 'nnw-hint' }, t('Check a run to draw it beside this one.')),
    element('ul', { class: 'nnw-runlist' }, ...rows.map(entry)),
  );
}

function eventList(rows: EventRow[]): HTMLElement {
  return element(
    'ol',
    { class: 'nnw-eventlist' },
    ...rows.map((row) =>
      element(
        'li',
        { 'data-level': row.level },
        element(
          'span',
          { class: 'nnw-at' },
          row.step === null ? '' : t('step {step}', { step: count(row.step) }),
        ),
        element('span', {}, row.text),
      ),
    ),
  );
}

/** The metric of a series: what follows its split. */
function metricOf(name: string): string {
  return name.replace(/^(train|val|test)\//, '');
}

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** Draw anew, and leave the focus on the same control. */
function draw(section: HTMLElement, content: HTMLElement): void {
  const controls = (): HTMLElement[] => [...section.querySelectorAll<HTMLElement>('input, [tabindex]')];
  const focused = controls().indexOf(document.activeElement as HTMLElement);
  section.replaceChildren(content);
  if (focused >= 0) controls()[focused]?.focus();
}
