// What is said to those who hear the page: that it plays or rests, flags, and changes of the training; never each step.
import { t } from '../i18n';
import { element, say } from '../panel/dom';
import type { Playback } from './playback';
import { nameOf, place, said } from './words';

export function speech(playback: Playback, signal: AbortSignal): HTMLElement {
  const el = element('p', { class: 'nnw-spoken', role: 'status' });
  let before = playback.step;
  let played = false;
  playback.on(['played'], signal, () => {
    const { playing, over } = playback.clock;
    if (playing === played) return;
    played = playing;
    if (playing) say(el, t('Playing'));
    else if (over) say(el, t('The end of the run'));
    else say(el, t('Paused at {place}', { place: place(playback.recording, playback.step) }));
  });
  playback.on(['run'], signal, () =>
    say(el, t('Shown: {run}', { run: nameOf(playback.recording.run, playback.lesson) })),
  );
  playback.on(['told'], signal, () => {
    const { step, recording, clock } = playback;
    const news = recording.run.events.filter(
      (one) =>
        one.step !== null &&
        one.step > before &&
        one.step <= step &&
        (one.kind === 'flag' || one.kind === 'intervention'),
    );
    before = step;
    const last = news.at(-1);
    if (clock.playing && last) say(el, said(last.text));
  });
  return el;
}
