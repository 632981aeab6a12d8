// How far a run has come, in one line.
import { t } from '../i18n';
import { clock, count, rate } from './format';
import type { HeadState } from './protocol';

export function facts(state: HeadState): string {
  const over = state.status !== 'running' && state.status !== 'paused';
  const parts: string[] = [];
  if (state.epochs !== null)
    parts.push(
      t('epoch {epoch} / {epochs}', { epoch: count(current(state, over)), epochs: count(state.epochs) }),
    );
  else if (state.epoch > 0) parts.push(t('epoch {epoch}', { epoch: count(state.epoch) }));
  parts.push(t('step {step}', { step: count(state.step) }));
  if (state.status === 'paused') {
    parts.push(clock(state.elapsed));
  } else if (over) {
    parts.push(t('{time} in all', { time: clock(state.elapsed) }));
  } else {
    if (state.phase === 'validate') parts.push(t('validating'));
    else if (state.rate !== null) parts.push(rate(state.rate));
    if (state.run_left !== null) parts.push(t('{time} left', { time: clock(state.run_left) }));
    else parts.push(clock(state.elapsed));
  }
  // A line breaks between two facts, never inside one.
  return parts.map((part) => part.replaceAll(' ', '\u00a0')).join(' · ');
}

/** The epoch that is going on, counted from 1, or the number of those completed when it is over. */
function current(state: HeadState, over: boolean): number {
  return over ? state.epoch : Math.min(state.epoch + 1, state.epochs ?? Number.POSITIVE_INFINITY);
}

/** How much of the current epoch is done, 0 to 1. */
export function withinEpoch(state: HeadState): number {
  if (!state.steps_per_epoch) return 0;
  return Math.min(1, state.step_in_epoch / state.steps_per_epoch);
}
