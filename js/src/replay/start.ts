// From what a page holds to a player in it, or to a sentence that says why there is none.
import { addCatalogues, t } from '../i18n';
import catalogues from '../i18n/replay.catalogues';
import { element } from '../panel/dom';
import { play } from './player';
import { LessonError, unpack } from './unpack';
import { settle } from './words';

addCatalogues(catalogues);

/**
 * Play what is packed, with one of the tabs open (`graph`; the curves where there is none of this name). The element keeps what stands in it where that cannot be played: a picture that was made before.
 */
export async function start(packed: string, el: HTMLElement, signal: AbortSignal, tab = ''): Promise<void> {
  settle(null);
  const before = [...el.childNodes];
  const life = new AbortController();
  signal.addEventListener('abort', () => life.abort());
  try {
    const lesson = await unpack(packed);
    if (signal.aborted) return;
    play(lesson, el, life.signal, tab);
    for (const node of before) if (!(node instanceof HTMLStyleElement)) node.remove();
  } catch (error) {
    if (signal.aborted) return;
    // Half a player is none.
    life.abort();
    for (const node of [...el.childNodes]) if (!before.includes(node)) node.remove();
    const text =
      error instanceof LessonError
        ? error.message
        : t('This training cannot be played: {reason}', { reason: String(error) });
    el.prepend(element('p', { class: 'nnw-replay-failed', role: 'alert' }, text));
  }
}
