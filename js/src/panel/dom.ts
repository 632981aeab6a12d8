// Small helpers for elements. All text goes through textContent: names are text, whatever they look like.

type Attributes = Record<string, string | number | boolean | null>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, '');
    else if (value !== null && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** A text with elements in its places: what `t` left as `{name}`. */
export function around(text: string, parts: Record<string, Node>): (Node | string)[] {
  return text.split(/\{(\w+)\}/).map((piece, i) => (i % 2 ? (parts[piece] ?? piece) : piece));
}

/** Set text only where it differs, so that nothing is laid out or announced again for nothing. */
export function say(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function mark(target: Element, attribute: string, value: string | null): void {
  if (value === null) target.removeAttribute(attribute);
  else if (target.getAttribute(attribute) !== value) target.setAttribute(attribute, value);
}

const SVG = 'http://www.w3.org/2000/svg';

/** The shapes on lines that are told apart by them, by place: those of nnwidgets/widgets/_palette.py. */
const SHAPES = [
  'M8 2h6v6h-6Z',
  'M11 1.5l3.8 6.6h-7.6Z',
  'M10 2h2v2h2v2h-2v2h-2v-2h-2v-2h2Z',
  'M11 8.5l3.8-6.6h-7.6Z',
];
const CIRCLE = 'M8.5 5a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0Z';

/** The line of a legend: solid, dashed or dotted, with the shape of its points, as it is drawn in the chart. */
export function swatch(role: string, place: number): SVGSVGElement {
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('class', `nnw-swatch nnw-swatch-${role}`);
  picture.setAttribute('viewBox', '0 0 22 10');
  picture.setAttribute('aria-hidden', 'true');
  if (role === 'ghost') picture.dataset.place = String(place);
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', 'M0 5H22');
  picture.append(line);
  const shape = role === 'ghost' ? SHAPES[place] : role === 'val' ? CIRCLE : undefined;
  if (shape !== undefined) {
    const point = document.createElementNS(SVG, 'path');
    point.setAttribute('class', 'nnw-swatch-point');
    point.setAttribute('d', shape);
    picture.append(point);
  }
  return picture;
}
