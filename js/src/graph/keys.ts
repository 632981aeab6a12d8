// The keys of the drawing, while it has the focus.
import type { Direction } from './walk';

export interface KeyActs {
  walk(direction: Direction): void;
  toggle(): void;
  deselect(): void;
  fit(): void;
  zoom(factor: number): void;
  search(): void;
  first(last: boolean): void;
}

export function listenToKeys(el: HTMLElement, acts: KeyActs, signal: AbortSignal): void {
  el.addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target !== el) return;
      if (!obey(event.key, acts)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal },
  );
}

function obey(key: string, acts: KeyActs): boolean {
  switch (key) {
    case 'ArrowDown':
    case 'ArrowUp':
    case 'ArrowLeft':
    case 'ArrowRight':
      acts.walk(key);
      return true;
    case 'Enter':
    case ' ':
      acts.toggle();
      return true;
    case 'Escape':
      acts.deselect();
      return true;
    case '0':
      acts.fit();
      return true;
    case '+':
    case '=':
      acts.zoom(1.3);
      return true;
    case '-':
      acts.zoom(1 / 1.3);
      return true;
    case '/':
      acts.search();
      return true;
    case 'Home':
    case 'End':
      acts.first(key === 'End');
      return true;
    default:
      return false;
  }
}
