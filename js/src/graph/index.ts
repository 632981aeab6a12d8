// The view of a computation graph, a module of its own: anywidget loads it where a graph is shown.
import { addCatalogues, t } from '../i18n';
import catalogues from '../i18n/graph.catalogues';
import { inLanguage } from '../i18n/views';
import { element, say } from '../panel/dom';
import { asker, follow, type Model } from '../panel/model';
import { understood } from '../panel/protocol';
import { type Node, nodeOf } from './data';
import { startEngine } from './engine';
import { lists } from './lists';
import type { Columns, GraphState } from './protocol';
import { type Statistic, Statistics } from './statistics';
import { timeRow } from './time';
import { Viewer } from './viewer';

const SUPPRESS = 'data-lm-suppress-shortcuts';

export function renderGraph(model: Model, el: HTMLElement, signal: AbortSignal): void {
  const ask = asker(model, signal);
  const message = element('p', { class: 'nnw-graph-message', role: 'status', hidden: true });
  const trouble = element('div', { class: 'nnw-error', role: 'alert', hidden: true });
  const tell = (text: string): void => {
    say(trouble, text);
    trouble.hidden = text === '';
  };
  const obeyed = async (kind: string, value: unknown): Promise<void> => {
    const reply = await ask(kind, value);
    if (!reply.ok) tell(reply.error ?? t('That did not work.'));
  };
  const viewer = new Viewer(startEngine(signal), { node: wish, tell }, signal);
  const time = timeRow(obeyed, signal);
  const below = lists(
    { path: (path) => viewer.revealPath(path), key: (key) => viewer.revealKey(key) },
    signal,
  );
  const all = element('div', { class: 'nnw-graph-all' }, viewer.tools, time.el, viewer.el, below.el);
  el.classList.add('nnw-graph');
  el.replaceChildren(trouble, message, all);
  // JupyterLab would take a plain key for one of its own commands; it looks from the focused element upwards.
  el.addEventListener('focusin', (event) => (event.target as Element).setAttribute(SUPPRESS, 'true'), {
    signal,
  });

  const nodeAt = (key: string | null): Node | undefined => {
    const { shown } = viewer;
    const part = key === null ? undefined : shown?.part(key);
    return shown && part !== undefined ? nodeOf(shown.graph, part) : undefined;
  };
  let told = '';
  function wish(key: string | null, statistic: Statistic | null): void {
    const shown = statistic ?? (nodeAt(key)?.parameters?.length ? 'grad' : 'std');
    const value = key === null ? null : { key, statistic: shown };
    if (told === JSON.stringify(value)) return;
    told = JSON.stringify(value);
    void obeyed('graph_node', value);
  }

  const state = (): GraphState => model.get('state') as GraphState;
  const hasGraph = (): boolean => viewer.shown !== null;

  const showState = (): void => {
    const now = state();
    if (!understood(now)) {
      tell(t('This page and the kernel have different versions of nnwidgets. Reload the page.'));
      return;
    }
    say(message, now.message ?? '');
    message.hidden = !now.message;
    // What was shown before is no graph of a run that has none.
    all.hidden = !hasGraph() || bytesOf(model.get('graph')).length === 0;
    time.show(now);
    viewer.change(now.changes, now.values_step);
    below.show(now, [...(viewer.shown?.graph.notes ?? []), ...(now.notes ?? [])], nameOf);
  };

  const nameOf = (key: string): string => {
    const node = nodeAt(key);
    return node?.path || node?.name || key;
  };

  const showGraph = async (): Promise<void> => {
    const bytes = bytesOf(model.get('graph'));
    if (bytes.length === 0) return;
    try {
      await viewer.load(bytes);
      if (signal.aborted) return;
      tell('');
      showState();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      tell(hasGraph() ? t('{reason} The graph before is shown.', { reason }) : reason);
    }
  };

  const showValues = (): void => {
    const bytes = bytesOf(model.get('values'));
    const columns = model.get('columns') as Partial<Columns> | undefined;
    if (bytes.length < 4 || !columns?.modules || !columns.parameters) {
      viewer.measure(null);
      return;
    }
    const values = new Float32Array(bytes.slice().buffer, 0, Math.floor(bytes.length / 4));
    viewer.measure(new Statistics(columns as Columns, values));
  };

  follow(model, ['state'], signal, showState);
  follow(model, ['values', 'columns'], signal, showValues);
  follow(model, ['graph'], signal, () => void showGraph());
}

/** What came as bytes, whichever way the page holds it. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array();
}

addCatalogues(catalogues);

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const life = new AbortController();
  inLanguage(model, life.signal, (signal) => renderGraph(model, el, signal));
  return () => life.abort();
}

export default { render };
