// Colours for values: one hue from pale to strong, and two hues from a middle where a value has a sign.
import { t } from '../i18n';
import { type Graph, type Node, nodeOf } from './data';
import { channels } from './look';
import type { Tint } from './picture';
import type { Scene } from './scene';
import { partValue, type Statistic, type Statistics } from './statistics';
import type { Tree } from './tree';

const RISING = {
  light: ['#eef5fb', '#c3dcee', '#83b7dd', '#3a87c0', '#0d5595', '#08305f'],
  dark: ['#17283a', '#1d4366', '#2a679a', '#4b93c9', '#93c5ea', '#e2f1fb'],
};
const SIGNED = {
  light: ['#8f3d00', '#d9772b', '#f3c79d', '#f3f3f1', '#a9cfe8', '#3a87c0', '#084a85'],
  dark: ['#ffc793', '#d9833c', '#7d471b', '#2b2e33', '#1f5079', '#4b93c9', '#bfe0f6'],
};
/** Values are told apart over this many powers of ten at most. */
const POWERS = 8;

export interface Scale {
  statistic: Statistic;
  kind: 'share' | 'log' | 'signed';
  /** What the two ends of the ramp mean. */
  low: number;
  high: number;
}

/** The scale for the values of all nodes of a graph; null where there is none. */
export function scaleOf(graph: Graph, statistics: Statistics, statistic: Statistic): Scale | null {
  let [least, most, any] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false];
  for (const node of graph.nodes) {
    const value = statistics.of(node, statistic);
    any ||= value !== undefined;
    if (value === undefined || !Number.isFinite(value)) continue;
    // Zero has no place on a scale of powers; it stands at its lower end.
    if (kindOf(statistic) === 'log' && value <= 0) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (!any) return null;
  const kind = kindOf(statistic);
  if (kind === 'share') return { statistic, kind, low: 0, high: 1 };
  if (least > most) return { statistic, kind, low: kind === 'log' ? 1 : 0, high: 1 };
  if (kind === 'log') return { statistic, kind, low: Math.max(least, most / 10 ** POWERS), high: most };
  const reach = Math.max(Math.abs(least), Math.abs(most)) || 1;
  return { statistic, kind, low: -reach, high: reach };
}

function kindOf(statistic: Statistic): Scale['kind'] {
  if (statistic === 'zeros' || statistic === 'dead') return 'share';
  return statistic === 'mean' ? 'signed' : 'log';
}

/** Where a value stands between the two ends, 0 to 1. */
export function placeOn(scale: Scale, value: number): number {
  const { low, high } = scale;
  if (value < low) return 0;
  if (value > high) return 1;
  if (high <= low) return 0.5;
  if (scale.kind !== 'log') return (value - low) / (high - low);
  return (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low));
}

export function colourAt(kind: Scale['kind'], place: number, dark: boolean): string {
  const ramp = (kind === 'signed' ? SIGNED : RISING)[dark ? 'dark' : 'light'];
  const exact = place * (ramp.length - 1);
  const i = Math.min(ramp.length - 2, Math.floor(exact));
  const one = channels(ramp[i] as string);
  const other = channels(ramp[i + 1] as string);
  const mixed = one.map((channel, c) => Math.round(channel + ((other[c] as number) - channel) * (exact - i)));
  return `rgb(${mixed.join(', ')})`;
}

export function tintOf(scale: Scale, value: number | undefined, dark: boolean): Tint {
  if (value === undefined) return null;
  return Number.isNaN(value) ? 'hatched' : colourAt(scale.kind, placeOn(scale, value), dark);
}

/** The tint of every box of a scene; open groups have none. */
export function tintsOf(
  graph: Graph,
  tree: Tree,
  scene: Scene,
  statistics: Statistics,
  scale: Scale,
  dark: boolean,
): Tint[] {
  return Array.from(scene.parts, (part, place) => {
    if (part < 0 || scene.open[place]) return null;
    return tintOf(scale, partValue(graph, tree, statistics, part, scale.statistic), dark);
  });
}

/** A value as people read it. */
export function valueWords(statistic: Statistic, value: number | undefined): string {
  if (value === undefined) return t('not recorded');
  if (Number.isNaN(value)) return t('no value');
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (statistic === 'zeros' || statistic === 'dead') {
    const share = 100 * value;
    return `${share > 0 && share < 10 ? share.toFixed(1) : share.toFixed(0)} %`;
  }
  if (value === 0) return '0';
  const size = Math.abs(value);
  const words = size >= 1e4 || size < 1e-3 ? value.toExponential(1) : value.toPrecision(3);
  return words.replace('-', '−').replace('e+', 'e').replace('e-', 'e−');
}

/** Whether a node is one of those whose values are recorded. */
export function recorded(graph: Graph, part: number, statistics: Statistics | null): boolean {
  const node: Node | undefined = nodeOf(graph, part);
  if (!node || !statistics) return false;
  return statistics.of(node, 'std') !== undefined || statistics.of(node, 'grad') !== undefined;
}
