// What the kernel answers: seen above the list, and heard.
import { t } from '../i18n';
import { element, mark, say } from './dom';
import type { Ask } from './model';
import type { Reply } from './protocol';

/** Milliseconds after which the person is told what an unanswered click waits for. */
const PATIENCE = 1500;

export interface Answers {
  el: HTMLElement[];
  /** Let a screen reader say it. */
  hear(text: string): void;
  /** Show it as well; an empty text takes away what stood there. */
  tell(text: string, kind?: 'refused' | null): void;
  /** Take away what is told, if it is this. */
  untell(text: string): void;
  /** Ask the kernel. A refusal is told, unless `own` says that it is shown elsewhere when it comes. */
  command(kind: string, value: unknown, own?: () => boolean): Promise<Reply>;
}

export function answers(ask: Ask): Answers {
  // Screen readers hear only what changes in a region that was there before.
  const spoken = element('p', { class: 'nnw-spoken', 'aria-live': 'polite' });
  const shown = element('p', { class: 'nnw-answer', hidden: true });
  const hear = (text: string): void => say(spoken, text);
  const tell = (text: string, kind: 'refused' | null = null): void => {
    say(shown, text);
    mark(shown, 'data-kind', kind);
    shown.hidden = text === '';
    hear(text);
  };
  return {
    el: [spoken, shown],
    hear,
    tell,
    untell(text) {
      if (shown.textContent === text) tell('');
    },
    async command(kind, value, own) {
      tell('');
      const patience = setTimeout(
        () => tell(t('The kernel is busy: this happens when the cell ends.')),
        PATIENCE,
      );
      const reply = await ask(kind, value);
      clearTimeout(patience);
      const text = reply.ok ? '' : (reply.error ?? t('That did not work.'));
      tell(own?.() ? '' : text, reply.ok ? null : 'refused');
      hear(text);
      return reply;
    },
  };
}
