// Sliders that send when they are let go, show what was asked for until it is decided, and then what is in force.
import { t } from '../i18n';
import { element, say } from './dom';
import type { Reply } from './protocol';

type Send = (value: number | string) => Promise<Reply>;

export interface Slider {
  root: HTMLElement;
  value: HTMLElement;
  show(value: number | null, open: boolean, words?: string): void;
}

/** Milliseconds in which several arrow keys count as one change. */
const PAUSE = 150;

export function slider(label: string, send: Send, signal: AbortSignal): Slider {
  const input = element('input', { type: 'range', min: 0, max: 0.95, step: 0.05, 'aria-label': label });
  const value = element('span', { class: 'nnw-value' });
  const write = (rate: number): string => rate.toFixed(2);
  const core = held(
    input,
    () => Number(input.value),
    (rate) => {
      input.value = String(rate);
      say(value, write(rate));
      input.setAttribute('aria-valuetext', write(rate));
    },
    send,
    signal,
  );
  return {
    root: element('div', { class: 'nnw-slide' }, input),
    value,
    show(rate, open, words) {
      input.disabled = !open;
      core.show(rate);
      if (words && !core.busy()) say(value, words);
    },
  };
}

/** A logarithmic slider of eight powers of ten, with a field for a value or a multiple such as "×0.5". */
export function rateSlider(label: string, send: Send, signal: AbortSignal): Slider {
  const input = element('input', { type: 'range', min: -7, max: 1, step: 0.05, 'aria-label': label });
  const field = element('input', {
    type: 'text',
    class: 'nnw-field',
    spellcheck: 'false',
    autocomplete: 'off',
    title: t('A value such as 1e-3, or a multiple such as ×0.5; Enter applies it'),
    'aria-label': t('{label}, exact value', { label }),
  });
  const core = held(
    input,
    () => Number((10 ** Number(input.value)).toPrecision(3)),
    (rate) => {
      input.value = String(Math.log10(Math.max(rate, 1e-7)));
      input.setAttribute('aria-valuetext', scientific(rate));
      if (document.activeElement !== field) field.value = scientific(rate);
    },
    send,
    signal,
  );
  const submit = (): void => {
    const text = field.value.trim().replace('−', '-');
    if (text === '' || text === scientific(core.now())) return;
    const number = Number(text);
    // What is no number goes as it was written; the kernel knows multiples, and says what it does not take.
    core.send(Number.isNaN(number) ? text : number);
  };
  field.addEventListener('change', submit, { signal });
  field.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape') field.value = scientific(core.now());
      if (event.key === 'Enter' || event.key === 'Escape') field.blur();
    },
    { signal },
  );
  return {
    root: element('div', { class: 'nnw-slide' }, input),
    value: field,
    show(rate, open) {
      input.disabled = field.disabled = !open;
      core.show(rate);
    },
  };
}

interface Held {
  show(value: number | null): void;
  send(value: number | string): void;
  busy(): boolean;
  now(): number;
}

function held(
  input: HTMLInputElement,
  read: () => number,
  write: (value: number) => void,
  send: Send,
  signal: AbortSignal,
): Held {
  let current = 0;
  let waiting = 0;
  let due: ReturnType<typeof setTimeout> | undefined;
  const go = (value: number | string): void => {
    waiting += 1;
    void send(value).then((reply) => {
      waiting -= 1;
      // Refused: the old value is shown again. Applied: the kernel tells the new one with its next state.
      if (waiting === 0 && !reply.ok) write(current);
    });
  };
  input.addEventListener('input', () => write(read()), { signal });
  input.addEventListener(
    'change',
    () => {
      clearTimeout(due);
      due = setTimeout(() => {
        due = undefined;
        go(read());
      }, PAUSE);
    },
    { signal },
  );
  // While a hand is on it the slider is the hand's.
  let grabbed = false;
  input.addEventListener('pointerdown', () => (grabbed = true), { signal });
  for (const end of ['pointerup', 'pointercancel']) {
    input.addEventListener(end, () => (grabbed = false), { signal });
  }
  const busy = (): boolean => waiting > 0 || due !== undefined || grabbed;
  return {
    show(value) {
      if (value === null) return;
      current = value;
      if (!busy()) write(value);
    },
    send: go,
    busy,
    now: () => current,
  };
}

/** 1.0e-3 as people write learning rates: 1e-3, 2.5e-4, 0.1 */
export function scientific(value: number): string {
  if (value === 0) return '0';
  if (value >= 0.01 && value < 1000) return String(Number(value.toPrecision(3)));
  const [mantissa = '', power = ''] = value.toExponential(2).split('e');
  return `${Number(mantissa)}e${Number(power)}`;
}
