// A training in one line.
import { t } from '../i18n';
import { statusWord } from '../panel/status_words';
import { type DeskRun, isOpen } from './desk_status';

/** "epoch 7/30 · val 0.213 · flag", or how it ended. */
export function lineOf(run: DeskRun): string {
  const parts: string[] = [];
  if (run.status !== 'running') parts.push(statusWord(run.status));
  if (isOpen(run)) parts.push(position(run));
  if (run.val) parts.push(t('val {value}', { value: run.val }));
  if (run.flag === 'raised') parts.push(t('flag'));
  return parts.join(' · ');
}

function position(run: DeskRun): string {
  if (run.epochs !== null)
    return t('epoch {epoch}/{epochs}', { epoch: Math.min(run.epoch + 1, run.epochs), epochs: run.epochs });
  return run.epoch > 0 ? t('epoch {epoch}', { epoch: run.epoch + 1 }) : t('step {step}', { step: run.step });
}

/** The same with whole names, for who looks closer. */
export function titleOf(run: DeskRun, place: string): string {
  const parts = [`${run.name} (${place}): ${statusWord(run.status)}`];
  if (run.val) parts.push(`${run.metric} ${run.val}`);
  if (run.flag === 'raised') parts.push(run.flag_text);
  if (run.error) parts.push(run.error);
  return `${parts.join('\n')}\n${t('Click to show the sidebar.')}`;
}
