// How a run is, as people say it.
import { t } from '../i18n';

const WORDS: Record<string, () => string> = {
  running: () => t('running'),
  paused: () => t('paused'),
  finished: () => t('finished'),
  interrupted: () => t('interrupted'),
  failed: () => t('failed'),
  damaged: () => t('damaged'),
};

export function statusWord(status: string): string {
  return WORDS[status]?.() ?? status;
}
