// A training in one line.
import { type DeskRun, isOpen } from './desk_status';

/** "epoch 7/30 · val 0.213 · flag", or how it ended. */
export function lineOf(run: DeskRun): string {
  const parts: string[] = [];
  if (run.status !== 'running') parts.push(run.status);
  if (isOpen(run)) parts.push(position(run));
  if (run.val) parts.push(`val ${run.val}`);
  if (run.flag === 'raised') parts.push('flag');
  return parts.join(' · ');
}

function position(run: DeskRun): string {
  if (run.epochs !== null) return `epoch ${Math.min(run.epoch + 1, run.epochs)}/${run.epochs}`;
  return run.epoch > 0 ? `epoch ${run.epoch + 1}` : `step ${run.step}`;
}

/** The same with whole names, for who looks closer. */
export function titleOf(run: DeskRun, place: string): string {
  const parts = [`${run.name} (${place}): ${run.status}`];
  if (run.val) parts.push(`${run.metric} ${run.val}`);
  if (run.flag === 'raised') parts.push(run.flag_text);
  if (run.error) parts.push(run.error);
  return `${parts.join('\n')}\nClick to show the sidebar.`;
}
