// From what a page holds to a player in it, or to a sentence that says why there is none.
import { addCatalogues, t } from '../i18n';
import catalogues from '../i18n/replay.catalogues';
import { element } from '../panel/dom';
import { play } from './player';
import { LessonError, unpack } from './unpack';
import { settle } from './words';

addCatalogues(catalogues);

/**
 * Play what is packed. The element keeps what stands in it where that cannot be played: a picture that was made before.
 */
export async function start(packed: string, el: HTMLElement, signal: AbortSignal): Promise<void> {
  settle(null);
  try {
    const lesson = await unpack(packed);
    if (signal.aborted) return;
    const before = [...el.childNodes];
    play(lesson, el, signal);
    for (const node of before) if (!(node instanceof HTMLStyleElement)) node.remove();
  } catch (error) {
    if (signal.aborted) return;
    const text =
      error instanceof LessonError
        ? error.message
        : t('This training cannot be played: {reason}', { reason: String(error) });
    el.prepend(element('p', { class: 'nnw-replay-failed', role: 'alert' }, text));
  }
}
