// The two charts with their legends, for the size that they have in the page.
import { t } from '../i18n';
import { element } from '../panel/dom';
import { renderLegend } from '../panel/legend';
import { type LegendItem, WIRE } from '../panel/protocol';
import { Chart } from './chart';
import { icon } from './icons';
import { LocalModel } from './local_model';
import type { Playback } from './playback';
import { listenToPointer } from './pointer';
import { number } from './ticks';
import { nameOf } from './words';

export function charts(playback: Playback, signal: AbortSignal): HTMLElement {
  const main = plot(playback, true, signal);
  const second = plot(playback, false, signal);
  const start = element(
    'button',
    { type: 'button', class: 'nnw-replay-start', 'aria-label': t('Play the training') },
    icon('play'),
  );
  const begin = (): void => {
    // The button goes away; the focus stays where the keys of the player are.
    if (start.matches(':focus')) main.chart.el.focus();
    playback.play();
  };
  start.addEventListener('click', begin, { signal });
  main.chart.el.append(start);
  const empty = element('p', { class: 'nnw-empty' }, t('Nothing was recorded.'));
  const el = element('div', { class: 'nnw-charts' }, empty, main.el);
  const show = (): void => {
    start.hidden = playback.clock.begun;
    empty.hidden = playback.recording.run.metrics.length > 0;
    main.el.hidden = !empty.hidden;
    if (playback.second === null) second.el.remove();
    else if (!second.el.isConnected || second.el.parentElement !== el) el.append(second.el);
  };
  playback.on(['played', 'run', 'look'], signal, show);
  show();
  return el;
}

function plot(playback: Playback, main: boolean, signal: AbortSignal): { el: HTMLElement; chart: Chart } {
  const chart = new Chart();
  chart.el.tabIndex = 0;
  chart.el.setAttribute('role', 'group');
  const legend = element('div');
  const el = element('div', { class: 'nnw-chart' }, legend, chart.el);
  const metric = (): string =>
    main ? (playback.recording.run.metrics[0] ?? 'loss') : (playback.second ?? '');
  const model = new LocalModel({ state: state(playback, metric(), main) }, (kind, value) => {
    if (kind === 'metric') playback.look({ second: String(value) });
  });
  renderLegend(model, legend, signal);
  listenToPointer(chart, playback, signal);

  const draw = (): void => {
    const [width, height] = [chart.el.clientWidth, chart.el.clientHeight];
    chart.el.setAttribute(
      'aria-label',
      t('Chart of {metric}. Arrow keys move through the training.', { metric: metric() }),
    );
    if (width < 60 || height < 60 || metric() === '') return;
    const { recording, ghost, view, lesson } = playback;
    const others = lesson.switches.length > 0 ? lesson.runs.map((_, i) => playback.recordingOf(i)) : [];
    chart.draw({ recording, metric: metric(), view, ghost, others }, width, height);
    chart.show(playback.step);
  };
  const tell = (): void => model.set('state', state(playback, metric(), main));
  playback.on(['moved'], signal, () => chart.show(playback.step));
  playback.on(['run', 'look'], signal, () => {
    tell();
    draw();
  });
  playback.on(['told'], signal, tell);
  const sizes = new ResizeObserver(draw);
  sizes.observe(chart.el);
  signal.addEventListener('abort', () => sizes.disconnect());
  return { el, chart };
}

/** What the legend shows: the values that are known where the playback is. */
function state(playback: Playback, metric: string, main: boolean): unknown {
  const { recording, ghost, step } = playback;
  const { train, val } = recording.pair(metric);
  const items: LegendItem[] = [];
  if (train) {
    const label = val || train.name !== metric ? t('training') : metric;
    items.push({ role: 'train', place: 0, label, value: number(train.at(step)), gaps: train.gapsAt(step) });
  }
  if (val) {
    const value = number(val.at(step));
    items.push({ role: 'val', place: 0, label: t('validation'), value, gaps: val.gapsAt(step) });
  }
  if (ghost) {
    const beside = ghost.pair(metric);
    const value = number((beside.val ?? beside.train)?.at(step));
    items.push({
      role: 'ghost',
      place: 0,
      label: nameOf(ghost.run, playback.lesson, recording.run),
      value,
      gaps: 0,
    });
  }
  const metrics = recording.run.metrics.slice(1);
  return { wire: WIRE, metric, metrics, main, items };
}
