// The small pictures beside a name. What they mean is said in words as well.
import { element, mark, say } from './dom';

const SVG = 'http://www.w3.org/2000/svg';
const SHAPES = {
  flag: 'M3 11V1.5h7L8.2 4 10 6.5H3',
  pin: 'M4 1.5h4M4.7 1.5v3.2L3 7h6L7.3 4.7V1.5M6 7v4',
};

export interface Mark {
  el: HTMLElement;
  /** Show it with these words, or hide it where there are none. */
  show(words: string): void;
}

export function picture(shape: keyof typeof SHAPES): Mark {
  const drawn = document.createElementNS(SVG, 'svg');
  const line = document.createElementNS(SVG, 'path');
  drawn.setAttribute('viewBox', '0 0 12 12');
  drawn.setAttribute('aria-hidden', 'true');
  line.setAttribute('d', SHAPES[shape]);
  drawn.append(line);
  const spoken = element('span', { class: 'nnw-spoken' });
  const el = element('span', { class: `nnw-list-mark nnw-list-${shape}` }, drawn, spoken);
  return {
    el,
    show(words) {
      el.hidden = words === '';
      mark(el, 'title', words || null);
      say(spoken, words);
    },
  };
}
