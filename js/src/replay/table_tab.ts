// The charts as tables, for who reads numbers or hears the page.
import { t } from '../i18n';
import { element, mark, say, swatch } from '../panel/dom';
import { count } from '../panel/format';
import type { Playback } from './playback';
import type { Recording, Series } from './recording';
import { number } from './ticks';
import { done } from './words';

/** Rows of a table at most. */
const ROWS = 60;

interface Row {
  step: number;
  el: HTMLElement;
}

export function tableTab(playback: Playback, signal: AbortSignal): HTMLElement {
  const el = element('div', { class: 'nnw-replay-tables' });
  let rows: Row[] = [];
  let here: (() => void)[] = [];
  const draw = (): void => {
    [rows, here] = [[], []];
    const { recording } = playback;
    const tables = recording.run.metrics.map((metric) => table(recording, metric, playback, rows, here));
    el.replaceChildren(...tables.filter((one) => one !== null));
    if (el.children.length === 0) el.append(element('p', { class: 'nnw-empty' }, t('Nothing was recorded.')));
    tell();
  };
  const tell = (): void => {
    for (const row of rows) mark(row.el, 'data-future', row.step > playback.step ? '' : null);
    for (const one of here) one();
  };
  playback.on(['run'], signal, draw);
  playback.on(['told'], signal, tell);
  draw();
  return el;
}

function table(
  recording: Recording,
  metric: string,
  playback: Playback,
  rows: Row[],
  here: (() => void)[],
): HTMLElement | null {
  const { train, val } = recording.pair(metric);
  const columns = [
    ...(train
      ? [{ series: train, role: 'train', name: val || train.name !== metric ? t('training') : metric }]
      : []),
    ...(val ? [{ series: val, role: 'val', name: t('validation') }] : []),
  ];
  if (columns.length === 0) return null;
  const epochs = recording.epochs.known;
  const steps = stepsOf(recording, (val ?? train) as Series);
  const where = (step: number): HTMLElement[] => [
    element('th', { scope: 'row' }, count(step)),
    ...(epochs ? [element('td', {}, String(Number(recording.epochs.at(step).toFixed(2))))] : []),
  ];
  const body = steps.map((step) => {
    const cells = columns.map(({ series }) => element('td', {}, number(series.at(step))));
    const row = element('tr', {}, ...where(step), ...cells);
    rows.push({ step, el: row });
    return row;
  });
  const now = element('tr', { class: 'nnw-replay-now' });
  const cells = [
    element('th', { scope: 'row' }),
    ...(epochs ? [element('td')] : []),
    ...columns.map(() => element('td')),
  ];
  now.append(...cells);
  here.push(() => {
    const { step } = playback;
    const at = done(step);
    const texts = [
      t('here: {step}', { step: count(at) }),
      ...(epochs ? [String(Number(recording.epochs.at(step).toFixed(2)))] : []),
      ...columns.map(({ series }) => number(series.at(step))),
    ];
    cells.forEach((cell, i) => {
      say(cell, texts[i] ?? '');
    });
  });
  // Of a setting none is the best.
  const rated = metric !== 'lr';
  const best = columns.map(({ series }) => element('td', {}, number(series.bestAt(recording.end)?.value)));
  const foot = element(
    'tfoot',
    {},
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, t('best')),
      ...(epochs ? [element('td')] : []),
      ...best,
    ),
  );
  const heads = [t('step'), ...(epochs ? [t('epoch')] : [])].map((text) =>
    element('th', { scope: 'col' }, text),
  );
  return element(
    'div',
    { class: 'nnw-scroll', tabindex: 0, role: 'region', 'aria-label': metric },
    element(
      'table',
      {},
      element('caption', {}, metric),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...heads,
          ...columns.map(({ role, name }) => element('th', { scope: 'col' }, swatch(role, 0), ` ${name}`)),
        ),
        now,
      ),
      element('tbody', {}, ...body),
      ...(rated ? [foot] : []),
    ),
  );
}

/** Some steps of a series, the last one among them. */
function stepsOf(recording: Recording, series: Series): number[] {
  const whole = [...new Set(Array.from(series.step, (step) => Math.round(step)))];
  const known = whole.filter((step) => step <= recording.end);
  if (known.length <= ROWS) return known;
  const places = Array.from({ length: ROWS }, (_, i) => Math.round((i * (known.length - 1)) / (ROWS - 1)));
  return places.map((place) => known[place] as number);
}
