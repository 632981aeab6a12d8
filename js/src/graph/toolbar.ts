// The line above the drawing.
import { t } from '../i18n';
import { element, mark } from '../panel/dom';
import { STATISTICS, type Statistic, WORDS } from './statistics';

export interface Commands {
  fit(): void;
  zoom(factor: number): void;
  outline(shown: boolean): void;
  tint(statistic: Statistic | null): void;
  save(kind: 'svg' | 'png'): void;
}

export interface Toolbar {
  el: HTMLElement;
  /** Offer the statistics, once there are values. */
  offer(statistics: boolean): void;
}

export function toolbar(
  commands: Commands,
  search: HTMLElement,
  legend: HTMLElement,
  signal: AbortSignal,
): Toolbar {
  const button = (text: string, title: string, act: () => void): HTMLButtonElement => {
    const made = element('button', { type: 'button', class: 'nnw-button', title }, text);
    if (text.length < 2) made.setAttribute('aria-label', title);
    made.addEventListener('click', act, { signal });
    return made;
  };
  let listed = false;
  const outline = button(t('Outline'), t('The graph as a list'), () => {
    listed = !listed;
    mark(outline, 'aria-pressed', String(listed));
    commands.outline(listed);
  });
  mark(outline, 'aria-pressed', 'false');
  const tint = element(
    'select',
    { class: 'nnw-picker', 'aria-label': t('Tint the boxes by') },
    element('option', { value: '' }, t('none')),
    ...STATISTICS.map((name) =>
      element('option', { value: name, title: WORDS[name].title() }, WORDS[name].name()),
    ),
  );
  tint.addEventListener('change', () => commands.tint((tint.value || null) as Statistic | null), { signal });
  const tinting = element(
    'label',
    { class: 'nnw-option', hidden: true },
    element('span', {}, t('tint by')),
    tint,
  );
  const el = element(
    'div',
    { class: 'nnw-graph-tools', role: 'toolbar', 'aria-label': t('Graph') },
    search,
    element(
      'span',
      { class: 'nnw-group' },
      button('−', `${t('Zoom out')} (−)`, () => commands.zoom(1 / 1.3)),
      button('+', `${t('Zoom in')} (+)`, () => commands.zoom(1.3)),
      button(t('Fit'), `${t('Show everything')} (0)`, commands.fit),
    ),
    outline,
    tinting,
    legend,
    element(
      'span',
      { class: 'nnw-group nnw-graph-save' },
      button('SVG', t('Save what is drawn as an SVG picture'), () => commands.save('svg')),
      button('PNG', t('Save what is drawn as a PNG picture'), () => commands.save('png')),
    ),
  );
  return {
    el,
    offer(statistics) {
      tinting.hidden = !statistics;
    },
  };
}
