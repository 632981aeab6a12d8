import { Widget } from '@lumino/widgets';
import { t } from '../i18n';
import { around } from '../panel/dom';
import type { Life } from './kernel_life';

/** The quiet line above a panel whose kernel cannot be reached. */
export class Banner extends Widget {
  constructor() {
    super();
    this.addClass('nnw-output-banner');
    this.node.setAttribute('role', 'status');
    this.node.hidden = true;
  }

  /** Say what became of the kernel, and under which id the run can be loaded where it was kept. */
  tell(life: Life, words: string, kept: string | null): void {
    this.node.hidden = life === 'live';
    this.node.dataset.kernel = life;
    if (life === 'gone' && kept !== null) {
      const code = document.createElement('code');
      code.textContent = `nnw.load(${JSON.stringify(kept)})`;
      this.node.replaceChildren(
        ...around(t('{words} What was recorded is kept: {code}'), {
          words: document.createTextNode(words),
          code,
        }),
      );
    } else {
      this.node.textContent =
        life === 'live'
          ? ''
          : life === 'away'
            ? t('The connection is lost; the panel goes on when it is back.')
            : words;
    }
  }
}
