// A model as anywidget gives it to a view, without a kernel behind it.
import type { Model } from '../../src/panel/model';
import type { Command, Reply } from '../../src/panel/protocol';

type Callback = (...args: never[]) => void;

export class FakeModel implements Model {
  sent: Command[] = [];
  widget_manager?: unknown;
  readonly #listeners = new Map<string, Set<Callback>>();
  constructor(readonly values: Record<string, unknown>) {}
  get(name: string): unknown {
    return this.values[name];
  }
  on(event: string, callback: Callback): void {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all.add(callback));
  }
  off(event: string, callback: Callback): void {
    this.#listeners.get(event)?.delete(callback);
  }
  send(content: unknown): void {
    this.sent.push(content as Command);
  }
  set(name: string, value: unknown): void {
    this.values[name] = value;
    this.emit(`change:${name}`);
  }
  emit(event: string, ...args: unknown[]): void {
    for (const callback of this.#listeners.get(event) ?? []) callback(...(args as never[]));
  }
  answer(reply: Partial<Reply>): void {
    const request = this.sent.at(-1)?.request;
    this.emit('msg:custom', { kind: 'reply', request, ok: true, error: null, data: null, ...reply });
  }
  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }
}
