// Draws on a canvas.
import type { Letters, Pen, Stroke } from './pen';

export class CanvasPen implements Pen {
  #font = '';

  constructor(
    readonly context: CanvasRenderingContext2D,
    readonly family: string,
  ) {
    context.lineCap = 'butt';
    context.lineJoin = 'round';
  }

  rect(
    x: number,
    y: number,
    width: number,
    height: number,
    radius: number,
    fill?: string,
    stroke?: Stroke,
  ): void {
    const { context } = this;
    context.beginPath();
    if (radius > 0) context.roundRect(x, y, width, height, radius);
    else context.rect(x, y, width, height);
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    if (stroke) this.#stroke(stroke);
  }

  hatch(x: number, y: number, width: number, height: number, radius: number, colour: string): void {
    const { context } = this;
    context.save();
    context.beginPath();
    context.roundRect(x, y, width, height, radius);
    context.clip();
    context.beginPath();
    for (let at = x - height; at < x + width; at += 10) {
      context.moveTo(at, y + height);
      context.lineTo(at + height, y);
    }
    this.#stroke({ colour, width: 1 });
    context.restore();
  }

  curve(points: ArrayLike<number>, from: number, to: number, stroke: Stroke): void {
    this.context.beginPath();
    trace(this.context, points, from, to);
    this.#stroke(stroke);
  }

  polygon(points: readonly number[], fill: string): void {
    const { context } = this;
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) context.lineTo(points[i] as number, points[i + 1] as number);
    context.closePath();
    context.fillStyle = fill;
    context.fill();
  }

  text(x: number, y: number, text: string, letters: Letters): void {
    const { context } = this;
    const font = `${letters.bold ? '600 ' : ''}${letters.size}px ${this.family}`;
    // To set a font costs more than to draw a word.
    if (font !== this.#font) context.font = font;
    this.#font = font;
    context.textAlign = letters.anchor === 'middle' ? 'center' : letters.anchor === 'end' ? 'right' : 'left';
    if (letters.halo) {
      context.strokeStyle = letters.halo;
      context.lineWidth = 4;
      context.setLineDash([]);
      context.strokeText(text, x, y);
    }
    context.fillStyle = letters.colour;
    context.fillText(text, x, y);
  }

  #stroke(stroke: Stroke): void {
    this.context.strokeStyle = stroke.colour;
    this.context.lineWidth = stroke.width ?? 1;
    this.context.setLineDash(stroke.dash ?? []);
    this.context.stroke();
  }
}

/** Add a curve to the path that was begun. */
export function trace(
  context: CanvasRenderingContext2D,
  points: ArrayLike<number>,
  from: number,
  to: number,
): void {
  const n = (i: number): number => points[i] as number;
  context.moveTo(n(from), n(from + 1));
  for (let i = from + 2; i < to; i += 6) {
    context.bezierCurveTo(n(i), n(i + 1), n(i + 2), n(i + 3), n(i + 4), n(i + 5));
  }
}

/** The same as straight lines between the ends of its pieces. */
export function traceStraight(
  context: CanvasRenderingContext2D,
  points: ArrayLike<number>,
  from: number,
  to: number,
): void {
  context.moveTo(points[from] as number, points[from + 1] as number);
  for (let i = from + 6; i < to; i += 6) context.lineTo(points[i] as number, points[i + 1] as number);
}
