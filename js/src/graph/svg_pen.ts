// Draws into an SVG element. All text is text: names are shown as they are.
import type { Letters, Pen, Stroke } from './pen';

const SVG = 'http://www.w3.org/2000/svg';

export function svgElement<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number> = {},
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

const round = (value: number): number => Math.round(value * 10) / 10;

export class SvgPen implements Pen {
  constructor(public target: SVGElement) {}

  rect(
    x: number,
    y: number,
    width: number,
    height: number,
    radius: number,
    fill?: string,
    stroke?: Stroke,
  ): void {
    const made = svgElement('rect', {
      x: round(x),
      y: round(y),
      width: round(width),
      height: round(height),
      rx: radius,
      fill: fill ?? 'none',
    });
    if (stroke) this.#stroke(made, stroke);
    this.target.append(made);
  }

  hatch(x: number, y: number, width: number, height: number, _radius: number, colour: string): void {
    const lines: string[] = [];
    for (let at = x - height + 10; at < x + width; at += 10) {
      const low = Math.max(at, x);
      const high = Math.min(at + height, x + width);
      lines.push(
        `M${round(low)} ${round(y + height - (low - at))}L${round(high)} ${round(y + height - (high - at))}`,
      );
    }
    const made = svgElement('path', { d: lines.join(''), fill: 'none' });
    this.#stroke(made, { colour });
    this.target.append(made);
  }

  curve(points: ArrayLike<number>, from: number, to: number, stroke: Stroke): void {
    const made = svgElement('path', { d: pathOf(points, from, to), fill: 'none' });
    this.#stroke(made, stroke);
    this.target.append(made);
  }

  polygon(points: readonly number[], fill: string): void {
    this.target.append(svgElement('polygon', { points: points.map(round).join(' '), fill }));
  }

  text(x: number, y: number, text: string, letters: Letters): void {
    const made = svgElement('text', {
      x: round(x),
      y: round(y),
      'font-size': letters.size,
      fill: letters.colour,
    });
    if (letters.bold) made.setAttribute('font-weight', '600');
    if (letters.anchor) made.setAttribute('text-anchor', letters.anchor);
    if (letters.halo) {
      made.setAttribute('stroke', letters.halo);
      made.setAttribute('stroke-width', '4');
      made.setAttribute('stroke-linejoin', 'round');
      made.setAttribute('paint-order', 'stroke');
    }
    made.textContent = text;
    this.target.append(made);
  }

  #stroke(made: SVGElement, stroke: Stroke): void {
    made.setAttribute('stroke', stroke.colour);
    if (stroke.width) made.setAttribute('stroke-width', String(stroke.width));
    if (stroke.dash?.length) made.setAttribute('stroke-dasharray', stroke.dash.join(' '));
  }
}

export function pathOf(points: ArrayLike<number>, from: number, to: number): string {
  const n = (i: number): number => round(points[i] as number);
  let path = `M${n(from)} ${n(from + 1)}`;
  for (let i = from + 2; i < to; i += 6) {
    path += `C${n(i)} ${n(i + 1)} ${n(i + 2)} ${n(i + 3)} ${n(i + 4)} ${n(i + 5)}`;
  }
  return path;
}
