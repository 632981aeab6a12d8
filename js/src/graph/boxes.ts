// What stands in a box, and how large that makes it.

import { t } from '../i18n';
import { count } from '../panel/format';
import { type Graph, groupOf, type Node, nodeOf } from './data';
import { restOf } from './levels';
import { big, nameWords, paramsOf, shapeWords, shorten, textWidth } from './words';

export const TITLE = 13;
export const SMALL = 11;
/** Height of the line at the top of an open group. */
export const HEADER = 30;
const ROOM = 190;
const MARGIN = 12;
/** Px by which what is folded stands out from under a box. */
export const PILE = 6;

/** How a box looks. */
export type Form = 'module' | 'function' | 'end' | 'value' | 'backward' | 'group' | 'rest';

export interface Box {
  form: Form;
  title: string;
  /** Beside the title of an open group, below it else. */
  sub: string;
  /** How many equal blocks are folded into it, or 1. */
  repeat: number;
  /** In words, why it failed. */
  error: string;
  width: number;
  height: number;
}

const FORMS: Record<Node['kind'], Form> = {
  input: 'end',
  output: 'end',
  module: 'module',
  function: 'function',
  parameter: 'value',
  constant: 'value',
  backward: 'backward',
};

/** How a part looks, without its words. */
export function formOf(graph: Graph, part: number): Form {
  const node = nodeOf(graph, part);
  return node ? FORMS[node.kind] : groupOf(graph, part) ? 'group' : 'rest';
}

export function boxOf(graph: Graph, part: number, hidden: (box: number) => number): Box {
  const group = groupOf(graph, part);
  if (group) {
    const name = nameWords(group.name, group.path);
    const [title, type] = name === group.type ? [name, ''] : [name, group.type];
    const sub = [type, group.params ? t('{number} params', { number: big(group.params) }) : '']
      .filter(Boolean)
      .join(' · ');
    return sized('group', title, sub, group.repeat ?? 1);
  }
  const node = nodeOf(graph, part);
  if (!node) {
    const number = count(hidden(part));
    const words = restOf(part).after
      ? t('{number} more not drawn', { number })
      : t('{number} before not drawn', { number });
    return sized('rest', words, t('search, or click to see them'));
  }
  const form = FORMS[node.kind];
  if (form === 'module') {
    const params = paramsOf(node.parameters);
    const name = node.name === node.op ? '' : nameWords(node.name, node.path);
    return sized(form, node.op, [name, params ? big(params) : ''].filter(Boolean).join(' · '), 1, node.error);
  }
  const shape = node.parameters?.[0]?.[1] ?? node.outputs?.[0]?.[0];
  const sub = (form === 'end' || form === 'value') && shape ? shapeWords(shape) : '';
  const title = form === 'end' || form === 'value' ? node.name : node.op;
  return sized(form, title, sub, 1, node.error);
}

function sized(form: Form, title: string, sub: string, repeat = 1, error: string | null = null): Box {
  const bold = form === 'module' || form === 'group';
  const size = form === 'value' ? SMALL + 1 : TITLE;
  const short = shorten(title, ROOM, size, bold);
  const shortSub = shorten(sub, ROOM, SMALL);
  const why = shorten(error ?? '', ROOM, SMALL);
  const text = Math.max(
    textWidth(short, size, bold) + (form === 'group' ? 22 : 0) + (repeat > 1 ? 44 : 0),
    textWidth(shortSub, SMALL) + (form === 'group' ? 22 : 0),
    textWidth(why, SMALL),
  );
  const lines = (shortSub ? 15 : 0) + (why ? 15 : 0);
  const height =
    { module: 28, function: 24, end: 28, value: 22, backward: 26, group: 30, rest: 30 }[form] + lines;
  const width = Math.round(
    Math.max(
      form === 'function' || form === 'value' ? 44 : 84,
      text + 2 * MARGIN + (form === 'module' ? 6 : 0),
    ),
  );
  const pile = repeat > 1 ? PILE : 0;
  return {
    form,
    title: short,
    sub: shortSub,
    repeat,
    error: why,
    width: width + pile,
    height: height + pile,
  };
}
