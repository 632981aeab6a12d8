// What the sidebar says where there is no training to show.
import { t } from '../i18n';
import type { LinkState } from './desk';

export interface Words {
  /** One sentence. */
  readonly text: string;
  /** More, in smaller letters. */
  readonly more?: string;
  /** Code to copy into a cell. */
  readonly code?: string;
  /** Whether earlier runs can be shown at a click. */
  readonly earlier?: boolean;
}

const BEGIN = `import nnwidgets as nnw
run = nnw.watch(model, optimizer)
for epoch in run.epochs(30): ...`;

const WORDS: Record<LinkState, () => Words | null> = {
  none: () => ({ text: t('No kernel.'), more: t('Start one, and its trainings appear here.') }),
  connecting: () => ({ text: t('Connecting to the kernel …') }),
  starting: () => ({ text: t('The kernel is starting …') }),
  restarting: () => ({
    text: t('The kernel is restarting …'),
    more: t('A training that was going on has ended; what it recorded is kept among the runs.'),
  }),
  dead: () => ({
    text: t('The kernel has died.'),
    more: t('What its trainings recorded is kept. Restart the kernel to see it among the runs.'),
  }),
  offline: () => ({
    text: t('The page has lost the kernel.'),
    more: t('A training goes on without it; the page tries to connect again.'),
  }),
  busy: () => ({ text: t('The kernel is busy.'), more: t('A training appears here as soon as it begins.') }),
  unknown: () => null,
  foreign: () => ({ text: t('Not a Python kernel.'), more: t('nnwidgets watches trainings in Python.') }),
  missing: () => ({
    text: t('nnwidgets is not installed in this kernel.'),
    more: t('In a cell, after which the kernel needs no restart:'),
    code: '%pip install nnwidgets',
  }),
  unloaded: () => ({
    text: t('No training in this kernel yet.'),
    more: t('It appears here when it begins:'),
    code: BEGIN,
    earlier: true,
  }),
  desk: () => null,
};

export function wordsFor(state: LinkState): Words | null {
  return WORDS[state]();
}
