// A chart of one metric: everything is drawn once over the whole run, and shown up to the playback by a clip that moves.
import { element } from '../panel/dom';
import { across, along, type Range } from './domain';
import { thinned } from './epochs';
import { Geometry, MARGIN } from './geometry';
import { bestMark, changeMarks, type Ground, type Mark, onsetMarks } from './marks';
import type { Recording } from './recording';
import { areaPath, linePath, svg } from './svg';
import { type Curve, curveOf, type View } from './view';

/** Validations up to which each one has a point of its own. */
const POINTS = 80;
/** Lines between epochs at most. */
const EPOCH_LINES = 20;

export interface Subject {
  recording: Recording;
  metric: string;
  view: View;
  /** Another run, faintly, all of it. */
  ghost: Recording | null;
  /** Further runs whose curves have room in the axes, so that they stay where they are when another run is shown. */
  others: readonly Recording[];
}

export class Chart {
  /** Three pictures, one above the other: what stands still, the curves behind their clip, and what stands on them. */
  readonly el = element('div', { class: 'nnw-c' });
  readonly #back = svg('svg', { class: 'nnw-c-back', 'aria-hidden': 'true' });
  readonly #curves = svg('svg', { class: 'nnw-c-curves', 'aria-hidden': 'true' });
  readonly #front = svg('svg', { class: 'nnw-c-front', 'aria-hidden': 'true' });
  readonly #head = svg('path', { class: 'nnw-c-playhead' });
  #marks: Mark[] = [];
  #ground: Ground | null = null;
  #subject: Subject | null = null;

  constructor() {
    this.el.append(this.#back, this.#curves, this.#front);
  }

  get subject(): Subject | null {
    return this.#subject;
  }

  get geometry(): Geometry | null {
    return this.#ground?.geometry ?? null;
  }

  /** Draw everything for a size in px. */
  draw(subject: Subject, width: number, height: number): void {
    this.#subject = subject;
    const { recording, view } = subject;
    const geometry = geometryOf(subject, width, height);
    const place = (step: number): number => geometry.toX(recording.along(view.x, step));
    const ground = { recording, geometry, place };
    this.#ground = ground;
    for (const layer of [this.#back, this.#curves, this.#front]) {
      layer.setAttribute('viewBox', `0 0 ${width} ${height}`);
    }
    // For a page that is printed: there the picture is scaled.
    this.el.style.setProperty('--nnw-c-shape', `${width} / ${height}`);

    const { train, val } = recording.pair(subject.metric);
    const trained = train && curveOf(recording, train, view);
    const validated = val && curveOf(recording, val, view);
    const flagged = val && subject.metric === recording.run.metrics[0] ? onsetMarks(ground, val) : null;
    this.#marks = [
      ...(flagged ? [flagged.region, flagged.point] : []),
      changeMarks(ground),
      ...(val ? [bestMark(ground, val)] : []),
    ];
    this.#back.replaceChildren(...axes(geometry), ...epochLines(ground), ...ghostLines(subject, geometry));
    this.#curves.replaceChildren(
      ...(flagged ? [flagged.region.el] : []),
      ...(trained ? trainLines(trained, geometry) : []),
      ...(validated ? valLines(validated, geometry) : []),
      ...gapMarks([train, val], ground),
    );
    this.#front.replaceChildren(
      this.#head,
      ...this.#marks.filter((mark) => mark !== flagged?.region).map((mark) => mark.el),
    );
    this.#head.setAttribute('d', `M0 ${MARGIN.top}V${geometry.bottom}`);
  }

  /** Show what is known at a step. */
  show(step: number): void {
    if (!this.#ground || !this.#subject) return;
    const { recording, geometry } = this.#ground;
    const place = recording.along(this.#subject.view.x, step);
    const over = step >= recording.end;
    const hidden = over ? 0 : geometry.hidden(place);
    this.#curves.style.clipPath = hidden > 0 ? `inset(0 ${hidden.toFixed(1)}px 0 0)` : '';
    this.#head.style.display = over ? 'none' : '';
    this.#head.style.transform = `translateX(${geometry.toX(place).toFixed(1)}px)`;
    for (const mark of this.#marks) mark.at(step);
  }
}

/** How far the axes reach: over the whole run, whatever of it is shown. */
export function geometryOf(subject: Subject, width: number, height: number): Geometry {
  const { recording, ghost, view, metric } = subject;
  const shown = [recording, ...(ghost ? [ghost] : [])];
  const all = [...new Set([...shown, ...subject.others])];
  // A run without epochs has no place where they are counted.
  const counted = all.filter((one) => one.axes.includes(view.x));
  const x = along(Math.max(0, ...counted.map((one) => one.along(view.x, one.end))));
  const reach = (runs: Recording[]): Range | null =>
    across(
      runs.flatMap((one) => valuesOf(one, metric)),
      view.log,
    );
  const [own, common] = [reach(shown), reach(all)];
  const y = own && common && wide(common, view.log) <= 2.5 * wide(own, view.log) ? common : own;
  return new Geometry(width, height, x, y ?? (view.log ? [0.1, 1] : [0, 1]), view.log, view.x);
}

const wide = ([lo, hi]: Range, log: boolean): number => (log ? Math.log(hi / lo) : hi - lo);

function valuesOf(recording: Recording, metric: string): Float64Array[] {
  const { train, val } = recording.pair(metric);
  return [train, val].flatMap((one) => (one ? (one.facts.exact ? [one.mean] : [one.low, one.high]) : []));
}

export function axes(geometry: Geometry): SVGElement[] {
  const { right, bottom } = geometry;
  return [
    ...geometry.yTicks().map(({ at, text }) => {
      const y = Math.round(at) + 0.5;
      return svg(
        'g',
        {},
        svg('path', { class: 'nnw-c-grid', d: `M${MARGIN.left} ${y}H${right}` }),
        svg('text', { x: MARGIN.left - 4, y: y + 3.5, 'text-anchor': 'end' }, text),
      );
    }),
    svg('path', { class: 'nnw-c-grid', d: `M${MARGIN.left} ${bottom + 0.5}H${right}` }),
    ...geometry.xTicks().map(({ at, text }) => {
      const x = Math.round(at) + 0.5;
      return svg(
        'g',
        {},
        svg('path', { class: 'nnw-c-grid', d: `M${x} ${bottom}v5` }),
        svg('text', { x, y: bottom + 17, 'text-anchor': 'middle' }, text),
      );
    }),
  ];
}

function epochLines({ recording, geometry, place }: Ground): SVGElement[] {
  const starts = thinned(recording.epochs.whole(recording.end), EPOCH_LINES);
  const d = starts
    .map(([step]) => `M${Math.round(place(step)) + 0.5} ${MARGIN.top}V${geometry.bottom}`)
    .join('');
  return d ? [svg('path', { class: 'nnw-c-epoch', d })] : [];
}

function trainLines(curve: Curve, { toX, toY }: Geometry): SVGElement[] {
  // One value makes no line.
  const one = curve.x.length === 1 ? dotsOf(curve, { toX, toY }) : [];
  const smoothed = curve.x.length > 2 && curve.smooth.some((value, i) => value !== curve.mean[i]);
  return [
    ...(curve.merged
      ? [svg('path', { class: 'nnw-c-band', d: areaPath(curve.x, curve.low, curve.high, toX, toY) })]
      : []),
    ...(curve.merged || smoothed
      ? [svg('path', { class: 'nnw-c-raw', d: linePath(curve.x, curve.mean, toX, toY) })]
      : []),
    svg('path', { class: 'nnw-c-train', d: linePath(curve.x, curve.smooth, toX, toY) }),
    ...one.map((d) => svg('path', { class: 'nnw-c-one', d })),
  ];
}

function valLines(curve: Curve, { toX, toY }: Geometry): SVGElement[] {
  const line = svg('path', { class: 'nnw-c-val', d: linePath(curve.x, curve.mean, toX, toY) });
  if (curve.x.length > POINTS) return [line];
  return [line, svg('path', { class: 'nnw-c-dots', d: dotsOf(curve, { toX, toY }).join('') })];
}

function dotsOf(curve: Curve, { toX, toY }: Pick<Geometry, 'toX' | 'toY'>): string[] {
  const points = Array.from(curve.x, (x, i) => [toX(x), toY(curve.mean[i] as number)]);
  return points
    .filter((point) => point.every(Number.isFinite))
    .map(
      ([x = 0, y = 0]) => `M${(x - 2.4).toFixed(1)} ${y.toFixed(1)}a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0-4.8 0`,
    );
}

function ghostLines({ ghost, metric, view }: Subject, { toX, toY }: Geometry): SVGElement[] {
  if (!ghost?.axes.includes(view.x)) return [];
  const { train, val } = ghost.pair(metric);
  const line = (curve: Curve, values: Float64Array, kind: string): SVGElement =>
    svg('path', { class: `nnw-c-ghost nnw-c-ghost-${kind}`, d: linePath(curve.x, values, toX, toY) });
  const [trained, validated] = [train, val].map((one) => one && curveOf(ghost, one, view));
  return [
    ...(trained ? [line(trained, trained.smooth, 'train')] : []),
    ...(validated ? [line(validated, validated.mean, 'val')] : []),
  ];
}

/** Small crosses on the axis where values were not finite. */
function gapMarks(series: (Recording['series'][number] | null)[], ground: Ground): SVGElement[] {
  const y = ground.geometry.bottom - 5;
  const d = series
    .flatMap((one) => one?.facts.gap_steps ?? [])
    .map((step) => `M${(ground.place(step) - 3).toFixed(1)} ${y - 3}l6 6m0-6l-6 6`)
    .join('');
  return d ? [svg('path', { class: 'nnw-c-gap', d })] : [];
}
