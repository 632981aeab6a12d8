// One control: its name, its value, what moves it, and what is said of it.
import { t } from '../i18n';
import { element, mark, say } from './dom';
import type { ControlsState, Reply } from './protocol';
import { announce } from './speech';

export type Steer = (control: string, value?: unknown) => Promise<Reply>;

/** Controls whose outcomes are told at another one's place. */
const PLACES: Record<string, string> = { insert_dropout: 'dropout', deepen: 'size', snapshot: 'restore' };

export interface Control {
  root: HTMLElement;
  show(state: ControlsState, there: boolean): void;
}

export function control(
  label: string,
  name: string,
  value: HTMLElement | null,
  ...parts: HTMLElement[]
): Control {
  const said = element('p', { class: 'nnw-said' });
  const note = element('p', { class: 'nnw-note' });
  const root = element(
    'section',
    { class: 'nnw-control', 'data-control': name },
    element(
      'div',
      { class: 'nnw-controlhead' },
      element('span', { class: 'nnw-controlname' }, label),
      value ?? '',
    ),
    ...parts,
    said,
    note,
  );
  let heard: string | undefined;
  return {
    root,
    show(state, there) {
      root.hidden = !there;
      const here = (entry: { control: string }): boolean => (PLACES[entry.control] ?? entry.control) === name;
      const waiting = state.requested.filter(here).at(-1);
      const last = state.decided
        .filter(here)
        .sort((a, b) => a.step - b.step)
        .at(-1);
      const what = waiting?.text ?? '';
      const until =
        state.status === 'paused'
          ? t('{what}, waits until the training goes on …', { what })
          : t('{what}, waits for the next step …', { what });
      say(said, waiting ? until : (last?.text ?? ''));
      mark(said, 'data-kind', waiting ? 'requested' : last ? (last.applied ? 'applied' : 'refused') : null);
      say(note, waiting ? '' : (last?.note ?? ''));
      const became = last?.text ?? '';
      if (heard !== undefined && became !== '' && became !== heard && !waiting) {
        announce(root, t('{control}: {what}', { control: label, what: became }));
      }
      if (!waiting) heard = became;
    },
  };
}

/** A part that can be folded away. */
export function fold(title: string): { root: HTMLDetailsElement; body: HTMLElement } {
  const body = element('div', { class: 'nnw-foldbody' });
  return { root: element('details', { class: 'nnw-fold' }, element('summary', {}, title), body), body };
}
