// What a screen reader is told of a panel: one polite region, whichever of its views has something to say.
import { element } from './dom';

const SAY = 'nnw-say';
/** Milliseconds in which what is said comes at once, so that nothing cuts off what was begun. */
const TOGETHER = 250;
/** Milliseconds in which the same words are said once, although two views have them. */
const SAME = 1500;

/** Have something said by the panel around an element; nothing happens where there is none. */
export function announce(el: Element, text: string): void {
  if (text !== '') el.dispatchEvent(new CustomEvent(SAY, { bubbles: true, detail: text }));
}

/** Return the region of a panel, for the view that holds it. It listens as soon as it stands in the panel. */
export function speaker(signal: AbortSignal): HTMLElement {
  // Screen readers hear only what changes in a region that was there before.
  const region = element('div', { class: 'nnw-spoken nnw-voice', 'aria-live': 'polite' });
  const said = new Map<string, number>();
  let waiting: string[] = [];
  let due: ReturnType<typeof setTimeout> | undefined;
  const speak = (): void => {
    due = undefined;
    region.replaceChildren(...waiting.map((text) => element('p', {}, text)));
    waiting = [];
  };
  const hear = (event: Event): void => {
    const text = String((event as CustomEvent).detail);
    const now = Date.now();
    if (now - (said.get(text) ?? Number.NEGATIVE_INFINITY) < SAME) return;
    for (const [known, at] of said) if (now - at >= SAME) said.delete(known);
    said.set(text, now);
    waiting.push(text);
    due ??= setTimeout(speak, TOGETHER);
  };
  const frame = requestAnimationFrame(() =>
    region.closest('.nnw-panel')?.addEventListener(SAY, hear, { signal }),
  );
  signal.addEventListener('abort', () => {
    cancelAnimationFrame(frame);
    clearTimeout(due);
  });
  return region;
}
