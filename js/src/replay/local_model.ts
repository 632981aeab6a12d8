// A model for the panel's views with no kernel behind it: what they ask is answered in the page.
import type { Model } from '../panel/model';
import type { Command } from '../panel/protocol';

type Callback = (...args: never[]) => void;

export class LocalModel implements Model {
  readonly #listeners = new Map<string, Set<Callback>>();

  constructor(
    readonly values: Record<string, unknown>,
    readonly obey: (kind: string, value: unknown) => void = () => {},
  ) {}

  get(name: string): unknown {
    return this.values[name];
  }

  set(name: string, value: unknown): void {
    this.values[name] = value;
    this.#emit(`change:${name}`);
  }

  on(event: string, callback: Callback): void {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all.add(callback));
  }

  off(event: string, callback: Callback): void {
    this.#listeners.get(event)?.delete(callback);
  }

  send(content: unknown): void {
    const { request, kind, value } = content as Command;
    this.obey(kind, value);
    this.#emit('msg:custom', { kind: 'reply', request, ok: true, error: null, data: null });
  }

  #emit(event: string, ...args: unknown[]): void {
    for (const callback of [...(this.#listeners.get(event) ?? [])]) callback(...(args as never[]));
  }
}
