// The snapshots of a run, each with a way back to it; also after the end, when nothing else can be moved any more.
import { t } from '../i18n';
import { control, fold, type Steer } from './control';
import { element, say } from './dom';
import type { ControlsState, SnapshotRow } from './protocol';

export function snapshotSection(
  steer: Steer,
  signal: AbortSignal,
): { root: HTMLElement; show(state: ControlsState): void } {
  const total = element('span', { class: 'nnw-value' });
  const others = fold(t('Earlier ones'));
  const best = element('div', {});
  const section = control(t('Snapshots'), 'restore', total, best, others.root);
  const row = ({ number, label, value }: SnapshotRow): HTMLElement => {
    const back = element(
      'button',
      { type: 'button', class: 'nnw-button nnw-back', 'aria-label': t('Go back to {label}', { label }) },
      t('Go back'),
    );
    back.addEventListener('click', () => void steer('restore', number), { signal });
    return element(
      'div',
      { class: 'nnw-snapshot' },
      element('span', { title: label }, label),
      element('span', { class: 'nnw-note' }, value && t('validation {value}', { value })),
      back,
    );
  };
  let drawn = '';
  return {
    root: section.root,
    show(state) {
      const rows = state.snapshots;
      section.show(state, rows.length > 0);
      say(total, String(rows.length));
      const now = JSON.stringify(rows);
      // A button that has the focus stays: whoever is about to press it must not press another.
      if (now === drawn || section.root.querySelector('button:focus')) return;
      drawn = now;
      best.replaceChildren(...rows.slice(0, 1).map(row));
      others.body.replaceChildren(...rows.slice(1).map(row));
      others.root.hidden = rows.length < 2;
    },
  };
}
