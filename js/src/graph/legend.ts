// What the colours of the boxes mean.
import { t } from '../i18n';
import { element, say } from '../panel/dom';
import { summaryWord, WORDS } from './statistics';
import { colourAt, type Scale, valueWords } from './tint';

const STOPS = 12;

export interface Legend {
  el: HTMLElement;
  show(scale: Scale | null, dark: boolean): void;
}

export function legend(): Legend {
  const ramp = element('span', { class: 'nnw-graph-ramp' });
  const [low, middle, high] = [element('span'), element('span'), element('span')];
  const groups = element('span');
  const none = element('span', { class: 'nnw-graph-novalue' }, t('no value'));
  const el = element(
    'div',
    { class: 'nnw-graph-legend', hidden: true },
    element(
      'span',
      { class: 'nnw-graph-scale' },
      ramp,
      element('span', { class: 'nnw-graph-ends' }, low, middle, high),
    ),
    none,
    groups,
  );
  return {
    el,
    show(scale, dark) {
      el.hidden = scale === null;
      if (!scale) return;
      const stops = Array.from({ length: STOPS + 1 }, (_, i) => colourAt(scale.kind, i / STOPS, dark));
      ramp.style.backgroundImage = `linear-gradient(to right, ${stops.join(', ')})`;
      el.title = WORDS[scale.statistic].title();
      say(low, valueWords(scale.statistic, scale.low));
      say(middle, scale.kind === 'signed' ? '0' : scale.kind === 'log' ? t('log') : '');
      say(high, valueWords(scale.statistic, scale.high));
      say(groups, t('closed groups: {value}', { value: summaryWord(scale.statistic) }));
    },
  };
}
