import { Clipboard } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';
import { t } from '../i18n';
import { element } from '../panel/dom';
import type { Words } from './words';

/** A message in place of a training, with code to copy and at most one thing to do. */
export class Notice extends Widget {
  constructor() {
    super();
    this.addClass('nnw-notice-box');
    this.node.setAttribute('role', 'status');
    this.hide();
  }

  /** Say these words, or nothing; `act` is what a click on "Show earlier runs" does, and returns what went wrong. */
  say(words: Words | null, act?: () => Promise<string | null>): void {
    const told = JSON.stringify(words);
    if (told === this.told) return;
    this.told = told;
    this.setHidden(words === null);
    this.node.replaceChildren(...(words === null ? [] : this.draw(words, act)));
  }

  private draw(words: Words, act?: () => Promise<string | null>): HTMLElement[] {
    const parts: HTMLElement[] = [element('p', { class: 'nnw-notice-text' }, words.text)];
    if (words.more) parts.push(element('p', {}, words.more));
    if (words.code) parts.push(this.code(words.code));
    if (words.earlier && act) parts.push(...this.earlier(act));
    return parts;
  }

  private code(code: string): HTMLElement {
    const copy = button(t('Copy'), () => {
      Clipboard.copyToSystem(code);
      copy.textContent = t('Copied');
    });
    return element('div', { class: 'nnw-notice-code' }, element('pre', {}, code), copy);
  }

  private earlier(act: () => Promise<string | null>): HTMLElement[] {
    const fault = element('p', { role: 'alert' });
    const show = button(t('Show earlier runs'), async () => {
      show.disabled = true;
      fault.textContent = (await act()) ?? '';
      show.disabled = false;
    });
    return [show, fault];
  }

  private told = 'null';
}

function button(text: string, act: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', class: 'nnw-notice-button' }, text);
  made.addEventListener('click', act);
  return made;
}
