// How a box, a frame, a link look, whatever draws them.
import { type Box, PILE, SMALL, TITLE } from './boxes';
import { brightness, type Look } from './look';
import type { Pen, Stroke } from './pen';
import type { Picture, Tint } from './picture';
import { labelWords } from './shapes';
import { shorten, textWidth } from './words';

/** Side of the mark that opens and closes a group. */
export const MARK = 14;
const ARROW = 7;

export function drawBox(pen: Pen, picture: Picture, place: number): void {
  const { scene, look, words } = picture;
  const [x, y, width, height] = rectOf(picture, place);
  const box = words.box(place);
  if (scene.open[place]) drawFrame(pen, picture, place, x, y, width, height);
  else {
    const tint = picture.tints?.[place] ?? null;
    drawBody(pen, picture, place, box, tint, x, y, width, height);
    drawWords(pen, look, box, inkOn(tint, look), x, y, width);
  }
  if (picture.changed.has(place)) {
    pen.rect(x + width - 6, y - 5, 11, 11, 5.5, look.warn, { colour: look.paper, width: 1.5 });
  }
}

export function rectOf(
  picture: Picture,
  place: number,
): [x: number, y: number, width: number, height: number] {
  const { rects } = picture.scene;
  const i = 4 * place;
  return [rects[i], rects[i + 1], rects[i + 2], rects[i + 3]] as [number, number, number, number];
}

function outline(picture: Picture, place: number, box: Box): Stroke {
  const { look } = picture;
  if (place === picture.selected) return { colour: look.accent, width: 2.5 };
  if (box.error) return { colour: look.flag, width: 2 };
  if (place === picture.hovered) return { colour: look.ink2, width: 1.5 };
  if (box.form === 'backward') return { colour: look.ink2, dash: [4, 3] };
  if (box.form === 'value' || box.form === 'rest') return { colour: look.line, dash: [2, 2] };
  if (box.form === 'end') return { colour: look.accent, width: 1.25 };
  return { colour: look.line };
}

function drawBody(
  pen: Pen,
  picture: Picture,
  place: number,
  box: Box,
  tint: Tint,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { look } = picture;
  const stroke = outline(picture, place, box);
  const radius = radiusOf(box, height);
  const pile = box.repeat > 1 ? PILE : 0;
  const [wide, high] = [width - pile, height - pile];
  const plain = box.error
    ? look.flagPaper
    : box.form === 'function' || box.form === 'value'
      ? look.paper2
      : look.paper;
  const fill = tint && tint !== 'hatched' ? tint : plain;
  if (box.form === 'group') {
    // What is folded lies in a pile.
    const sheets = box.repeat > 1 ? [PILE, PILE / 2] : [];
    for (const by of sheets) pen.rect(x + by, y + by, wide, high, radius, look.paper2, { colour: look.line });
  }
  pen.rect(x, y, wide, high, radius, fill, stroke);
  if (tint === 'hatched') pen.hatch(x + 1, y + 1, wide - 2, high - 2, radius, look.line);
  if (box.form === 'module') {
    pen.rect(x + 5, y + 6, 3, height - 12, 1.5, tint ? inkOn(tint, look) : look[picture.words.job(place)]);
  }
}

export function radiusOf(box: Box, height: number): number {
  if (box.form === 'end') return height / 2;
  if (box.form === 'function') return Math.min(12, height / 2);
  return box.form === 'value' || box.form === 'rest' ? 3 : 7;
}

function drawWords(pen: Pen, look: Look, box: Box, ink: string, x: number, y: number, width: number): void {
  const tinted = ink !== look.ink;
  const middle = x + width / 2;
  if (box.form === 'group') {
    drawMark(pen, look, x + 9, y + 8, false, tinted ? ink : look.ink2, tinted);
    pen.text(x + 30, y + 20, box.title, { size: TITLE, colour: ink, bold: true });
    if (box.sub) pen.text(x + 30, y + 36, box.sub, { size: SMALL, colour: tinted ? ink : look.ink2 });
    if (box.repeat > 1) drawBadge(pen, look, x + width - 9 - PILE, y + 6, box.repeat);
    return;
  }
  const small = box.form === 'value';
  const size = small ? SMALL + 1 : TITLE;
  const nudge = box.form === 'module' ? 3 : 0;
  let line = y + { module: 19, function: 16.5, end: 19, value: 15, backward: 17.5, rest: 20 }[box.form];
  pen.text(middle + nudge, line, box.title, {
    size,
    colour: small || box.form === 'rest' ? (tinted ? ink : look.ink2) : ink,
    bold: box.form === 'module',
    anchor: 'middle',
  });
  for (const [text, colour] of [
    [box.sub, tinted ? ink : look.ink2],
    [box.error, look.flag],
  ] as const) {
    if (!text) continue;
    line += 15;
    pen.text(middle + nudge, line, text, { size: SMALL, colour, anchor: 'middle' });
  }
}

function drawFrame(
  pen: Pen,
  picture: Picture,
  place: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { look } = picture;
  const selected = place === picture.selected;
  const stroke = selected
    ? { colour: look.accent, width: 2.5 }
    : { colour: place === picture.hovered ? look.ink2 : look.line };
  pen.rect(x, y, width, height, 10, look.frame, stroke);
}

/** The line at the top of an open group; drawn above the links that pass it. */
export function drawHeader(pen: Pen, picture: Picture, place: number): void {
  const { look, words } = picture;
  const [x, y, width] = rectOf(picture, place);
  const box = words.box(place);
  const badge = box.repeat > 1 ? 44 : 0;
  const title = shorten(box.title, width - 50 - badge, TITLE, true);
  drawMark(pen, look, x + 9, y + 8, true, look.ink2);
  pen.text(x + 30, y + 20, title, { size: TITLE, colour: look.ink, bold: true, halo: look.frame });
  const used = 30 + textWidth(title, TITLE, true) + 10;
  const sub = shorten(box.sub, width - used - 12 - badge, SMALL);
  if (sub.length > 1) pen.text(x + used, y + 20, sub, { size: SMALL, colour: look.ink2, halo: look.frame });
  if (badge) drawBadge(pen, look, x + width - 9, y + 6, box.repeat);
}

function drawMark(
  pen: Pen,
  look: Look,
  x: number,
  y: number,
  open: boolean,
  colour: string,
  clear = false,
): void {
  pen.rect(x, y, MARK, MARK, 3, clear ? undefined : look.paper, { colour });
  pen.rect(x + 3.5, y + MARK / 2 - 0.75, MARK - 7, 1.5, 0, colour);
  if (!open) pen.rect(x + MARK / 2 - 0.75, y + 3.5, 1.5, MARK - 7, 0, colour);
}

function drawBadge(pen: Pen, look: Look, right: number, y: number, repeat: number): void {
  const text = `× ${repeat}`;
  const width = textWidth(text, SMALL, true) + 12;
  pen.rect(right - width, y, width, 18, 9, look.accent);
  const colour = brightness(look.accent) > 0.6 ? '#111' : '#fff';
  pen.text(right - width / 2, y + 13, text, { size: SMALL, colour, bold: true, anchor: 'middle' });
}

/** Letters that can be read on a tint. */
export function inkOn(tint: Tint, look: Look): string {
  if (!tint || tint === 'hatched') return look.ink;
  return brightness(tint) > 0.55 ? '#15181c' : '#ffffff';
}

/** How a link looks: calm, and strong where it belongs to what is selected. */
export function strokeOf(picture: Picture, link: number): Stroke {
  const { look, lit, scene } = picture;
  const back = ((scene.marks[link] as number) & 2) > 0;
  const dash = back ? [5, 4] : undefined;
  if (lit?.links[link] === 1) return { colour: look.accent, width: 2, ...(dash && { dash }) };
  return { colour: look.edge, width: 1.2, ...(dash && { dash }) };
}

export function drawLink(pen: Pen, picture: Picture, link: number): void {
  const { starts, points, marks } = picture.scene;
  const [from, to] = [starts[link] as number, starts[link + 1] as number];
  const stroke = strokeOf(picture, link);
  pen.curve(points, from, to, stroke);
  if ((marks[link] as number) & 1) pen.polygon(arrow(points, to), stroke.colour);
}

function arrow(points: ArrayLike<number>, end: number): number[] {
  const [x, y] = [points[end - 2] as number, points[end - 1] as number];
  return [x, y, x - ARROW / 2, y - ARROW, x + ARROW / 2, y - ARROW];
}

export function drawLabel(pen: Pen, picture: Picture, label: number): void {
  const { scene, graph, look } = picture;
  const [x, y] = [scene.labels[2 * label] as number, scene.labels[2 * label + 1] as number];
  const words = labelWords(graph, scene.labelArrays[label] as number);
  pen.text(x, y, words, { size: SMALL, colour: look.ink2, halo: look.frame });
}
