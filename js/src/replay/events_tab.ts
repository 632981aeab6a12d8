// What happened in the run. What is still to come is dimmed; each event leads to its step.
import { t } from '../i18n';
import { element, mark } from '../panel/dom';
import { count } from '../panel/format';
import type { Playback } from './playback';
import { said } from './words';

export function eventsTab(playback: Playback, signal: AbortSignal): HTMLElement {
  const list = element('ol', { class: 'nnw-eventlist' });
  const empty = element('p', { class: 'nnw-empty' }, t('Nothing happened besides the training itself.'));
  let entries: { el: HTMLElement; step: number }[] = [];
  const draw = (): void => {
    const { events } = playback.recording.run;
    empty.hidden = events.length > 0;
    entries = events.map((one) => {
      const at = element(
        'span',
        { class: 'nnw-at' },
        one.step === null ? '' : t('step {step}', { step: count(one.step) }),
      );
      const text = element('span', {}, said(one.text));
      const { step } = one;
      if (step === null) return { el: element('li', { 'data-level': one.level }, at, text), step: 0 };
      const go = element('button', { type: 'button', title: t('Go there') }, at, text);
      // It ends with the button, which another run takes away.
      go.addEventListener('click', () => playback.seek(step));
      return { el: element('li', { 'data-level': one.level }, go), step };
    });
    list.replaceChildren(...entries.map(({ el }) => el));
    tell();
  };
  const tell = (): void => {
    const last = entries.filter(({ step }) => step <= playback.step).at(-1);
    for (const entry of entries) {
      mark(entry.el, 'data-future', entry.step > playback.step ? '' : null);
      mark(entry.el, 'aria-current', entry === last && !playback.clock.over ? 'step' : null);
    }
  };
  playback.on(['run'], signal, draw);
  playback.on(['told'], signal, tell);
  draw();
  return element('div', {}, empty, list);
}
