// One control: its name, its value, what moves it, and what is said of it.
import { element, mark, say } from './dom';
import type { ControlsState, Reply } from './protocol';

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
  const said = element('p', { class: 'nnw-said', 'aria-live': 'polite' });
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
      const until =
        state.status === 'paused' ? 'waits until the training goes on' : 'waits for the next step';
      say(said, waiting ? `${waiting.text}, ${until} …` : (last?.text ?? ''));
      mark(said, 'data-kind', waiting ? 'requested' : last ? (last.applied ? 'applied' : 'refused') : null);
      say(note, waiting ? '' : (last?.note ?? ''));
    },
  };
}

/** A part that can be folded away. */
export function fold(title: string): { root: HTMLDetailsElement; body: HTMLElement } {
  const body = element('div', { class: 'nnw-foldbody' });
  return { root: element('details', { class: 'nnw-fold' }, element('summary', {}, title), body), body };
}
