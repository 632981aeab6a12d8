// Everything that is known of what is selected.
import { t, tn } from '../i18n';
import { element } from '../panel/dom';
import { count } from '../panel/format';
import { type Graph, groupOf, isGroup, type Kind, keyOf, nodeOf } from './data';
import { arrayWords, type Crossing, crossings, titleOf, typeOf } from './facts';
import type { Ways } from './reach';
import { partValue, STATISTICS, type Statistic, type Statistics, summaryWord, WORDS } from './statistics';
import { valueWords } from './tint';
import type { Tree } from './tree';
import { big, countOf, paramsOf, shapeWords } from './words';

/** What a node is, where its name and its operation do not say it. */
const KINDS: Partial<Record<Kind, () => string>> = {
  input: () => t('input'),
  output: () => t('output'),
  parameter: () => t('parameter'),
  constant: () => t('constant'),
  backward: () => t('backward'),
};
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
    button('×', acts.close, t('Close the details')),
  );
  const rows: [string, Node | string | null][] = [];
  const row = (name: string, value: Node | string | null | undefined | false): void => {
    if (value) rows.push([name, value]);
  };
  row(t('path'), group?.path || node?.path);
  row(t('call'), (group?.call ?? node?.call ?? 1) > 1 && `${group?.call ?? node?.call}.`);
  row(t('kind'), node && (KINDS[node.kind]?.() ?? null));
  row(t('settings'), node?.detail);
  const repeat = group?.repeat ?? 1;
  row(t('repeats'), repeat > 1 && tn(repeat, '{n} equal block', '{n} equal blocks'));
  row(t('inside'), group && tn(tree.inside(part).length, '{n} operation', '{n} operations'));
  row(t('inputs'), links(crossings(tree, about.ways, part, true), 'from'));
  row(t('outputs'), outputs());
  row(t('goes to'), links(crossings(tree, about.ways, part, false), 'to'));
  row(t('parameters'), parameters());
  const flops = group ? group.flops : node?.flops;
  row(t('FLOPs'), flops != null && flops > 0 && big(flops));
  row(t('source'), group?.source ?? node?.source);
  row(t('gradient of'), node?.of != null && node.of);

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
      const frozen = one[2] === false ? ` · ${t('not trained')}` : '';
      return element('li', {}, `${one[0]} ${shapeWords(one[1])} · ${big(countOf(one))}${frozen}`);
    });
    return all.length > 1
      ? element('div', {}, t('{number} in all', { number: big(paramsOf(all)) }), list(items))
      : list(items);
  }

  function links(all: Crossing[], word: string): HTMLElement | null {
    if (all.length === 0) return null;
    const items = all.slice(0, MOST).map(({ other, words }) => {
      const jump = element('button', { type: 'button', class: 'nnw-graph-jump' }, nameOf(graph, other));
      jump.addEventListener('click', () => acts.select(other), { signal });
      return element('li', {}, ...(words && word === 'from' ? [`${words} `] : []), jump);
    });
    if (all.length > MOST)
      items.push(element('li', {}, t('and {number} more', { number: count(all.length - MOST) })));
    return list(items);
  }

  const more: HTMLElement[] = [];
  if (node?.error) more.push(element('p', { class: 'nnw-error' }, node.error));
  if (about.change)
    more.push(element('p', { class: 'nnw-graph-change' }, t('changed: {change}', { change: about.change })));
  if (isGroup(graph, part)) {
    more.push(button(about.isOpen ? t('Close group') : t('Open group'), () => acts.toggle(part)));
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
    element(
      'dt',
      { class: 'nnw-graph-atstep' },
      step === null ? t('now') : t('at step {step}', { step: count(step) }),
    ),
  );
  for (const [name, value] of found) {
    const of = isGroup(tree.graph, part) ? ` (${summaryWord(name)})` : '';
    table.append(
      element('dt', { title: WORDS[name].title() }, WORDS[name].name() + of),
      element('dd', { 'data-statistic': name }, valueWords(name, value)),
    );
  }
  return table;
}
