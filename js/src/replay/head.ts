// The head: what is played, how it ended, and where the playback is.
import { t } from '../i18n';
import { element, mark, say } from '../panel/dom';
import { statusWord } from '../panel/status_words';
import type { Playback } from './playback';
import { factsAt, nameOf } from './words';

export function head(playback: Playback, signal: AbortSignal): HTMLElement {
  const { lesson } = playback;
  // In a page of its own it is the page's title; elsewhere the page around has one.
  const level = document.getElementById('nnw-replay') ? 1 : 2;
  const title = element(
    'span',
    { class: 'nnw-name', title: lesson.title, role: 'heading', 'aria-level': level },
    lesson.title,
  );
  const name = element('span', { class: 'nnw-replay-run' });
  const pill = element('span', { class: 'nnw-pill' });
  const facts = element('span', { class: 'nnw-facts' });
  const el = element('div', { class: 'nnw-line' }, title, name, pill, facts);

  const tell = (): void => {
    const { recording, clock, step } = playback;
    const own = nameOf(recording.run, lesson);
    // What the switches say is not said again.
    say(name, own === lesson.title || lesson.switches.length > 0 ? '' : own);
    mark(pill, 'data-status', clock.over ? recording.run.status : 'replay');
    say(pill, clock.over ? statusWord(recording.run.status) : t('recorded'));
    say(facts, factsAt(recording, step));
  };
  playback.on(['told', 'run'], signal, tell);
  tell();
  return el;
}

/** What stands under the head where a run failed. */
export function failure(playback: Playback, signal: AbortSignal): HTMLElement {
  const el = element('div', { class: 'nnw-error' });
  const tell = (): void => {
    const { error } = playback.recording.run;
    say(el, error ?? '');
    el.hidden = error === null || !playback.clock.over;
  };
  playback.on(['told', 'run'], signal, tell);
  tell();
  return el;
}
