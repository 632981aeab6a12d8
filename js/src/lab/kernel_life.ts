import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { t } from '../i18n';

/** Whether what the kernel holds can be reached: yes, not now, never again. */
export type Life = 'live' | 'away' | 'gone';

/** What became of the kernel, for a person; empty while it lives. */
const ENDS: Partial<Record<Kernel.Status, () => string>> = {
  restarting: () => t('The kernel was restarted.'),
  autorestarting: () => t('The kernel died and was started again.'),
  terminating: () => t('The kernel was shut down.'),
  dead: () => t('The kernel died.'),
};

/** Follow the kernel that a notebook has now, to its end; what a later one does is no longer told. */
export function followKernel(
  context: ISessionContext,
  onChange: (life: Life, words: string) => void,
  signal: AbortSignal,
): void {
  const followed = context.session?.kernel?.id;
  let gone = false;
  let before: Kernel.Status | null = null;
  const end = (words: string): void => {
    if (gone) return;
    gone = true;
    onChange('gone', words);
  };
  const status = (_: unknown, now: Kernel.Status): void => {
    // A kernel that died is restarting first, and then found to be so by itself.
    if (now === 'autorestarting' && before === 'restarting') gone = false;
    before = now;
    const words = ENDS[now];
    if (words !== undefined) end(words());
  };
  const connection = (_: unknown, now: Kernel.ConnectionStatus): void => {
    if (!gone) onChange(now === 'connected' ? 'live' : 'away', '');
  };
  const replaced = (): void => {
    const kernel = context.session?.kernel ?? null;
    if (kernel === null) end(t('The kernel was shut down.'));
    else if (kernel.id !== followed) end(t('The notebook has another kernel now.'));
  };
  context.statusChanged.connect(status);
  context.connectionStatusChanged.connect(connection);
  context.kernelChanged.connect(replaced);
  signal.addEventListener('abort', () => {
    context.statusChanged.disconnect(status);
    context.connectionStatusChanged.disconnect(connection);
    context.kernelChanged.disconnect(replaced);
  });
}
