// The slider that goes back to a sampled step, and the choice among the graphs of a run.
import { t } from '../i18n';
import { element, mark, say } from '../panel/dom';
import { count } from '../panel/format';
import type { GraphState } from './protocol';

/** Ms between two steps that are asked for while the slider is dragged. */
const PAUSE = 80;

type Ask = (kind: string, value: unknown) => Promise<unknown>;

export interface TimeRow {
  el: HTMLElement;
  show(state: GraphState): void;
}

export function timeRow(ask: Ask, signal: AbortSignal): TimeRow {
  const slider = element('input', {
    type: 'range',
    min: 0,
    step: 1,
    'aria-label': t('Step whose values are shown'),
  });
  const value = element('span', { class: 'nnw-value' });
  const live = element(
    'button',
    { type: 'button', class: 'nnw-button', title: t('Show the newest values') },
    t('Live'),
  );
  const graphs = element('select', { class: 'nnw-picker', 'aria-label': t('Graph of this run') });
  const time = element(
    'label',
    { class: 'nnw-option nnw-graph-slide' },
    element('span', {}, t('step')),
    slider,
    value,
  );
  const el = element('div', { class: 'nnw-graph-time', hidden: true }, graphs, time, live);
  let steps: number[] = [];
  let wanted: number | null | undefined;
  let busy = false;

  // One question at a time, and the last wish wins: a kernel that is slow is not asked for every step that was passed.
  const send = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (wanted !== undefined && !signal.aborted) {
      const step = wanted;
      wanted = undefined;
      await Promise.race([ask('graph_at', step), new Promise((settle) => setTimeout(settle, 2000))]);
      await new Promise((settle) => setTimeout(settle, PAUSE));
    }
    busy = false;
  };
  const want = (step: number | null): void => {
    wanted = step;
    void send();
  };
  slider.addEventListener(
    'input',
    () => {
      const step = steps[Number(slider.value)];
      if (step === undefined) return;
      say(value, count(step));
      mark(live, 'aria-pressed', 'false');
      want(step);
    },
    { signal },
  );
  live.addEventListener('click', () => want(null), { signal });
  graphs.addEventListener('change', () => void ask('graph_show', Number(graphs.value)), { signal });
  let offered = '';

  return {
    el,
    show(state) {
      steps = state.steps;
      const several = state.graphs.length > 1;
      el.hidden = steps.length === 0 && !several;
      time.hidden = live.hidden = steps.length === 0;
      graphs.hidden = !several;
      const labels = JSON.stringify(state.graphs);
      if (labels !== offered) {
        offered = labels;
        graphs.replaceChildren(...state.graphs.map(({ label }, i) => element('option', { value: i }, label)));
      }
      if (document.activeElement !== graphs) graphs.value = String(state.shown);
      slider.max = String(Math.max(0, steps.length - 1));
      slider.disabled = steps.length < 2;
      mark(live, 'aria-pressed', String(state.at === null));
      if (wanted !== undefined || busy) return;
      const shown = state.values_step ?? state.at ?? steps.at(-1);
      const place = state.at === null ? steps.length - 1 : nearest(steps, state.at);
      slider.value = String(place);
      say(value, shown === undefined ? '' : count(shown));
      mark(slider, 'aria-valuetext', shown === undefined ? null : t('step {step}', { step: shown }));
    },
  };
}

/** The place of the last step that is not after the given one. */
function nearest(steps: number[], step: number): number {
  let place = 0;
  steps.forEach((one, i) => {
    if (one <= step) place = i;
  });
  return place;
}
