// The hand on a chart: it reads values at a step, and drags the playback.
import { t } from '../i18n';
import { element } from '../panel/dom';
import type { Chart } from './chart';
import { MARGIN } from './geometry';
import type { Playback } from './playback';
import type { Recording } from './recording';
import { number } from './ticks';
import { nameOf, place } from './words';

/** The values of a metric at a step, as lines. */
export function reading(playback: Playback, metric: string, step: number): [label: string, value: string][] {
  const of = (recording: Recording, ghost: boolean): [string, string][] => {
    const { train, val } = recording.pair(metric);
    const name = ghost ? `${nameOf(recording.run, playback.lesson, playback.recording.run)}, ` : '';
    return [
      ...(train
        ? [[`${name}${val ? t('training') : metric}`, number(train.at(step))] as [string, string]]
        : []),
      ...(val ? [[`${name}${t('validation')}`, number(val.at(step))] as [string, string]] : []),
    ];
  };
  const { ghost } = playback;
  return [...of(playback.recording, false), ...(ghost ? of(ghost, true) : [])];
}

export function listenToPointer(chart: Chart, playback: Playback, signal: AbortSignal): void {
  const tip = element('div', { class: 'nnw-c-tip', hidden: true });
  const hair = element('div', { class: 'nnw-c-hair', hidden: true });
  const spoken = element('p', { class: 'nnw-spoken', 'aria-live': 'polite' });
  chart.el.append(hair, tip, spoken);
  let dragging = false;

  const hide = (): void => {
    tip.hidden = hair.hidden = true;
  };
  const read = (step: number): void => {
    const { geometry, subject } = chart;
    if (!geometry || !subject) return;
    const left = geometry.toX(subject.recording.along(subject.view.x, step));
    const lines = reading(playback, subject.metric, step);
    tip.replaceChildren(
      element('div', { class: 'nnw-c-tiphead' }, place(playback.recording, step)),
      ...lines.map(([label, value]) =>
        element('div', {}, element('span', {}, label), element('b', {}, value)),
      ),
    );
    tip.hidden = hair.hidden = false;
    hair.style.left = `${left}px`;
    const before = left > geometry.width / 2;
    tip.style.left = before ? '' : `${left + 10}px`;
    tip.style.right = before ? `${geometry.width - left + 10}px` : '';
  };
  const stepAt = (event: PointerEvent): number | null => {
    const { geometry, subject } = chart;
    if (!geometry || !subject) return null;
    const px = event.clientX - chart.el.getBoundingClientRect().left;
    if (px < MARGIN.left - 12) return null;
    const step = subject.recording.stepAt(subject.view.x, geometry.fromX(px));
    return Math.min(Math.max(0, step), subject.recording.end);
  };

  chart.el.addEventListener(
    'pointermove',
    (event) => {
      const step = stepAt(event);
      if (step === null) return hide();
      if (dragging) playback.seek(step);
      // What is to come is not told before it is there.
      else if (step > playback.step) return hide();
      read(Math.min(step, playback.step));
    },
    { signal },
  );
  chart.el.addEventListener(
    'pointerdown',
    (event) => {
      // The button on the chart is pressed, and no place to go to.
      if (event.button !== 0 || (event.target as Element).closest('button') !== null) return;
      const step = stepAt(event);
      if (step === null) return;
      dragging = true;
      chart.el.setPointerCapture?.(event.pointerId);
      playback.seek(step);
      read(step);
    },
    { signal },
  );
  for (const end of ['pointerup', 'pointercancel'] as const) {
    chart.el.addEventListener(end, () => (dragging = false), { signal });
  }
  chart.el.addEventListener('pointerleave', hide, { signal });
  // By keyboard the values are read where the playback is.
  let due: ReturnType<typeof setTimeout> | undefined;
  chart.el.addEventListener(
    'keydown',
    (event) => {
      clearTimeout(due);
      due = setTimeout(() => {
        const { subject } = chart;
        // A key that the player has no use for is one that leaves, or belongs to the page.
        if (!event.defaultPrevented || !subject || playback.clock.playing) return;
        read(playback.step);
        const lines = reading(playback, subject.metric, playback.step).map(
          ([label, value]) => `${label} ${value}`,
        );
        spoken.textContent = [place(playback.recording, playback.step), ...lines].join(', ');
      }, 250);
    },
    { signal },
  );
  const leave = (): void => {
    clearTimeout(due);
    hide();
  };
  chart.el.addEventListener('blur', leave, { signal });
  signal.addEventListener('abort', () => clearTimeout(due));
  playback.on(['played', 'run', 'look'], signal, () => {
    if (!dragging) hide();
  });
}
