// The flag as it stands where the playback is. Its place is kept from the beginning, so that nothing jumps.
import { t } from '../i18n';
import { element, mark, say } from '../panel/dom';
import { meaning } from '../panel/flag';
import type { Playback } from './playback';
import { said } from './words';

/** Texts whose room is kept, at most: the longest. */
const KEPT = 5;

export function flagCard(playback: Playback, signal: AbortSignal): HTMLElement {
  const texts = new Set(playback.lesson.runs.flatMap((run) => run.flags.map((flag) => said(flag.text))));
  const none = t('No flag so far.');
  const text = element('p', { class: 'nnw-flagtext' });
  const longest = [...texts].sort((one, other) => other.length - one.length).slice(0, KEPT);
  const room = longest.map((one) =>
    element('p', { class: 'nnw-flagtext nnw-replay-room', 'aria-hidden': 'true' }, one),
  );
  const card = element(
    'section',
    { class: 'nnw-flagcard', role: 'group', 'aria-label': t('Divergence'), 'data-level': 'none' },
    element('div', { class: 'nnw-replay-stack' }, ...room, text),
    meaning(),
  );
  card.hidden = texts.size === 0;
  const tell = (): void => {
    const flag = playback.recording.flagAt(playback.step);
    mark(card, 'data-level', flag?.level ?? 'none');
    say(text, flag ? said(flag.text) : none);
  };
  playback.on(['told', 'run'], signal, tell);
  tell();
  return card;
}
