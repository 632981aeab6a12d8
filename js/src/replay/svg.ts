// Elements of SVG, and the paths of curves.

const SVG = 'http://www.w3.org/2000/svg';

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

type Place = (value: number) => number;

/** A line through points, interrupted where a coordinate is not finite. */
export function linePath(x: ArrayLike<number>, y: ArrayLike<number>, toX: Place, toY: Place): string {
  const parts: string[] = [];
  let pen = 'M';
  for (let i = 0; i < x.length; i++) {
    const [left, top] = [toX(x[i] as number), toY(y[i] as number)];
    if (Number.isFinite(left) && Number.isFinite(top)) {
      parts.push(`${pen}${left.toFixed(1)} ${top.toFixed(1)}`);
      pen = 'L';
    } else pen = 'M';
  }
  return parts.join('');
}

/** What lies between two lines, piece by piece where they are interrupted. */
export function areaPath(
  x: ArrayLike<number>,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
  toX: Place,
  toY: Place,
): string {
  const pieces: string[] = [];
  let [above, below]: [string[], string[]] = [[], []];
  const close = (): void => {
    if (above.length > 0) pieces.push(`M${[...above, ...below.reverse()].join('L')}Z`);
    [above, below] = [[], []];
  };
  for (let i = 0; i < x.length; i++) {
    const [left, top, bottom] = [toX(x[i] as number), toY(high[i] as number), toY(low[i] as number)];
    if ([left, top, bottom].every(Number.isFinite)) {
      above.push(`${left.toFixed(1)} ${top.toFixed(1)}`);
      below.push(`${left.toFixed(1)} ${bottom.toFixed(1)}`);
    } else close();
  }
  close();
  return pieces.join('');
}
