// A player: it plays one lesson inside one element, until it is ended.
import { language, onLanguage, t } from '../i18n';
import { element } from '../panel/dom';
import { optionsRow } from '../panel/options';
import type { Axis } from '../panel/protocol';
import { charts } from './charts';
import { eventsTab } from './events_tab';
import { flagCard } from './flag_card';
import { foot } from './foot';
import { graphPart } from './graph_part';
import { failure, head } from './head';
import { listenToKeys } from './keyboard';
import { Playback } from './playback';
import { onPrint } from './print';
import type { Lesson } from './protocol';
import { speech } from './speech';
import { switches } from './switches';
import { tableTab } from './table_tab';
import { tabs } from './tabs';
import { followTheme } from './theme';
import { transport } from './transport';
import { settle } from './words';

/** Play a lesson in an element that is in the page, until the signal ends it. */
export function play(lesson: Lesson, el: HTMLElement, signal: AbortSignal, tab = ''): void {
  const root = element('div', {
    class: 'nnw-panel nnw-replay',
    tabindex: -1,
    // JupyterLab would take a plain key for one of its own commands.
    'data-lm-suppress-shortcuts': true,
  });
  el.append(root);
  followTheme(root, signal);
  settle(lesson.language);
  const still = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)').matches ?? false;
  const playback = new Playback(lesson, still, signal);
  playback.tab = tab;
  let life = new AbortController();
  const draw = (): void => {
    life.abort();
    life = new AbortController();
    fill(root, playback, life.signal);
  };
  signal.addEventListener('abort', () => life.abort());
  // Every word is another one then; what is played and where it stands stays.
  onLanguage(() => {
    const picked = root.querySelector(':focus')?.matches('.nnw-replay-language') ?? false;
    draw();
    if (picked) root.querySelector<HTMLElement>('.nnw-replay-language')?.focus();
  }, signal);
  onPrint(root, playback, signal);
  draw();
  signal.addEventListener('abort', () => root.remove());
}

function fill(root: HTMLElement, playback: Playback, signal: AbortSignal): void {
  const part = (name: string, ...children: HTMLElement[]): HTMLElement =>
    element('div', { class: `nnw-replay-part nnw-replay-${name}` }, ...children);
  const options = optionsRow(async (kind, value) => {
    if (kind === 'x') playback.look({ x: value as Axis });
    if (kind === 'log') playback.look({ log: Boolean(value) });
    if (kind === 'smoothing') playback.look({ smoothing: Number(value) });
    return null;
  }, signal);
  const show = (): void =>
    options.show({ ...playback.view, axes: playback.recording.axes, mode: 'none', zoomed: false });
  playback.on(['look', 'run'], signal, show);
  show();

  const curves = part('curves', options.row, charts(playback, signal));
  const graph = part('graph');
  const table = part('table');
  const events = part('events');
  const bar = transport(playback, signal);
  const list = tabs(
    playback,
    [
      { name: 'curves', label: t('Curves'), panel: curves },
      // Drawing a graph takes a while, so it waits until somebody wants to see it.
      {
        name: 'graph',
        label: t('Graph'),
        panel: graph,
        open: () => graph.append(graphPart(playback, signal)),
      },
      {
        name: 'table',
        label: t('Table'),
        panel: table,
        open: () => table.append(tableTab(playback, signal)),
      },
      {
        name: 'events',
        label: t('Events'),
        panel: events,
        open: () => events.append(eventsTab(playback, signal)),
      },
    ],
    t('Views'),
    signal,
  );
  root.lang = language();
  root.replaceChildren(
    speech(playback, signal),
    head(playback, signal),
    failure(playback, signal),
    bar.el,
    element('div', { class: 'nnw-replay-row' }, switches(playback, signal), list),
    flagCard(playback, signal),
    curves,
    graph,
    table,
    events,
    foot(playback, signal),
  );
  listenToKeys(root, bar.slider, playback, signal);
}
