// Mouse, touch and wheel on the drawing area. A page that is scrolled past is not held up: the wheel and a finger move
// the drawing only when it has the focus, or with the key that zooms everywhere.
import type { Stage } from './stage';

/** Px that a pointer may move and still be a click. */
const STILL = 4;
/** Ms between two clicks that open or close. */
const DOUBLE = 350;

export interface Gestures {
  click(event: PointerEvent, double: boolean): void;
  hover(event: PointerEvent | null): void;
  /** The wheel was turned over a drawing that does not have the focus. */
  passed(): void;
}

export function listenTo(stage: Stage, gestures: Gestures, signal: AbortSignal): void {
  const { el } = stage;
  const down = new Map<number, { x: number; y: number }>();
  let moved = 0;
  let lastClick = { at: 0, x: 0, y: 0 };

  el.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button > 1 || (event.target as Element).closest('button, a, select')) return;
      // Without this a middle click scrolls the page.
      if (event.button === 1) event.preventDefault();
      el.setPointerCapture?.(event.pointerId);
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (down.size === 1) moved = 0;
    },
    { signal },
  );

  el.addEventListener(
    'pointermove',
    (event) => {
      const before = down.get(event.pointerId);
      if (!before) {
        gestures.hover(event);
        return;
      }
      const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved <= STILL) return;
      el.dataset.moving = '';
      gestures.hover(null);
      if (down.size === 1) stage.pan(dx, dy);
      else if (down.size === 2) pinch(event.pointerId, before, event);
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    },
    { signal },
  );

  function pinch(id: number, before: { x: number; y: number }, event: PointerEvent): void {
    const other = [...down].find(([pointer]) => pointer !== id)?.[1];
    if (!other) return;
    const apart = (x: number, y: number): number => Math.hypot(x - other.x, y - other.y) || 1;
    const middle = { clientX: (event.clientX + other.x) / 2, clientY: (event.clientY + other.y) / 2 };
    stage.pan((event.clientX - before.x) / 2, (event.clientY - before.y) / 2);
    stage.zoom(apart(event.clientX, event.clientY) / apart(before.x, before.y), ...stage.within(middle));
  }

  const up = (event: PointerEvent): void => {
    if (!down.delete(event.pointerId) || down.size > 0) return;
    delete el.dataset.moving;
    if (event.type === 'pointercancel' || moved > STILL || event.button > 0) return;
    const near = Math.hypot(event.clientX - lastClick.x, event.clientY - lastClick.y) < 8;
    const double = near && event.timeStamp - lastClick.at < DOUBLE;
    lastClick = { at: double ? 0 : event.timeStamp, x: event.clientX, y: event.clientY };
    gestures.click(event, double);
  };
  el.addEventListener('pointerup', up, { signal });
  el.addEventListener('pointercancel', up, { signal });
  el.addEventListener('pointerleave', () => gestures.hover(null), { signal });

  el.addEventListener(
    'wheel',
    (event) => {
      const asked = event.ctrlKey || event.metaKey;
      if (!asked && document.activeElement !== el) {
        gestures.passed();
        return;
      }
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      if (event.shiftKey && !asked) stage.pan(-(event.deltaY || event.deltaX) * lines, 0);
      else stage.zoom(Math.exp(-event.deltaY * lines * (asked ? 0.006 : 0.0016)), ...stage.within(event));
    },
    { signal, passive: false },
  );
}
