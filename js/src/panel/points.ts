// The points of a chart as a table: for a screen reader, and for whoever wants to read a number exactly.
import { t, tn } from '../i18n';
import { element, say } from './dom';
import { count } from './format';
import { type Ask, asker, type Model } from './model';
import { type PointsTable, understood } from './protocol';

/**
 * A table that is asked for when it is opened. It is not written anew by itself: whoever reads it would lose the place.
 *
 * @param metric of the chart; null for the one under the graph.
 */
export function points(metric: string | null, ask: Ask, signal: AbortSignal): HTMLElement {
  const place = element('div', {});
  const again = element('button', { type: 'button', class: 'nnw-button' }, t('Update'));
  const root = element(
    'details',
    { class: 'nnw-fold nnw-points' },
    element(
      'summary',
      {},
      metric === null ? t('Show the points as a table') : t('Show the points of {metric}', { metric }),
    ),
    again,
    place,
  );
  const look = async (): Promise<void> => {
    const reply = await ask('points', metric);
    if (signal.aborted) return;
    const told = reply.data === null ? undefined : (JSON.parse(reply.data) as PointsTable);
    if (told !== undefined && understood(told)) place.replaceChildren(drawn(told, metric));
    else place.replaceChildren(element('p', { class: 'nnw-empty' }, reply.error ?? t('That did not work.')));
  };
  root.addEventListener('toggle', () => root.open && void look(), { signal });
  again.addEventListener('click', () => void look(), { signal });
  return root;
}

/** The table of the chart under the graph, a view of its own. */
export function renderPoints(model: Model, el: HTMLElement, signal: AbortSignal): void {
  el.classList.add('nnw-layer-points');
  el.replaceChildren(points(null, asker(model, signal), signal));
}

function drawn(table: PointsTable, metric: string | null): HTMLElement {
  if (table.rows.length === 0) return element('p', { class: 'nnw-empty' }, t('Nothing recorded yet.'));
  const name = metric ?? t('The chart under the graph');
  const caption = element('caption', {});
  say(
    caption,
    table.rows.length === table.count
      ? tn(table.count, '{name}: {n} point', '{name}: {n} points', { name })
      : t('{name}: {shown} of {all} points, evenly spread; a value may be the mean of several', {
          name,
          shown: count(table.rows.length),
          all: count(table.count),
        }),
  );
  const row = (cells: string[]): HTMLElement =>
    element(
      'tr',
      {},
      ...cells.map((cell, i) => (i === 0 ? element('th', { scope: 'row' }, cell) : element('td', {}, cell))),
    );
  return element(
    'div',
    { class: 'nnw-scroll', tabindex: 0, role: 'region', 'aria-label': t('Points of {name}', { name }) },
    element(
      'table',
      {},
      caption,
      element(
        'thead',
        {},
        element('tr', {}, ...table.columns.map((head) => element('th', { scope: 'col' }, head))),
      ),
      element('tbody', {}, ...table.rows.map(row)),
    ),
  );
}
