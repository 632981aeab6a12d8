// Draws small graphs as SVG: crisp at every size, and each box is an element of the page.
import type { Camera, Size } from './camera';
import { keyOf } from './data';
import { drawBox, drawHeader, drawLabel, drawLink } from './draw';
import type { Painter } from './painter';
import type { Picture } from './picture';
import { SvgPen, svgElement } from './svg_pen';

const FADED = '0.28';

export class SvgPainter implements Painter {
  readonly el = svgElement('svg', { class: 'nnw-graph-svg', 'aria-hidden': 'true' });
  readonly #world = svgElement('g');
  #shown: Picture | null = null;
  #boxes: { el: SVGElement; mark: string }[] = [];
  #links: { el: SVGElement; mark: string }[] = [];
  #headers: SVGElement[] = [];

  constructor() {
    this.el.append(this.#world);
  }

  paint(picture: Picture, camera: Camera, view: Size): void {
    if (picture !== this.#shown) this.#update(picture);
    this.el.setAttribute('width', String(view.width));
    this.el.setAttribute('height', String(view.height));
    this.#world.setAttribute('transform', `translate(${camera.x} ${camera.y}) scale(${camera.scale})`);
  }

  #update(picture: Picture): void {
    const before = this.#shown;
    this.#shown = picture;
    if (before?.scene !== picture.scene || before.look !== picture.look) this.#build(picture);
    this.#boxes.forEach((box, place) => {
      const mark = [
        picture.tints?.[place],
        picture.selected === place,
        picture.hovered === place,
        picture.changed.has(place),
      ].join();
      if (mark !== box.mark) {
        box.mark = mark;
        box.el.replaceChildren();
        drawBox(new SvgPen(box.el), picture, place);
        const header = this.#headers[place];
        if (header) {
          header.replaceChildren();
          drawHeader(new SvgPen(header), picture, place);
        }
      }
      const faded = picture.lit !== null && !picture.lit.boxes[place];
      for (const el of [box.el, this.#headers[place]]) if (el) fade(el, faded);
    });
    this.#links.forEach((link, place) => {
      const lit = picture.lit === null ? '' : String(picture.lit.links[place]);
      if (lit === link.mark) return;
      link.mark = lit;
      link.el.replaceChildren();
      drawLink(new SvgPen(link.el), picture, place);
      fade(link.el, lit === '0');
    });
  }

  #build(picture: Picture): void {
    const { scene, graph, look } = picture;
    this.el.setAttribute('font-family', look.font);
    const layer = (): SVGGElement => svgElement('g');
    const [frames, links, closed, labels, headers] = [layer(), layer(), layer(), layer(), layer()];
    this.#headers = [];
    this.#boxes = Array.from(scene.parts, (part, place) => {
      const el = svgElement('g', { 'data-key': keyOf(graph, part) });
      const open = scene.open[place] === 1;
      (open ? frames : closed).append(el);
      if (open) {
        const header = svgElement('g');
        this.#headers[place] = header;
        headers.append(header);
      }
      return { el, mark: 'new' };
    });
    this.#links = Array.from(scene.marks, () => {
      const el = svgElement('g', { class: 'nnw-graph-link' });
      links.append(el);
      return { el, mark: 'new' };
    });
    scene.labelArrays.forEach((_, label) => {
      drawLabel(new SvgPen(labels), picture, label);
    });
    this.#world.replaceChildren(frames, links, closed, labels, headers);
  }
}

function fade(el: Element, faded: boolean): void {
  if (faded) el.setAttribute('opacity', FADED);
  else el.removeAttribute('opacity');
}
