// The graph of the run where the playback is: the panel's own view, with a model that answers in the page.
import { renderGraph } from '../graph/index';
import { t } from '../i18n';
import { element } from '../panel/dom';
import { renderLegend } from '../panel/legend';
import { WIRE } from '../panel/protocol';
import { LayerChart, ROLES } from './layer_chart';
import { type LayerLine, partName, type RawGraph, seriesOf } from './layer_series';
import { LocalModel } from './local_model';
import type { Playback } from './playback';
import type { LessonGraph } from './protocol';
import { Samples } from './samples';
import { number } from './ticks';
import { bytesOf, unzipped } from './unpack';
import { said } from './words';

/** Statistics whose values span powers of ten. */
const LOGARITHMIC = ['std', 'grad', 'update', 'ratio'];

interface Wanted {
  key: string;
  statistic: string;
}

export function graphPart(playback: Playback, signal: AbortSignal): HTMLElement {
  const el = element('div');
  const plot = nodePlot(signal);
  let samples = new Samples(playback.recording.run.samples);
  // Which of the graphs is shown: the newest one, unless the person chose another.
  let chosen: number | null = null;
  let wanted: Wanted | null = null;
  let told = { graph: '', values: '' };

  const shown = (): number => {
    const { graphs } = playback.recording.run;
    const newest = graphs.filter((one) => one.step <= playback.step).length - 1;
    return Math.min(chosen ?? Math.max(newest, 0), graphs.length - 1);
  };
  const state = (): Record<string, unknown> => {
    const { run } = playback.recording;
    const graph = run.graphs[shown()];
    return {
      wire: WIRE,
      message: run.graphs.length === 0 ? t('No graph was recorded with this run.') : null,
      graphs: run.graphs.map(({ step, label }) => ({ step, label: said(label) })),
      shown: shown(),
      changes: Object.fromEntries(
        Object.entries(graph?.changes ?? {}).map(([key, text]) => [key, said(text)]),
      ),
      // The slider of the playback is the one that goes through the steps.
      steps: [],
      at: null,
      values_step: samples.at(playback.step)?.step ?? null,
      findings: run.findings
        .filter((one) => one.step <= playback.step)
        .map((one) => ({ ...one, text: said(one.text) })),
      notes: run.notes.map(said),
      node: wanted?.key ?? null,
      open: false,
    };
  };
  const model = new LocalModel(
    { state: state(), graph: new Uint8Array(), columns: {}, values: new Uint8Array() },
    (kind, value) => {
      if (kind === 'graph_show') chosen = Number(value);
      if (kind === 'graph_at') playback.seek(value === null ? playback.recording.end : Number(value));
      if (kind === 'graph_node') wanted = value as Wanted | null;
      if (kind === 'graph_node' || kind === 'graph_show') void draw();
      tell();
    },
  );

  const tell = (): void => {
    const { run } = playback.recording;
    const now = { graph: `${run.id} ${shown()}`, values: `${run.id} ${samples.at(playback.step)?.step}` };
    if (now.graph !== told.graph) {
      const graph = run.graphs[shown()];
      model.set('graph', graph ? bytesOf(graph.graph) : new Uint8Array());
    }
    if (now.values !== told.values) {
      const sample = samples.at(playback.step);
      model.values.columns = sample?.columns ?? {};
      model.set('values', new Float32Array(sample?.values ?? []));
    }
    told = now;
    model.set('state', state());
    plot.show(playback.step);
  };
  let turn = 0;
  const draw = async (): Promise<void> => {
    turn += 1;
    const mine = turn;
    const graph = playback.recording.run.graphs[shown()];
    const raw = graph && wanted ? await read(graph) : null;
    if (mine !== turn || signal.aborted) return;
    const lines = raw && wanted ? seriesOf(raw, samples, wanted.key, wanted.statistic) : [];
    const title = raw && wanted ? `${partName(raw, wanted.key)}: ${statisticWords(wanted.statistic)}` : '';
    plot.draw(title, lines, playback.recording.end, LOGARITHMIC.includes(wanted?.statistic ?? ''));
    plot.show(playback.step);
  };
  const change = (): void => {
    samples = new Samples(playback.recording.run.samples);
    chosen = null;
    told = { graph: '', values: '' };
    tell();
    void draw();
  };
  tell();
  renderGraph(model, el, signal);
  playback.on(['told'], signal, tell);
  playback.on(['run'], signal, change);
  return element('div', {}, el, plot.el);
}

/** Read once, and kept no longer than their lesson. */
const graphs = new WeakMap<LessonGraph, Promise<RawGraph | null>>();

/** A graph as Python wrote it; null where it is not whole, which the view of the graph says. */
function read(graph: LessonGraph): Promise<RawGraph | null> {
  const known = graphs.get(graph);
  if (known) return known;
  const made = unzipped(bytesOf(graph.graph), 'deflate')
    .then((text) => JSON.parse(text) as RawGraph)
    .catch(() => null);
  graphs.set(graph, made);
  return made;
}

interface NodePlot {
  el: HTMLElement;
  draw(title: string, lines: LayerLine[], end: number, log: boolean): void;
  show(step: number): void;
}

function nodePlot(signal: AbortSignal): NodePlot {
  const legend = element('div');
  const chart = new LayerChart();
  const el = element('div', { class: 'nnw-layer', hidden: true }, legend, chart.el);
  let drawn: { title: string; lines: LayerLine[]; end: number; log: boolean } = {
    title: '',
    lines: [],
    end: 1,
    log: false,
  };
  const state = (step: number): unknown => ({
    wire: WIRE,
    metric: drawn.title,
    metrics: [],
    main: true,
    items: drawn.lines.slice(0, ROLES.length).map((line, i) => {
      const [role = 'ghost', place = 0] = ROLES[i] ?? [];
      const last = line.steps.filter((one) => one <= step).length - 1;
      return { role, place, label: line.name, value: number(line.values[last]), gaps: 0 };
    }),
  });
  const model = new LocalModel({ state: state(0) });
  renderLegend(model, legend, signal);
  const sizes = new ResizeObserver(() => chart.draw(drawn.lines, drawn.end, drawn.log));
  sizes.observe(chart.el);
  signal.addEventListener('abort', () => sizes.disconnect());
  return {
    el,
    draw(title, lines, end, log) {
      drawn = { title, lines, end, log };
      el.hidden = lines.length === 0;
      chart.draw(lines, end, log);
    },
    show(step) {
      if (el.hidden) return;
      chart.show(step);
      model.set('state', state(step));
    },
  };
}

function statisticWords(statistic: string): string {
  switch (statistic) {
    case 'mean':
      return t('mean of the activation');
    case 'std':
      return t('standard deviation of the activation');
    case 'zeros':
      return t('share of zeros');
    case 'dead':
      return t('share of dead units');
    case 'grad':
      return t('norm of the gradient');
    case 'update':
      return t('norm of the update');
    default:
      return t('update ÷ weight');
  }
}
