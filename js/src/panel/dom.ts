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

/** Set text only where it differs, so that nothing is laid out or announced again for nothing. */
export function say(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function mark(target: Element, attribute: string, value: string | null): void {
  if (value === null) target.removeAttribute(attribute);
  else if (target.getAttribute(attribute) !== value) target.setAttribute(attribute, value);
}

const SVG = 'http://www.w3.org/2000/svg';

/** The line of a legend: solid, dashed or dotted, as it is drawn in the chart. */
export function swatch(role: string, place: number): SVGSVGElement {
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('class', `nnw-swatch nnw-swatch-${role}`);
  picture.setAttribute('viewBox', '0 0 22 8');
  picture.setAttribute('aria-hidden', 'true');
  if (role === 'ghost') picture.dataset.place = String(place);
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', 'M0 4H22');
  picture.append(line);
  return picture;
}
