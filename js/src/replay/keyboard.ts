// The keys of a player, while the focus is inside it.
import type { Playback } from './playback';

export function listenToKeys(
  el: HTMLElement,
  slider: HTMLInputElement,
  playback: Playback,
  signal: AbortSignal,
): void {
  el.addEventListener(
    'keydown',
    (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.composedPath()[0] as HTMLElement;
      const taken = target !== slider && usesKeys(target);
      // A button is pressed by the space bar.
      if (taken || (event.key === ' ' && target.closest('button, a') !== null)) return;
      // Elsewhere these scroll the page.
      if (target !== slider && /^(Page|Arrow)(Up|Down)$/.test(event.key)) return;
      // A bar that is held down plays or rests once.
      if (event.key === ' ' && event.repeat) event.preventDefault();
      else if (act(event.key, event.shiftKey, playback)) event.preventDefault();
    },
    { signal },
  );
}

/** Do what a key means; return whether it means anything. */
export function act(key: string, far: boolean, playback: Playback): boolean {
  const { step, recording } = playback;
  const stops = [0, ...recording.stops];
  const one = Math.max(1, recording.end / 100);
  const jumps: Record<string, () => number> = {
    ArrowRight: () => (far ? later(stops, step) : step + one),
    ArrowUp: () => (far ? later(stops, step) : step + one),
    ArrowLeft: () => (far ? earlier(stops, step) : step - one),
    ArrowDown: () => (far ? earlier(stops, step) : step - one),
    PageUp: () => later(stops, step),
    PageDown: () => earlier(stops, step),
    Home: () => 0,
    End: () => recording.end,
  };
  if (key === ' ') {
    playback.toggle();
    return true;
  }
  const jump = jumps[key];
  if (!jump) return false;
  playback.seek(jump());
  return true;
}

const later = (stops: number[], step: number): number =>
  stops.find((stop) => stop > step + 1e-6) ?? (stops.at(-1) as number);
const earlier = (stops: number[], step: number): number =>
  stops.filter((stop) => stop < step - 1e-6).at(-1) ?? 0;

/** Whether an element has a use for keys itself. */
function usesKeys(el: HTMLElement): boolean {
  return (
    el.closest('input, select, textarea, summary, [contenteditable], [role=tab], .nnw-graph, .nnw-scroll') !==
    null
  );
}
