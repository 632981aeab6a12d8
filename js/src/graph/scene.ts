// What is drawn, in columns of numbers: they go from the worker to the page without a copy.

export interface Scene {
  width: number;
  height: number;
  /** The parts, frames of open groups before what is in them; numbers below TOP stand for members not drawn. */
  parts: Int32Array;
  /** Left, top, width and height of each. */
  rects: Float32Array;
  /** 1 for the frame of an open group. */
  open: Uint8Array;
  /** How many members each box that stands for others stands for; 0 for every other box. */
  hidden: Int32Array;
  /** Both ends of each link as places in `parts`; where it goes on at a border, the frame's. */
  ends: Int32Array;
  /** 1 where an arrow ends, 2 where it goes back up. */
  marks: Uint8Array;
  /** For link i the coordinates of its curve from starts[i] to before starts[i + 1], and left, top, right, bottom. */
  starts: Int32Array;
  points: Float32Array;
  bounds: Float32Array;
  /** The graph's edges that each link stands for. */
  edgeStarts: Int32Array;
  edges: Int32Array;
  /** Left and baseline of shapes written beside links, the link, and the array or minus the count of several. */
  labels: Float32Array;
  labelLinks: Int32Array;
  labelArrays: Int32Array;
}

/** What may be handed over to another thread. */
export function buffersOf(scene: Scene): ArrayBuffer[] {
  return Object.values(scene).flatMap((column) =>
    ArrayBuffer.isView(column) ? [column.buffer as ArrayBuffer] : [],
  );
}

/** Collects a scene. */
export class SceneMaker {
  readonly #parts: number[] = [];
  readonly #rects: number[] = [];
  readonly #open: number[] = [];
  readonly #hidden: number[] = [];
  readonly #ends: number[] = [];
  readonly #marks: number[] = [];
  readonly #starts: number[] = [0];
  readonly #points: number[] = [];
  readonly #bounds: number[] = [];
  readonly #edgeStarts: number[] = [0];
  readonly #edges: number[] = [];
  readonly #labels: number[] = [];
  readonly #labelLinks: number[] = [];
  readonly #labelArrays: number[] = [];

  /** Take a box; return its place. */
  box(
    part: number,
    x: number,
    y: number,
    width: number,
    height: number,
    open: boolean,
    hidden: number,
  ): number {
    this.#rects.push(x, y, width, height);
    this.#open.push(Number(open));
    this.#hidden.push(hidden);
    return this.#parts.push(part) - 1;
  }

  /** Take a link whose curve is given in a level's px; return its place. */
  link(
    a: number,
    b: number,
    mark: number,
    curve: readonly number[],
    x: number,
    y: number,
    edges: number[],
  ): number {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < curve.length; i += 2) {
      const px = (curve[i] as number) + x;
      const py = (curve[i + 1] as number) + y;
      this.#points.push(px, py);
      left = Math.min(left, px);
      right = Math.max(right, px);
      top = Math.min(top, py);
      bottom = Math.max(bottom, py);
    }
    this.#starts.push(this.#points.length);
    this.#bounds.push(left, top, right, bottom);
    this.#ends.push(a, b);
    for (const edge of edges) this.#edges.push(edge);
    this.#edgeStarts.push(this.#edges.length);
    return this.#marks.push(mark) - 1;
  }

  label(x: number, y: number, link: number, array: number): void {
    this.#labels.push(x, y);
    this.#labelLinks.push(link);
    this.#labelArrays.push(array);
  }

  done(width: number, height: number): Scene {
    return {
      width,
      height,
      parts: Int32Array.from(this.#parts),
      rects: Float32Array.from(this.#rects),
      open: Uint8Array.from(this.#open),
      hidden: Int32Array.from(this.#hidden),
      ends: Int32Array.from(this.#ends),
      marks: Uint8Array.from(this.#marks),
      starts: Int32Array.from(this.#starts),
      points: Float32Array.from(this.#points),
      bounds: Float32Array.from(this.#bounds),
      edgeStarts: Int32Array.from(this.#edgeStarts),
      edges: Int32Array.from(this.#edges),
      labels: Float32Array.from(this.#labels),
      labelLinks: Int32Array.from(this.#labelLinks),
      labelArrays: Int32Array.from(this.#labelArrays),
    };
  }
}
