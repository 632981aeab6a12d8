// The shapes written below boxes, beside the links that carry them.
import { tn } from '../i18n';
import { SMALL } from './boxes';
import type { Graph } from './data';
import type { SceneMaker } from './scene';
import { shapeWords, textWidth } from './words';

/** Where a link leaves a box, and how far it turns before it arrives, to the right. */
export interface Start {
  box: number;
  layer: number;
  array: number;
  place: number;
  x: number;
  y: number;
  turns: number;
}

const BESIDE = 6;
/** A link that turns further than this has turned away above its shape. */
const TURN = 90;

export function labelWords(graph: Graph, array: number): string {
  return array < 0 ? tn(-array, '{n} array', '{n} arrays') : shapeWords(graph.arrays[array]?.[0] ?? []);
}

/** Write each shape once below each box, where there is room, on a side that no link turns to, within the frame. */
export function writeShapes(
  maker: SceneMaker,
  graph: Graph,
  starts: Start[],
  left: number,
  top: number,
  leftRoom: number,
  room: number,
): void {
  const said = new Map<string, Start[]>();
  for (const start of starts) {
    const name = `${start.box} ${start.array}`;
    const same = said.get(name);
    if (same) same.push(start);
    else said.set(name, [start]);
  }
  const taken = new Map<number, { from: number; to: number }[]>();
  for (const same of said.values()) {
    const first = same.reduce((one, other) => (other.x < one.x ? other : one));
    const last = same.reduce((one, other) => (other.x > one.x ? other : one));
    const words = labelWords(graph, last.array);
    const width = textWidth(words, SMALL);
    const wide = last.x + BESIDE + width > room;
    const fits = first.x - BESIDE - width > -leftRoom;
    const onLeft = (last.turns > 4 || wide) && first.turns >= -4 && fits;
    const start = onLeft ? first : last;
    const past = Math.max(0, Math.min(TURN, last.turns)) * 0.4;
    const x = onLeft ? start.x - BESIDE - width : start.x + BESIDE + past;
    const row = taken.get(start.layer) ?? [];
    taken.set(start.layer, row);
    const [from, to] = [x, x + width + BESIDE];
    if (row.length > 64 || row.some((other) => other.from < to && from < other.to)) continue;
    row.push({ from, to });
    maker.label(left + x, top + start.y, start.place, start.array);
  }
}
