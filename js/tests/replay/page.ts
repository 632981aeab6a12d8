// A page with players in it: jsdom lays nothing out, so charts are told a size.
import { play } from '../../src/replay/player';
import type { Lesson } from '../../src/replay/protocol';

globalThis.ResizeObserver ??= class {
  constructor(readonly callback: ResizeObserverCallback) {}
  observe(): void {
    this.callback([], this);
  }
  unobserve(): void {}
  disconnect(): void {}
} as typeof ResizeObserver;
Object.defineProperty(HTMLElement.prototype, 'clientWidth', { get: () => 562, configurable: true });
Object.defineProperty(HTMLElement.prototype, 'clientHeight', { get: () => 300, configurable: true });
// jsdom has no canvas; it would say so at length.
HTMLCanvasElement.prototype.getContext = () => null;

export class Page {
  readonly el = document.createElement('div');
  readonly life = new AbortController();

  constructor(lesson: Lesson) {
    document.body.append(this.el);
    play(lesson, this.el, this.life.signal);
  }

  one<T extends Element = HTMLElement>(selector: string): T {
    return this.el.querySelector<T>(selector) as T;
  }

  button(text: string): HTMLButtonElement {
    const all = [...this.el.querySelectorAll('button')];
    return all.find((one) => one.textContent === text || one.ariaLabel === text) as HTMLButtonElement;
  }

  get slider(): HTMLInputElement {
    return this.one('.nnw-replay-track input');
  }

  get step(): number {
    return Number(this.slider.value);
  }

  get facts(): string {
    return (this.one('.nnw-facts').textContent ?? '').replaceAll('\u00a0', ' ');
  }

  /** The values of the first chart's legend. */
  get legend(): string[] {
    const items = this.one('.nnw-legend').querySelectorAll('.nnw-item');
    return [...items].map((item) => item.textContent ?? '');
  }

  seek(step: number): void {
    this.slider.value = String(step);
    this.slider.dispatchEvent(new Event('input'));
  }

  press(target: Element, key: string, more: KeyboardEventInit = {}): boolean {
    return !target.dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, composed: true, ...more }),
    );
  }

  choose(value: string): void {
    const input = this.one<HTMLInputElement>(`.nnw-replay-switch input[value="${value}"]`);
    input.checked = true;
    input.dispatchEvent(new Event('change'));
  }
}
