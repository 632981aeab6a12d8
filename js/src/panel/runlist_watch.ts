// When the list is asked for: runs of other kernels appear in the store, and nobody tells this one.

/** Milliseconds between two requests while somebody may be looking. */
export const EVERY = 5000;

/** Act when the element comes into view, and again and again while it is there and the page is not hidden. */
export function whileVisible(el: Element, act: () => void, signal: AbortSignal): void {
  let seen = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  const settle = (): void => {
    clearInterval(timer);
    if (!seen || document.hidden || signal.aborted) return;
    act();
    timer = setInterval(act, EVERY);
  };
  const observer = new IntersectionObserver((entries) => {
    const now = entries.at(-1)?.isIntersecting ?? false;
    if (now === seen) return;
    seen = now;
    settle();
  });
  observer.observe(el);
  document.addEventListener('visibilitychange', settle, { signal });
  signal.addEventListener('abort', () => {
    observer.disconnect();
    clearInterval(timer);
  });
}
