// Play, restart, the speed, and the slider that goes through the run.
import { t } from '../i18n';
import { element, mark, say } from '../panel/dom';
import { SPEEDS } from './clock';
import { icon } from './icons';
import type { Playback } from './playback';
import { place } from './words';

/** Milliseconds between two places that the slider tells while it plays: who hears it would hear nothing else. */
const PACE = 3000;
const FRACTIONS: Record<number, string> = { 0.5: '½' };

export interface Transport {
  el: HTMLElement;
  slider: HTMLInputElement;
}

export function transport(playback: Playback, signal: AbortSignal): Transport {
  const words = element('span');
  const sign = element('span', { class: 'nnw-replay-sign' });
  const play = element('button', { type: 'button', class: 'nnw-button nnw-replay-play' }, sign, words);
  play.addEventListener('click', () => playback.toggle(), { signal });
  const again = element(
    'button',
    {
      type: 'button',
      class: 'nnw-button',
      title: t('From the beginning'),
      'aria-label': t('From the beginning'),
    },
    icon('again'),
  );
  again.addEventListener(
    'click',
    () => {
      playback.seek(0);
      playback.play();
    },
    { signal },
  );
  const slider = element('input', {
    type: 'range',
    min: 0,
    step: 'any',
    'aria-label': t('Position in the training'),
  });
  slider.addEventListener('input', () => playback.seek(Number(slider.value)), { signal });
  const ticks = element('span', { class: 'nnw-replay-ticks', 'aria-hidden': 'true' });
  const track = element('span', { class: 'nnw-replay-track' }, slider, ticks);

  const speeds = SPEEDS.map((speed) => {
    const text = `${FRACTIONS[speed] ?? speed}×`;
    const made = element(
      'button',
      { type: 'button', 'aria-label': t('speed {speed}', { speed: text }) },
      text,
    );
    made.addEventListener('click', () => playback.speed(speed), { signal });
    return made;
  });
  const group = element('span', { class: 'nnw-seg', role: 'group', 'aria-label': t('Speed') }, ...speeds);

  const showRun = (): void => {
    const { end, run } = playback.recording;
    slider.max = String(end);
    const marked = run.events.filter(
      (one) => one.step !== null && (one.kind === 'flag' || (one.kind === 'intervention' && one.applied)),
    );
    ticks.replaceChildren(
      ...marked.slice(-60).map(({ step, kind }) => {
        const made = element('i', { 'data-kind': kind });
        made.style.left = `${(100 * (step ?? 0)) / end}%`;
        return made;
      }),
    );
  };
  const showState = (): void => {
    const { playing, speed } = playback.clock;
    const state = playing ? 'pause' : 'play';
    if (sign.dataset.state !== state) {
      sign.dataset.state = state;
      sign.replaceChildren(icon(state));
    }
    say(words, playing ? t('Pause') : t('Play'));
    SPEEDS.forEach((one, i) => {
      mark(speeds[i] as Element, 'aria-pressed', String(one === speed));
    });
  };
  const move = (): void => {
    const { step, clock } = playback;
    slider.value = String(step);
    slider.style.setProperty('--nnw-share', `${100 * clock.share}%`);
  };
  let told = 0;
  const tell = (): void => {
    told = performance.now();
    mark(slider, 'aria-valuetext', place(playback.recording, playback.step));
  };
  const tellSometimes = (): void => {
    if (!playback.clock.playing || performance.now() - told >= PACE) tell();
  };
  playback.on(['run'], signal, showRun);
  playback.on(['played'], signal, showState);
  playback.on(['moved'], signal, move);
  playback.on(['told'], signal, tellSometimes);
  playback.on(['sought', 'played', 'run'], signal, tell);
  for (const show of [showRun, showState, move, tell]) show();
  return { el: element('div', { class: 'nnw-replay-transport' }, play, again, track, group), slider };
}
