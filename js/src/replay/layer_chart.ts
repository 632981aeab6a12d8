// The statistics of one node over the steps of the training, under the graph.
import { element } from '../panel/dom';
import { axes } from './chart';
import { across, along } from './domain';
import { Geometry, MARGIN } from './geometry';
import type { LayerLine } from './layer_series';
import { linePath, svg } from './svg';

/** The looks of the lines, those of the legend's items. */
export const ROLES = [
  ['train', 0],
  ['val', 0],
  ['ghost', 0],
  ['ghost', 1],
  ['ghost', 2],
  ['ghost', 3],
] as const;
/** Steps that the axis spans at least. */
const SHORTEST = 10;

export class LayerChart {
  readonly el = element('div', { class: 'nnw-c nnw-c-layer' });
  readonly #picture = svg('svg', { class: 'nnw-c-back', 'aria-hidden': 'true' });
  readonly #head = svg('path', { class: 'nnw-c-playhead' });
  #geometry: Geometry | null = null;

  constructor() {
    this.el.append(this.#picture);
  }

  draw(lines: readonly LayerLine[], end: number, log: boolean): void {
    const [width, height] = [this.el.clientWidth, this.el.clientHeight];
    if (width < 60 || height < 60) return;
    const positive = log && lines.some((line) => line.values.some((value) => value > 0));
    const y = across(
      lines.map((line) => line.values),
      positive,
    );
    const [lo, hi] = along(Math.max(end, SHORTEST));
    const geometry = new Geometry(width, height, [lo, hi], y ?? [0, 1], positive, 'step');
    this.#geometry = geometry;
    this.#picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.el.style.setProperty('--nnw-c-shape', `${width} / ${height}`);
    const curves = lines.map(({ steps, values }, i) => {
      const drawn = positive ? values.map((value) => (value > 0 ? value : Number.NaN)) : values;
      const [role = 'ghost', place = 0] = ROLES[i] ?? [];
      const line = svg('path', {
        class: `nnw-c-${role}`,
        d: linePath(steps, drawn, geometry.toX, geometry.toY),
      });
      line.dataset.place = String(place);
      return line;
    });
    this.#picture.replaceChildren(...axes(geometry), ...curves, this.#head);
    this.#head.setAttribute('d', `M0 ${MARGIN.top}V${geometry.bottom}`);
  }

  /** Show where the playback is. */
  show(step: number): void {
    if (this.#geometry) this.#head.style.transform = `translateX(${this.#geometry.toX(step).toFixed(1)}px)`;
  }
}
