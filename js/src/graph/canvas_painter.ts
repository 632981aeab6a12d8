// Draws large graphs on a canvas: only what is seen, and less of it the further away it is.
import { formOf } from './boxes';
import { type Area, type Camera, type Size, seen } from './camera';
import { CanvasPen, trace, traceStraight } from './canvas_pen';
import { nodeOf } from './data';
import { drawBox, drawHeader, drawLabel, radiusOf, rectOf, strokeOf } from './draw';
import type { Painter } from './painter';
import type { Picture } from './picture';
import { shorten } from './words';

/** Scale below which words cannot be read, and below which boxes are but colours. */
const WORDS = 0.4;
const SHAPES = 0.3;
/** Scale below which a curve cannot be told from a few straight lines. */
const LINES = 0.15;
const MANY = 1000;
const FADED = 0.25;
/** Size in px of the page of what stands on groups that are far away. */
const FAR = 11;

export class CanvasPainter implements Painter {
  readonly el = document.createElement('canvas');
  readonly #context = this.el.getContext('2d', { alpha: false });

  constructor() {
    this.el.className = 'nnw-graph-canvas';
    this.el.setAttribute('aria-hidden', 'true');
  }

  paint(picture: Picture, camera: Camera, view: Size): void {
    const context = this.#context;
    if (!context) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    if (this.el.width !== width || this.el.height !== height) {
      this.el.width = width;
      this.el.height = height;
      this.el.style.width = `${view.width}px`;
      this.el.style.height = `${view.height}px`;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = picture.look.paper;
    context.fillRect(0, 0, width, height);
    const scale = ratio * camera.scale;
    context.setTransform(scale, 0, 0, scale, ratio * camera.x, ratio * camera.y);
    const pen = new CanvasPen(context, picture.look.font);
    const area = seen(camera, view);
    const visible = inSight(picture, area);
    for (const place of visible) if (picture.scene.open[place]) this.#faded(picture, place, pen, drawBox);
    this.#links(context, picture, area, camera.scale);
    const closed = visible.filter((place) => !picture.scene.open[place]);
    if (camera.scale < SHAPES) farBoxes(context, picture, closed);
    else
      for (const place of closed) this.#faded(picture, place, pen, camera.scale < WORDS ? bodyOnly : drawBox);
    if (camera.scale >= WORDS) {
      for (const place of visible)
        if (picture.scene.open[place]) this.#faded(picture, place, pen, drawHeader);
      this.#labels(picture, area, pen);
    } else {
      context.setTransform(ratio, 0, 0, ratio, ratio * camera.x, ratio * camera.y);
      for (const place of visible) farTitle(pen, picture, place, camera.scale);
    }
  }

  #faded(
    picture: Picture,
    place: number,
    pen: CanvasPen,
    draw: (pen: CanvasPen, picture: Picture, place: number) => void,
  ): void {
    pen.context.globalAlpha = picture.lit && !picture.lit.boxes[place] ? FADED : 1;
    draw(pen, picture, place);
    pen.context.globalAlpha = 1;
  }

  /** All links that look the same are one path: a stroke costs more than what is in it. */
  #links(context: CanvasRenderingContext2D, picture: Picture, area: Area, scale: number): void {
    const { scene, lit } = picture;
    const kinds = new Map<string, number[]>();
    for (let link = 0; link < scene.marks.length; link++) {
      if (!overlaps(scene.bounds, 4 * link, area)) continue;
      const kind = `${lit?.links[link] ?? 'all'}${(scene.marks[link] as number) & 2}`;
      const same = kinds.get(kind);
      if (same) same.push(link);
      else kinds.set(kind, [link]);
    }
    for (const [kind, links] of [...kinds].sort()) {
      const stroke = strokeOf(picture, links[0] as number);
      // So many lines lie on one another far away that only what is pale leaves something to see.
      const dense = scale < LINES && links.length > MANY ? 0.3 : 1;
      context.globalAlpha = dense * (kind.startsWith('0') ? FADED : 1);
      context.strokeStyle = stroke.colour;
      context.lineWidth = Math.max(stroke.width ?? 1, (dense < 1 ? 0.6 : 0.9) / scale);
      context.setLineDash(stroke.dash ?? []);
      context.beginPath();
      for (const link of links) {
        const [from, to] = [scene.starts[link] as number, scene.starts[link + 1] as number];
        if (scale < LINES) traceStraight(context, scene.points, from, to);
        else trace(context, scene.points, from, to);
      }
      context.stroke();
      if (scale >= SHAPES) arrows(context, picture, links, stroke.colour);
      context.globalAlpha = 1;
    }
    context.setLineDash([]);
  }

  #labels(picture: Picture, area: Area, pen: CanvasPen): void {
    const { labels, labelLinks, labelArrays } = picture.scene;
    for (let label = 0; label < labelArrays.length; label++) {
      const [x, y] = [labels[2 * label] as number, labels[2 * label + 1] as number];
      if (x > area[2] || x < area[0] - 200 || y < area[1] || y > area[3] + 20) continue;
      pen.context.globalAlpha = picture.lit && !picture.lit.links[labelLinks[label] as number] ? FADED : 1;
      drawLabel(pen, picture, label);
    }
    pen.context.globalAlpha = 1;
  }
}

function inSight(picture: Picture, [left, top, right, bottom]: Area): number[] {
  const { rects, parts } = picture.scene;
  const visible: number[] = [];
  for (let place = 0; place < parts.length; place++) {
    const i = 4 * place;
    const [x, y] = [rects[i] as number, rects[i + 1] as number];
    if (
      x > right ||
      y > bottom ||
      x + (rects[i + 2] as number) < left ||
      y + (rects[i + 3] as number) < top
    ) {
      continue;
    }
    visible.push(place);
  }
  return visible;
}

function overlaps(bounds: Float32Array, i: number, [left, top, right, bottom]: Area): boolean {
  return (
    (bounds[i] as number) <= right &&
    (bounds[i + 1] as number) <= bottom &&
    (bounds[i + 2] as number) >= left &&
    (bounds[i + 3] as number) >= top
  );
}

function arrows(context: CanvasRenderingContext2D, picture: Picture, links: number[], colour: string): void {
  const { marks, points, starts } = picture.scene;
  context.beginPath();
  for (const link of links) {
    if (!((marks[link] as number) & 1)) continue;
    const end = starts[link + 1] as number;
    const [x, y] = [points[end - 2] as number, points[end - 1] as number];
    context.moveTo(x, y);
    context.lineTo(x - 3.5, y - 7);
    context.lineTo(x + 3.5, y - 7);
    context.closePath();
  }
  context.fillStyle = colour;
  context.fill();
}

/** Boxes without words, one path for each colour. */
function farBoxes(context: CanvasRenderingContext2D, picture: Picture, places: number[]): void {
  const colours = new Map<string, number[]>();
  for (const place of places) {
    const colour = farColour(picture, place);
    const faded = picture.lit && !picture.lit.boxes[place] ? '0' : '1';
    const same = colours.get(faded + colour);
    if (same) same.push(place);
    else colours.set(faded + colour, [place]);
  }
  for (const [name, same] of colours) {
    context.globalAlpha = name.startsWith('0') ? FADED : 1;
    context.fillStyle = name.slice(1);
    context.beginPath();
    for (const place of same) context.rect(...rectOf(picture, place));
    context.fill();
  }
  context.globalAlpha = 1;
}

function farColour(picture: Picture, place: number): string {
  const { look, words } = picture;
  if (place === picture.selected) return look.accent;
  const tint = picture.tints?.[place];
  if (tint && tint !== 'hatched') return tint;
  const part = words.part(place);
  if (nodeOf(picture.graph, part)?.error) return look.flag;
  const form = formOf(picture.graph, part);
  if (form === 'end') return look.accent;
  if (form === 'module' && !picture.tints) return look[words.job(place)];
  return form === 'value' ? look.edge : look.ink2;
}

function bodyOnly(pen: CanvasPen, picture: Picture, place: number): void {
  const { look } = picture;
  const [x, y, width, height] = rectOf(picture, place);
  const box = picture.words.box(place);
  const tint = picture.tints?.[place];
  const fill = tint && tint !== 'hatched' ? tint : look.paper;
  const chosen = place === picture.selected ? look.accent : box.error ? look.flag : look.edge;
  pen.rect(x, y, width, height, radiusOf(box, height), fill, {
    colour: chosen,
    width: place === picture.selected ? 4 : 1.5,
  });
  if (box.form === 'module') pen.rect(x + 5, y + 6, 5, height - 12, 0, look[picture.words.job(place)]);
}

/** The names of groups that are large enough, in letters that stay the same size. */
function farTitle(pen: CanvasPen, picture: Picture, place: number, scale: number): void {
  const { look, words } = picture;
  if (formOf(picture.graph, words.part(place)) !== 'group') return;
  const box = words.box(place);
  const [x, y, width, height] = rectOf(picture, place).map((length) => length * scale) as [
    number,
    number,
    number,
    number,
  ];
  if (width < 56 || height < 18) return;
  const title = shorten(box.title, width - 8, FAR, true);
  const open = picture.scene.open[place];
  const colour = open ? look.ink2 : look.paper;
  pen.text(x + 4, open ? y + 13 : y + height / 2 + 4, title, {
    size: FAR,
    colour,
    bold: true,
    ...(open && { halo: look.frame }),
  });
}
