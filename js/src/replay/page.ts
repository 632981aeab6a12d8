// The player of an HTML page: it plays what is in the element `nnw-lesson`, in the place of the picture in `nnw-replay`.
import { language, onLanguage } from '../i18n';
import { element } from '../panel/dom';
import { start } from './start';

export async function begin(): Promise<void> {
  const packed = document.getElementById('nnw-lesson')?.textContent ?? '';
  let home = document.getElementById('nnw-replay');
  if (!home) {
    home = element('main', { id: 'nnw-replay' });
    document.body.append(home);
  }
  const { signal } = new AbortController();
  const tell = (): void => {
    document.documentElement.lang = language();
  };
  onLanguage(tell, signal);
  // lesson.html#graph opens that tab.
  await start(packed, home, signal, location.hash.slice(1));
  tell();
}
