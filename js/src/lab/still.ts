const ROOT = /<svg\b[^>]*>/;
const THEME = /\bnnw-(?:light|dark)\b/;
const LONE_SURROGATE = /[\uD800-\uDFFF]/gu;

/** Return the SVG with its root's class saying which of the two palettes it carries is to be used. */
export function themed(svg: string, dark: boolean): string {
  return svg.replace(ROOT, (root) => root.replace(THEME, dark ? 'nnw-dark' : 'nnw-light'));
}

/** Return the SVG as an address for `<img>`, in which scripts and links are inert. */
export function dataUri(svg: string): string {
  // encodeURIComponent throws on half a character, which JSON can carry.
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg.replace(LONE_SURROGATE, '\uFFFD'))}`;
}

/** Return the words that the picture carries for who cannot see it; empty where there are none. */
export function labelOf(svg: string): string {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  return root.localName === 'svg' ? (root.getAttribute('aria-label') ?? '') : '';
}
