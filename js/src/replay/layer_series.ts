// What is plotted of a node of the graph over the training; the counterpart of nnwidgets/_layer_series.py.
import type { Group, Node } from '../graph/data';
import type { Samples } from './samples';

/** Lines of one picture at most. */
const MOST = 6;
const OF_MODULES = ['mean', 'std', 'zeros', 'dead'];

export interface LayerLine {
  name: string;
  steps: number[];
  values: number[];
}

export interface RawGraph {
  groups: Group[];
  nodes: Node[];
}

/** The lines of a node, or of the layers inside a group, evenly chosen. */
export function seriesOf(graph: RawGraph, samples: Samples, key: string, statistic: string): LayerLine[] {
  const node = graph.nodes.find((one) => one.key === key);
  if (node) return ofNode(samples, node, statistic);
  const found = layersIn(graph, key)
    .map((layer) => ofLayer(samples, layer, statistic))
    .filter((line) => line !== null);
  if (found.length <= MOST) return found;
  const places = Array.from({ length: MOST }, (_, i) => Math.round((i * (found.length - 1)) / (MOST - 1)));
  return places.map((place) => found[place] as LayerLine);
}

/** What people call a node or a group. */
export function partName(graph: RawGraph, key: string): string {
  const part = [...graph.nodes, ...graph.groups].find((one) => one.key === key);
  return part?.path || part?.name || key;
}

function ofNode(samples: Samples, node: Node, statistic: string): LayerLine[] {
  if (node.path == null) return [];
  if (OF_MODULES.includes(statistic)) return lineOf(samples, node.path, statistic, node.name);
  return parametersOf(node)
    .flatMap(([full, short]) => lineOf(samples, full, statistic, short))
    .slice(0, MOST);
}

/** One line for a layer: over several parameters the root of the sum of squares. */
function ofLayer(samples: Samples, node: Node, statistic: string): LayerLine | null {
  const lines = ofNode(samples, node, statistic);
  const [first] = lines;
  if (!first || node.path == null) return null;
  if (lines.length === 1) return { ...first, name: node.path };
  const sums = new Map(first.steps.map((step) => [step, 0]));
  for (const line of lines) {
    const own = new Map(line.steps.map((step, i) => [step, line.values[i] as number]));
    for (const [step, sum] of sums) {
      const value = own.get(step);
      if (value === undefined) sums.delete(step);
      else sums.set(step, sum + value * value);
    }
  }
  return { name: node.path, steps: [...sums.keys()], values: [...sums.values()].map(Math.sqrt) };
}

function lineOf(samples: Samples, name: string, statistic: string, short: string): LayerLine[] {
  if (statistic !== 'ratio') {
    const line = samples.line(name, statistic);
    return line ? [{ name: short, ...line }] : [];
  }
  const [update, weight] = [samples.line(name, 'update'), samples.line(name, 'weight')];
  if (!update || !weight) return [];
  return [
    {
      name: short,
      steps: update.steps,
      values: update.values.map((one, i) => one / (weight.values[i] ?? 0)),
    },
  ];
}

function parametersOf(node: Node): [full: string, short: string][] {
  return (node.parameters ?? []).map(([name]) => [
    (node.kind === 'parameter' ? node.path : node.path ? `${node.path}.${name}` : name) || name,
    name,
  ]);
}

/** The layers inside a group, each module once. */
function layersIn(graph: RawGraph, key: string): Node[] {
  const inside = new Set([key]);
  // A parent stands before its members.
  for (const group of graph.groups)
    if (group.parent !== null && inside.has(group.parent)) inside.add(group.key);
  const once = new Map<string, Node>();
  for (const node of graph.nodes) {
    if (node.group !== null && inside.has(node.group) && node.path != null) once.set(node.path, node);
  }
  return [...once.values()];
}
