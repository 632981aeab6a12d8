// The run list on a page of its own, and how a person finds their way in it.
import { afterEach, beforeEach, vi } from 'vitest';
import fixture from '../../../tests/fixtures/protocol/runlist.json';
import panel from '../../src/panel/index';
import type { DeskRow, RunListState } from '../../src/panel/protocol';
import { FakeModel } from './model';
import { Sight } from './sight';

export const given = fixture as RunListState;
export const [running, earlier, damaged] = given.rows as [DeskRow, DeskRow, DeskRow];

let models = 0;

export function render(state: unknown = given): { model: FakeModel; el: HTMLElement; end: () => void } {
  models += 1;
  return view(new FakeModel({ view: 'runlist', address: `model-${models}`, state }));
}

export function view(model: FakeModel): { model: FakeModel; el: HTMLElement; end: () => void } {
  const el = document.createElement('div');
  document.body.append(el);
  return { model, el, end: panel.render({ model, el }) };
}

export const text = (el: Element, selector: string): string => el.querySelector(selector)?.textContent ?? '';
export const all = (el: Element, selector: string): HTMLElement[] => [
  ...el.querySelectorAll<HTMLElement>(selector),
];
export const row = (el: Element, name: string): HTMLElement =>
  all(el, 'li').find((item) => text(item, '.nnw-list-name') === name) as HTMLElement;
export const named = <T extends HTMLElement = HTMLButtonElement>(el: Element, label: string): T =>
  all(el, '[aria-label]').find((item) => item.getAttribute('aria-label') === label) as T;
export const pressed = (key: string, on: Element | null = document.activeElement): void => {
  on?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
};
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 9; i += 1) await Promise.resolve();
};
export const choose = (el: Element, name: string, entry: string): void => {
  named(el, `More for “${name}”`).click();
  all(el, '[role=menuitem]')
    .find((item) => item.textContent === entry)
    ?.click();
};
export const last = (model: FakeModel): unknown => [model.sent.at(-1)?.kind, model.sent.at(-1)?.value];
export const many = (count: number): DeskRow[] =>
  Array.from({ length: count }, (_, i) => ({ ...earlier, id: `run-${i}`, name: `run ${i}`, pinned: false }));

/** Begin each test of a file on an empty page. */
export function freshPage(): void {
  beforeEach(() => {
    document.body.replaceChildren();
    delete document.body.dataset.nnwLab;
    Sight.all = [];
    vi.stubGlobal('IntersectionObserver', Sight);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
}
