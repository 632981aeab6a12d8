// Views that are drawn anew, whole and in the same element, when the language of the page changes.
import { onLanguage } from './index';
import { followKernel, followReader } from './reader';

type Tongued = Parameters<typeof followKernel>[0];

/** Draw a view now and after each change of the language, until the signal ends it; `draw` gets one for each time. */
export function inLanguage(model: Tongued, signal: AbortSignal, draw: (signal: AbortSignal) => void): void {
  followReader(signal);
  followKernel(model, signal);
  let life = new AbortController();
  const anew = (): void => {
    life.abort();
    life = new AbortController();
    draw(life.signal);
  };
  signal.addEventListener('abort', () => life.abort());
  onLanguage(anew, signal);
  anew();
}
