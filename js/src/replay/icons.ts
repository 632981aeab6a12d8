// The signs on the buttons of the transport.
import { svg } from './svg';

const PATHS = {
  play: 'M4 2.5L13 8L4 13.5Z',
  pause: 'M4 2.5h3v11h-3ZM9 2.5h3v11h-3Z',
  again: 'M8 3V.5L4.5 3.8L8 7V4.8a3.9 3.9 0 1 1-3.9 3.9H2.3A5.7 5.7 0 1 0 8 3Z',
} as const;

export function icon(name: keyof typeof PATHS): SVGSVGElement {
  return svg(
    'svg',
    { class: 'nnw-replay-icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    svg('path', { d: PATHS[name] }),
  );
}
