// The numbers of one sampled step, looked up for nodes and summed up for groups.
import { t } from '../i18n';
import { at, type Graph, isGroup, type Node, nodeOf } from './data';
import type { Columns } from './protocol';
import type { Tree } from './tree';

export const STATISTICS = ['mean', 'std', 'zeros', 'dead', 'grad', 'update', 'ratio'] as const;
export type Statistic = (typeof STATISTICS)[number];

export const WORDS: Record<Statistic, { name: () => string; title: () => string }> = {
  mean: { name: () => t('mean'), title: () => t('Mean of the activations') },
  std: { name: () => t('standard deviation'), title: () => t('Standard deviation of the activations') },
  zeros: { name: () => t('share of zeros'), title: () => t('Share of activations that are exactly zero') },
  dead: { name: () => t('dead units'), title: () => t('Share of units that are zero for the whole batch') },
  grad: {
    name: () => t('gradient norm'),
    title: () => t('Norm of the gradient, over all parameters of a layer'),
  },
  update: { name: () => t('update norm'), title: () => t('Norm of the last change of the parameters') },
  ratio: {
    name: () => t('update / weight'),
    title: () => t('Norm of the last change, as a share of the norm of the weights'),
  },
};

const PER_MODULE = 4;
const PER_PARAMETER = 3;

export class Statistics {
  readonly #modules: Map<string, number>;
  readonly #parameters: Map<string, number>;

  constructor(
    columns: Columns,
    readonly values: Float32Array,
  ) {
    this.#modules = new Map(columns.modules.map((path, i) => [path, PER_MODULE * i]));
    const first = PER_MODULE * columns.modules.length;
    this.#parameters = new Map(columns.parameters.map((name, i) => [name, first + PER_PARAMETER * i]));
  }

  /** The value of a node; undefined where nothing is recorded, NaN where something is but has no value. */
  of(node: Node, statistic: Statistic): number | undefined {
    switch (statistic) {
      case 'mean':
      case 'std':
      case 'zeros':
      case 'dead': {
        const place = node.path == null ? undefined : this.#modules.get(node.path);
        return place === undefined ? undefined : this.values[place + STATISTICS.indexOf(statistic)];
      }
      case 'grad':
        return this.#norm(node, 0);
      case 'update':
        return this.#norm(node, 1);
      default: {
        const [update, weight] = [this.#norm(node, 1), this.#norm(node, 2)];
        return update === undefined || weight === undefined ? undefined : update / weight;
      }
    }
  }

  /** The root of the sum of squares over a node's parameters. */
  #norm(node: Node, which: number): number | undefined {
    let [sum, known, recorded] = [0, false, false];
    for (const name of namesOf(node)) {
      const place = this.#parameters.get(name);
      const value = place === undefined ? undefined : this.values[place + which];
      if (value === undefined) continue;
      recorded = true;
      if (Number.isNaN(value)) continue;
      known = true;
      sum += value * value;
    }
    return recorded ? (known ? Math.sqrt(sum) : Number.NaN) : undefined;
  }
}

function namesOf(node: Node): string[] {
  if (node.path == null) return [];
  if (node.kind === 'parameter') return [node.path];
  return (node.parameters ?? []).map(([name]) => (node.path ? `${node.path}.${name}` : name));
}

/** How the values inside a closed group are put into one. */
export const summary = (statistic: Statistic): 'highest' | 'median' =>
  statistic === 'zeros' || statistic === 'dead' ? 'highest' : 'median';

export const summaryWord = (statistic: Statistic): string =>
  summary(statistic) === 'highest' ? t('highest') : t('median');

/** The value of a part: a node's own, or the highest or the median of what is inside a group. */
export function partValue(
  graph: Graph,
  tree: Tree,
  statistics: Statistics,
  part: number,
  statistic: Statistic,
): number | undefined {
  if (!isGroup(graph, part)) {
    const node = nodeOf(graph, part);
    return node && statistics.of(node, statistic);
  }
  const values: number[] = [];
  let recorded = false;
  for (const inner of tree.inside(part)) {
    const value = statistics.of(nodeOf(graph, inner) as Node, statistic);
    recorded ||= value !== undefined;
    if (value !== undefined && !Number.isNaN(value)) values.push(value);
  }
  if (values.length === 0) return recorded ? Number.NaN : undefined;
  if (summary(statistic) === 'highest') return values.reduce((most, value) => Math.max(most, value));
  values.sort((one, other) => one - other);
  const half = Math.floor(values.length / 2);
  return values.length % 2 ? at(values, half) : (at(values, half - 1) + at(values, half)) / 2;
}
