// Beside the drawing: the details of what is selected, and the outline.
import { t } from '../i18n';
import { element } from '../panel/dom';
import { type About, type Acts, details } from './details';
import { type Outline, outline } from './outline';
import type { Shown } from './shown';

export class Side {
  readonly el = element('aside', { class: 'nnw-graph-side', 'aria-label': t('Details'), hidden: true });
  readonly #outline: Outline;
  #listed = false;
  #details: HTMLElement | null = null;

  constructor(
    readonly acts: Acts,
    readonly signal: AbortSignal,
  ) {
    this.#outline = outline(acts.select, signal);
  }

  /** Tell everything about a part, or nothing. */
  tell(about: About | null): void {
    this.#details = about && details(about, this.acts, this.signal);
    this.#put();
  }

  /** Show the outline, or not. */
  list(listed: boolean, shown: Shown | null): void {
    this.#listed = listed;
    this.renew(shown);
    this.#put();
  }

  /** There is another graph. */
  renew(shown: Shown | null): void {
    if (this.#listed && shown) this.#outline.show(shown.tree);
  }

  select(part: number): void {
    this.#outline.select(part);
  }

  #put(): void {
    const wanted = [this.#listed ? this.#outline.el : null, this.#details].filter((one) => one !== null);
    // What stands there already stays, and with it the focus and how far it is scrolled.
    for (const one of [...this.el.children]) if (!wanted.includes(one as HTMLElement)) one.remove();
    if (this.#listed && this.el.firstElementChild !== this.#outline.el) this.el.prepend(this.#outline.el);
    if (this.#details && this.#details.parentElement !== this.el) this.el.append(this.#details);
    this.el.hidden = wanted.length === 0;
  }
}
