// A chart for who cannot see it, and for who has no mouse: what it shows in words, and keys that move it.
import { t } from '../i18n';
import { mark } from './dom';
import type { Ask } from './model';
import type { LegendState } from './protocol';

/** Milliseconds between two changes of a chart's name: it is read on demand, and never spoken by itself. */
const PACE = 3000;
const KEYS: Record<string, string> = {
  '+': 'in',
  '=': 'in',
  '-': 'out',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

/** Make the chart that a legend belongs to accessible; returns what takes each state of the legend. */
export function chartAccess(el: HTMLElement, ask: Ask, signal: AbortSignal): (state: LegendState) => void {
  let chart: HTMLElement | null = null;
  let state: LegendState | null = null;
  let due: ReturnType<typeof setTimeout> | undefined;
  const name = (): void => {
    due = undefined;
    const figure = chart?.querySelector('.nnw-figure');
    if (!figure || !state) return;
    const { metric, items } = state;
    const lines = items.map(({ label, value }) => `${label} ${value}`).join(', ');
    mark(figure, 'role', 'img');
    mark(
      figure,
      'aria-label',
      t('Chart of {metric}: {lines}', { metric, lines: lines || t('no values yet') }),
    );
    if (!chart?.matches('.nnw-chart')) return;
    chart.tabIndex = 0;
    mark(chart, 'role', 'group');
    mark(
      chart,
      'aria-label',
      t('{metric}: plus and minus zoom, left and right move, 0 shows everything', { metric }),
    );
  };
  const frame = requestAnimationFrame(() => {
    chart = el.closest<HTMLElement>('.nnw-chart, .nnw-layer');
    if (chart === null) return;
    // The figure comes when bqplot has drawn it, and is another one after a reconnection.
    const seen = new MutationObserver(name);
    seen.observe(chart, { childList: true });
    signal.addEventListener('abort', () => seen.disconnect());
    chart.addEventListener(
      'keydown',
      (event) => {
        if (event.target !== chart || event.ctrlKey || event.metaKey || event.altKey) return;
        const way = KEYS[event.key];
        if (way !== undefined) void ask('nudge', way);
        else if (event.key === '0') void ask('reset');
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
      { signal },
    );
    name();
  });
  signal.addEventListener('abort', () => {
    cancelAnimationFrame(frame);
    clearTimeout(due);
  });
  return (next) => {
    state = next;
    due ??= setTimeout(name, PACE);
  };
}
