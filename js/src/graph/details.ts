// Everything that is known of what is selected.
import { element } from '../panel/dom';
import { count } from '../panel/format';
import { type Graph, groupOf, isGroup, keyOf, nodeOf } from './data';
import { arrayWords, type Crossing, crossings, titleOf, typeOf } from './facts';
import type { Ways } from './reach';
import { partValue, STATISTICS, type Statistic, type Statistics, summary, WORDS } from './statistics';
import { valueWords } from './tint';
import type { Tree } from './tree';
import { big, countOf, paramsOf, shapeWords } from './words';

/** Rows of a list before the rest is only counted. */
const MOST = 12;

export interface About {
  tree: Tree;
  ways: Ways;
  part: number;
  isOpen: boolean;
  statistics: Statistics | null;
  step: number | null;
  change: string | undefined;
}

export interface Acts {
  select(part: number): void;
  toggle(part: number): void;
  close(): void;
}

export function details(about: About, acts: Acts, signal: AbortSignal): HTMLElement {
  const { tree, part } = about;
  const { graph } = tree;
  const group = groupOf(graph, part);
  const node = nodeOf(graph, part);
  const button = (text: string, act: () => void, label = text): HTMLButtonElement => {
    const made = element('button', { type: 'button', class: 'nnw-button', 'aria-label': label }, text);
    made.addEventListener('click', act, { signal });
    return made;
  };
  const head = element(
    'div',
    { class: 'nnw-graph-dhead' },
    element('strong', {}, titleOf(graph, part)),
    element('span', { class: 'nnw-graph-dtype' }, subtitle(graph, part)),
    button('×', acts.close, 'Close the details'),
  );
  const rows: [string, Node | string | null][] = [];
  const row = (name: string, value: Node | string | null | undefined | false): void => {
    if (value) rows.push([name, value]);
  };
  row('path', group?.path || node?.path);
  row('call', (group?.call ?? node?.call ?? 1) > 1 && `${group?.call ?? node?.call}.`);
  row('kind', node && node.kind !== 'module' && node.kind !== 'function' && node.kind);
  row('settings', node?.detail);
  row('repeats', group && (group.repeat ?? 1) > 1 && `${group.repeat} equal blocks`);
  row('inside', group && `${count(tree.inside(part).length)} operations`);
  row('inputs', links(crossings(tree, about.ways, part, true), 'from'));
  row('outputs', outputs());
  row('goes to', links(crossings(tree, about.ways, part, false), 'to'));
  row('parameters', parameters());
  const flops = group ? group.flops : node?.flops;
  row('FLOPs', flops != null && flops > 0 && big(flops));
  row('source', group?.source ?? node?.source);
  row('gradient of', node?.of != null && node.of);

  function outputs(): HTMLElement | null {
    const arrays = node?.outputs ?? [];
    if (arrays.length === 0) return null;
    return list(arrays.map((array) => element('li', {}, arrayWords(array))));
  }

  function parameters(): HTMLElement | string | null {
    if (group) return group.params ? big(group.params) : null;
    const all = node?.parameters ?? [];
    if (all.length === 0) return null;
    const items = all.map((one) => {
      const frozen = one[2] === false ? ' · not trained' : '';
      return element('li', {}, `${one[0]} ${shapeWords(one[1])} · ${big(countOf(one))}${frozen}`);
    });
    return all.length > 1 ? element('div', {}, `${big(paramsOf(all))} in all`, list(items)) : list(items);
  }

  function links(all: Crossing[], word: string): HTMLElement | null {
    if (all.length === 0) return null;
    const items = all.slice(0, MOST).map(({ other, words }) => {
      const jump = element('button', { type: 'button', class: 'nnw-graph-jump' }, nameOf(graph, other));
      jump.addEventListener('click', () => acts.select(other), { signal });
      return element('li', {}, ...(words && word === 'from' ? [`${words} `] : []), jump);
    });
    if (all.length > MOST) items.push(element('li', {}, `and ${count(all.length - MOST)} more`));
    return list(items);
  }

  const more: HTMLElement[] = [];
  if (node?.error) more.push(element('p', { class: 'nnw-error' }, node.error));
  if (about.change) more.push(element('p', { class: 'nnw-graph-change' }, `changed: ${about.change}`));
  if (isGroup(graph, part)) {
    more.push(button(about.isOpen ? 'Close group' : 'Open group', () => acts.toggle(part)));
  }
  const table = element('dl', { class: 'nnw-graph-facts' });
  for (const [name, value] of rows) {
    table.append(element('dt', {}, name), element('dd', {}, value ?? ''));
  }
  return element('div', { class: 'nnw-graph-details' }, head, ...more, table, values(about));
}

function subtitle(graph: Graph, part: number): string {
  const type = typeOf(graph, part);
  return type === titleOf(graph, part) ? '' : type;
}

function nameOf(graph: Graph, part: number): string {
  const node = nodeOf(graph, part);
  return node?.path || node?.name || keyOf(graph, part);
}

const list = (items: HTMLElement[]): HTMLElement => element('ul', { class: 'nnw-graph-rows' }, ...items);

/** The statistics of the step that is shown. */
function values({ tree, part, statistics, step }: About): HTMLElement {
  const table = element('dl', { class: 'nnw-graph-facts nnw-graph-values' });
  if (!statistics) return table;
  const found = STATISTICS.flatMap((name) => {
    const value = partValue(tree.graph, tree, statistics, part, name);
    return value === undefined ? [] : ([[name, value]] as [Statistic, number][]);
  });
  if (found.length === 0) return table;
  table.append(
    element('dt', { class: 'nnw-graph-atstep' }, step === null ? 'now' : `at step ${count(step)}`),
  );
  for (const [name, value] of found) {
    const of = isGroup(tree.graph, part) ? ` (${summary(name)})` : '';
    table.append(
      element('dt', { title: WORDS[name].title }, WORDS[name].name + of),
      element('dd', { 'data-statistic': name }, valueWords(name, value)),
    );
  }
  return table;
}
