// The drawing area: it holds the painter and the camera, and draws when one of them has changed.
import { t } from '../i18n';
import { element } from '../panel/dom';
import { type Area, begun, type Camera, centred, fitted, kept, nudged, type Size, zoomed } from './camera';
import { CanvasPainter } from './canvas_painter';
import { at } from './data';
import type { Painter } from './painter';
import type { Picture } from './picture';
import { SvgPainter } from './svg_painter';

/** Boxes up to which each is an element of the page. */
export const SVG_BOXES = 150;

export class Stage {
  readonly el = element('div', {
    class: 'nnw-graph-stage',
    tabindex: 0,
    role: 'application',
    'aria-roledescription': t('graph'),
    'aria-label': t('Computation graph. Arrow keys follow the edges, Enter opens and closes, / searches.'),
  });
  camera: Camera = { scale: 1, x: 0, y: 0 };
  picture: Picture | null = null;
  #painter: Painter | null = null;
  #view: Size = { width: 0, height: 0 };
  #frame = 0;
  /** What is to be done with the camera as soon as there is room to draw in. */
  #begin = false;

  constructor(signal: AbortSignal) {
    if (typeof ResizeObserver !== 'undefined') {
      const observer = new ResizeObserver(() => this.#measure());
      observer.observe(this.el);
      signal.addEventListener('abort', () => observer.disconnect());
    }
    signal.addEventListener('abort', () => cancelAnimationFrame(this.#frame));
  }

  get view(): Size {
    return this.#view;
  }

  /** Draw another picture; the camera stays where it is. */
  show(picture: Picture): void {
    this.picture = picture;
    this.#draw();
  }

  /** Look at the beginning of the drawing, or at all of it if that can be read. */
  begin(): void {
    this.#begin = true;
    this.#draw();
  }

  fit(): void {
    if (this.picture) this.look(fitted(this.picture.scene, this.#view));
  }

  zoom(factor: number, x = this.#view.width / 2, y = this.#view.height / 2): void {
    if (!this.picture) return;
    const smallest = Math.min(0.5, fitted(this.picture.scene, this.#view).scale * 0.8);
    this.look(zoomed(this.camera, factor, x, y, smallest));
  }

  pan(dx: number, dy: number): void {
    this.look({ ...this.camera, x: this.camera.x + dx, y: this.camera.y + dy });
  }

  /** Bring an area of the drawing into sight. */
  reveal(area: Area, always = false): void {
    this.look(centred(this.camera, area, this.#view, always));
  }

  look(camera: Camera): void {
    this.#begin = false;
    this.camera =
      this.picture && this.#view.width > 0 ? kept(camera, this.picture.scene, this.#view) : camera;
    this.#draw();
  }

  /** The place in the drawing that is seen at a place of the page. */
  at(event: { clientX: number; clientY: number }): [x: number, y: number] {
    const [x, y] = this.within(event);
    return [(x - this.camera.x) / this.camera.scale, (y - this.camera.y) / this.camera.scale];
  }

  within(event: { clientX: number; clientY: number }): [x: number, y: number] {
    const { left, top } = this.el.getBoundingClientRect();
    return [event.clientX - left - this.el.clientLeft, event.clientY - top - this.el.clientTop];
  }

  #measure(): void {
    const before = this.#view;
    this.#view = { width: this.el.clientWidth, height: this.el.clientHeight };
    // A hidden page has no size; what was seen before is seen again when it is shown.
    if (before.width > 0 && this.#view.width > 0) {
      const moved = { ...this.camera, x: this.camera.x + (this.#view.width - before.width) / 2 };
      const area = this.picture && this.picture.selected >= 0 ? areaOf(this.picture) : null;
      // The details of what was clicked take room from the drawing; it must not be what vanishes.
      this.camera = area ? { ...moved, x: nudged(moved, area, this.#view).x } : moved;
    }
    this.#paint();
  }

  #draw(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { picture } = this;
    if (!picture) return;
    const measured = this.#view.width > 0 && this.#view.height > 0;
    const small = picture.scene.parts.length <= SVG_BOXES;
    // Without a size nothing is seen, but the boxes of a small graph are there for whoever looks for them.
    if (!measured && !small) return;
    if (measured && this.#begin) {
      this.#begin = false;
      this.camera = begun(picture.scene, this.#view, firstOf(picture));
    }
    const Wanted = small ? SvgPainter : CanvasPainter;
    if (!(this.#painter instanceof Wanted)) {
      const painter = new Wanted();
      this.#painter?.el.remove();
      this.el.prepend(painter.el);
      this.#painter = painter;
    }
    this.#painter.paint(picture, this.camera, this.#view);
    this.el.dataset.painted = String(picture.scene.parts.length);
  }
}

function areaOf({ scene, selected }: Picture): Area {
  const [x, y, width, height] = scene.rects.subarray(4 * selected, 4 * selected + 4) as unknown as Area;
  return [x, y, x + width, y + height];
}

/** The middle of the box that is computed first. */
function firstOf({ scene, graph }: Picture): number {
  const nodes = graph.groups.length;
  let [best, first] = [-1, Number.POSITIVE_INFINITY];
  scene.parts.forEach((part, place) => {
    if (part >= nodes && part < first) [best, first] = [place, part];
  });
  return best < 0 ? scene.width / 2 : at(scene.rects, 4 * best) + at(scene.rects, 4 * best + 2) / 2;
}
