// The line above a chart: which line is which, and where each one stands.
import { t } from '../i18n';
import { chartAccess } from './chart_access';
import { element, say, swatch } from './dom';
import { count } from './format';
import { asker, follow, type Model } from './model';
import { type LegendItem, type LegendState, understood } from './protocol';

export function renderLegend(model: Model, el: HTMLElement, signal: AbortSignal): void {
  const ask = asker(model, signal);
  const items = element('span', { class: 'nnw-items' });
  const picker = element('select', { class: 'nnw-picker', 'aria-label': t('Metric') });
  picker.addEventListener('change', () => void ask('metric', picker.value), { signal });
  const title = element('span', { class: 'nnw-metric' });
  el.classList.add('nnw-legend');
  el.replaceChildren(title, picker, items);
  const access = chartAccess(el, ask, signal);
  let drawn = '';
  let offered = '';

  follow(model, ['state'], signal, () => {
    const state = model.get('state') as LegendState;
    if (!understood(state)) return;
    const shape = JSON.stringify(state.items.map((item) => [item.role, item.place, item.label]));
    if (shape !== drawn) {
      drawn = shape;
      items.replaceChildren(...state.items.map(line));
    }
    state.items.forEach((item, i) => {
      const [, , value, gaps] = items.children[i]?.children ?? [];
      if (value) say(value as HTMLElement, item.value);
      if (gaps)
        say(gaps as HTMLElement, item.gaps ? t('{number} not finite', { number: count(item.gaps) }) : '');
    });
    access(state);
    const others = state.metrics.filter((metric) => metric !== 'loss');
    picker.hidden = state.main || others.length < 2;
    say(title, state.metric);
    title.hidden = !picker.hidden;
    if (offered !== others.join('\n')) {
      offered = others.join('\n');
      picker.replaceChildren(...others.map((metric) => element('option', { value: metric }, metric)));
    }
    if (document.activeElement !== picker) picker.value = state.metric;
  });
}

function line(item: LegendItem): HTMLElement {
  return element(
    'span',
    { class: `nnw-item nnw-item-${item.role}` },
    swatch(item.role, item.place),
    element('span', { class: 'nnw-label', title: item.label }, item.label),
    element('b', {}, item.value),
    element('span', { class: 'nnw-notfinite' }),
  );
}
