// How the curves are looked at: axes, smoothing, zoom.
import { t } from '../i18n';
import { element, mark, say } from './dom';
import type { Axis, Mode, OptionsState } from './protocol';

type Run = (kind: string, value?: unknown) => Promise<string | null>;

const AXES: Record<Axis, () => string> = {
  step: () => t('step'),
  epoch: () => t('epoch'),
  time: () => t('time'),
};

export interface Options {
  tools: HTMLElement;
  row: HTMLElement;
  show(options: OptionsState): void;
}

export function optionsRow(command: Run, signal: AbortSignal): Options {
  const button = (text: string, title: string, act: () => void): HTMLButtonElement => {
    const made = element('button', { type: 'button', class: 'nnw-button', title }, text);
    made.addEventListener('click', act, { signal });
    return made;
  };
  let mode: Mode = 'none';
  const toggle = (wanted: Mode): void => void command('mode', mode === wanted ? 'none' : wanted);
  const zoom = button(t('Zoom'), t('Drag a region of a chart to zoom into it'), () => toggle('zoom'));
  const pan = button(t('Pan'), t('Drag to move a chart, turn the wheel to zoom'), () => toggle('pan'));
  const reset = button(
    t('Reset'),
    t('Show everything again (or double-click a chart)'),
    () => void command('reset'),
  );

  const axes = new Map<Axis, HTMLButtonElement>();
  const axisGroup = element('span', { class: 'nnw-seg', role: 'group', 'aria-label': t('Horizontal axis') });
  for (const axis of ['step', 'epoch', 'time'] as const) {
    const made = element('button', { type: 'button' }, AXES[axis]());
    made.addEventListener('click', () => void command('x', axis), { signal });
    axes.set(axis, made);
    axisGroup.append(made);
  }
  let log = false;
  const logButton = element('button', { type: 'button' }, t('log'));
  logButton.addEventListener('click', () => void command('log', !log), { signal });
  const value = element('span', { class: 'nnw-value', 'aria-hidden': true });
  const slider = element('input', {
    type: 'range',
    min: 0,
    max: 0.99,
    step: 0.01,
    'aria-label': t('Smoothing'),
  });
  let due: ReturnType<typeof setTimeout> | undefined;
  slider.addEventListener(
    'input',
    () => {
      say(value, Number(slider.value).toFixed(2));
      clearTimeout(due);
      due = setTimeout(() => void command('smoothing', Number(slider.value)), 120);
    },
    { signal },
  );

  return {
    tools: element('span', { class: 'nnw-group' }, zoom, pan, reset),
    row: element(
      'div',
      { class: 'nnw-options' },
      element('span', { class: 'nnw-option' }, element('span', {}, 'x'), axisGroup),
      element(
        'span',
        { class: 'nnw-option' },
        element('span', {}, 'y'),
        element('span', { class: 'nnw-seg' }, logButton),
      ),
      element('label', { class: 'nnw-option' }, element('span', {}, t('smoothing')), slider, value),
    ),
    show(options) {
      mode = options.mode;
      log = options.log;
      for (const [axis, made] of axes) {
        made.hidden = !options.axes?.includes(axis);
        mark(made, 'aria-pressed', String(options.x === axis));
      }
      mark(logButton, 'aria-pressed', String(log));
      mark(zoom, 'aria-pressed', String(mode === 'zoom'));
      mark(pan, 'aria-pressed', String(mode === 'pan'));
      reset.disabled = !options.zoomed;
      if (document.activeElement !== slider) {
        slider.value = String(options.smoothing ?? 0);
        say(value, Number(options.smoothing ?? 0).toFixed(2));
      }
    },
  };
}
