// On paper nothing moves: the whole run is shown, whatever was shown before.
import type { Playback } from './playback';

export function onPrint(root: HTMLElement, playback: Playback, signal: AbortSignal): void {
  let before: { step: number; begun: boolean; folds: HTMLDetailsElement[] } | null = null;
  window.addEventListener(
    'beforeprint',
    () => {
      if (before) return;
      playback.pause();
      const folds = [...root.querySelectorAll<HTMLDetailsElement>('.nnw-foot details:not([open])')];
      before = { step: playback.step, begun: playback.clock.begun, folds };
      for (const fold of folds) fold.open = true;
      playback.seek(playback.recording.end);
    },
    { signal },
  );
  window.addEventListener(
    'afterprint',
    () => {
      if (!before) return;
      for (const fold of before.folds) fold.open = false;
      playback.restore(before);
      before = null;
    },
    { signal },
  );
}
