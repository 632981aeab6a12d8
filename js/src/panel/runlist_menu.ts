// The menu of a row: one for the whole list, above everything else on the page.
import { element, mark, say } from './dom';

export interface Entry {
  label: string;
  act(): void;
  /** Whether it destroys something. */
  grave?: boolean;
}

export interface Menu {
  el: HTMLElement;
  /** Open it at a button, or close it where it is open there. `entries` is asked again when something changed. */
  toggle(button: HTMLButtonElement, name: string, entries: () => Entry[]): void;
  /** The rows have changed: it follows its button, or goes with it. Whether it went with the focus. */
  refresh(): boolean;
}

/** Px between the menu and its button, and between the menu and the edge of the page. */
const GAP = 4;
const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

export function rowMenu(signal: AbortSignal): Menu {
  // Where the browser has popovers it is clipped by no box around it: the list may be low and at the page's end.
  const el = element('div', {
    class: 'nnw-menu nnw-list-menu',
    role: 'menu',
    popover: 'manual',
    hidden: true,
  });
  let at: HTMLButtonElement | null = null;
  let offered: () => Entry[] = () => [];

  const place = (): void => {
    if (at === null) return;
    const button = at.getBoundingClientRect();
    const { width, height } = el.getBoundingClientRect();
    const below = button.bottom + GAP;
    const fits = below + height + GAP <= window.innerHeight;
    el.style.top = `${fits ? below : Math.max(GAP, button.top - GAP - height)}px`;
    el.style.left = `${Math.max(GAP, button.right - width)}px`;
  };
  const close = (): void => {
    if (at === null) return;
    mark(at, 'aria-expanded', 'false');
    at = null;
    if (el.isConnected) el.hidePopover?.();
    el.hidden = true;
  };
  const back = (): void => {
    const button = at;
    close();
    button?.focus();
  };
  const open = (button: HTMLButtonElement, name: string): void => {
    at = button;
    mark(el, 'aria-label', name);
    el.replaceChildren(...offered().map(entry));
    mark(button, 'aria-expanded', 'true');
    el.hidden = false;
    el.showPopover?.();
    place();
    (el.firstElementChild as HTMLElement | null)?.focus();
  };
  const entry = ({ label, grave }: Entry, i: number): HTMLElement => {
    const made = element(
      'button',
      { type: 'button', role: 'menuitem', class: 'nnw-entry', tabindex: -1, 'data-grave': grave ?? false },
      label,
    );
    made.addEventListener('click', () => {
      const chosen = offered()[i];
      back();
      chosen?.act();
    });
    return made;
  };

  el.addEventListener(
    'keydown',
    (event) => {
      const entries = [...el.children] as HTMLElement[];
      const move = MOVES[event.key];
      if (event.key === 'Tab') back();
      else if (event.key === 'Escape') back();
      else if (move)
        entries[move(entries.indexOf(document.activeElement as HTMLElement), entries.length)]?.focus();
      else return;
      // From the button, Tab goes on as if there had been no menu.
      if (event.key !== 'Tab') event.preventDefault();
      event.stopPropagation();
    },
    { signal },
  );
  const outside = (target: EventTarget | null): boolean =>
    target instanceof Node && !el.contains(target) && !at?.contains(target);
  el.addEventListener('focusout', (event) => outside(event.relatedTarget) && close(), { signal });
  const options = { signal, capture: true };
  document.addEventListener('pointerdown', (event) => outside(event.target) && close(), options);
  document.addEventListener('scroll', place, { ...options, passive: true });
  window.addEventListener('resize', place, { signal });

  return {
    el,
    toggle(button, name, entries) {
      const closes = at === button;
      close();
      offered = entries;
      if (!closes) open(button, name);
    },
    refresh() {
      if (at === null) return false;
      if (!at.isConnected) {
        const had = el.contains(document.activeElement);
        close();
        return had;
      }
      offered().forEach(({ label }, i) => {
        say(el.children[i] as HTMLElement, label);
      });
      place();
      return false;
    },
  };
}
