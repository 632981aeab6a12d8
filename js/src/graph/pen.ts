// What both painters can draw: one for the canvas, one for SVG.

export interface Stroke {
  colour: string;
  width?: number;
  dash?: number[];
}

export interface Letters {
  size: number;
  colour: string;
  bold?: boolean;
  /** Where the text stands at its x: left of it, around it, or right of it. */
  anchor?: 'start' | 'middle' | 'end';
  /** A colour around the letters, so that they can be read on lines. */
  halo?: string;
}

export interface Pen {
  rect(
    x: number,
    y: number,
    width: number,
    height: number,
    radius: number,
    fill?: string,
    stroke?: Stroke,
  ): void;
  /** Stripes, for what has no value. */
  hatch(x: number, y: number, width: number, height: number, radius: number, colour: string): void;
  /** A curve as routes.ts makes them. */
  curve(points: ArrayLike<number>, from: number, to: number, stroke: Stroke): void;
  polygon(points: readonly number[], fill: string): void;
  text(x: number, y: number, text: string, letters: Letters): void;
}
