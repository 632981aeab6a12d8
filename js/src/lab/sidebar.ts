import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { onLanguage, t } from '../i18n';
import { element, mark, say } from '../panel/dom';
import type { DeskLink } from './desk';
import type { Desks, Place } from './desks';
import { curvesIcon } from './icon';
import type { Life } from './kernel_life';
import { makeDesk } from './kernel_requests';
import { LiveView } from './live';
import { Notice } from './notice';
import { wordsFor } from './words';

export const SIDEBAR = 'nnwidgets-sidebar';
/** The heading of the list of runs, which can be focused. */
const LIST = '.nnw-list-heading';

/** The trainings of the active notebook's or console's kernel. While it is hidden it has no view and costs nothing. */
export class Sidebar extends Panel {
  constructor(
    private readonly desks: Desks,
    private readonly application: IRenderMimeRegistry,
  ) {
    super();
    this.id = SIDEBAR;
    this.addClass('nnw-sidebar');
    this.title.icon = curvesIcon;
    this.node.setAttribute('role', 'region');
    const head = new Widget();
    head.addClass('nnw-sidebar-head');
    head.node.append(this.name, this.toList);
    this.toList.addEventListener('click', () => this.showList());
    this.addWidget(head);
    this.addWidget(this.notice);
    desks.currentChanged.connect(this.refresh, this);
    onLanguage(() => this.label(), this.ending.signal);
    this.label();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.ending.abort();
    super.dispose();
  }

  /** Say everything in the language of the page. */
  private label(): void {
    this.title.caption = t('nnwidgets: training runs');
    this.node.setAttribute('aria-label', t('Training runs'));
    say(this.toList, `${t('All runs')} ↓`);
    this.toList.title = t('Go to the list of all runs, below');
    this.refresh();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.refresh();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.refresh();
  }

  protected override onBeforeHide(message: Message): void {
    super.onBeforeHide(message);
    this.leave();
  }

  protected override onBeforeDetach(message: Message): void {
    super.onBeforeDetach(message);
    this.leave();
  }

  private refresh(): void {
    if (!this.isVisible) return;
    const place = this.desks.current;
    if (place !== this.place) {
      this.leave();
      this.place = place;
      if (place !== null) {
        place.link.changed.connect(this.draw, this);
        place.widget.title.changed.connect(this.draw, this);
        place.link.watched = true;
      }
    }
    this.draw();
  }

  /** Let go of everything that costs something. */
  private leave(): void {
    const { place } = this;
    this.place = null;
    this.drop();
    // What it offers to do is for this notebook, also where the next one gets the same words.
    this.notice.say(null);
    if (place === null) return;
    place.link.changed.disconnect(this.draw, this);
    place.widget.title.changed.disconnect(this.draw, this);
    place.link.watched = false;
  }

  private draw(): void {
    const { place } = this;
    const name = place?.widget.title.label ?? '';
    say(this.name, name);
    mark(this.name, 'title', place?.link.context.path ?? null);
    if (place === null) {
      this.notice.say({
        text: t('No notebook is open.'),
        more: t('The trainings of the active notebook appear here.'),
      });
      return;
    }
    const { link } = place;
    this.notice.say(wordsFor(link.state), () => runsOf(link));
    if (link.desk !== this.model) {
      this.drop();
      if (link.desk !== null) this.display(link.desk, place);
    }
    this.mark(link.state === 'desk' ? 'live' : 'away');
  }

  private mark(life: Life): void {
    if (life !== this.life) this.view?.mark(life);
    this.life = life;
  }

  private display(model: string, { rendermime }: Place): void {
    this.model = model;
    this.view = new LiveView(this.application, () => {});
    this.view.addClass('nnw-sidebar-desk');
    this.addWidget(this.view);
    this.toList.hidden = false;
    this.view.display(model, rendermime).catch((reason: unknown) => {
      console.warn('nnwidgets: the trainings could not be shown', reason);
    });
  }

  /** The panel above it may be long. */
  private showList(): void {
    const heading = this.view?.node.querySelector<HTMLElement>(LIST);
    heading?.scrollIntoView({ block: 'start' });
    heading?.focus({ preventScroll: true });
  }

  private drop(): void {
    this.toList.hidden = true;
    this.view?.dispose();
    this.view = this.model = null;
    this.life = 'live';
  }

  private readonly name = element('span', { class: 'nnw-sidebar-name' });
  private readonly ending = new AbortController();
  private readonly toList = element('button', {
    type: 'button',
    class: 'nnw-sidebar-tolist',
    hidden: true,
  });
  private readonly notice = new Notice();
  private place: Place | null = null;
  private view: LiveView | null = null;
  private model: string | null = null;
  private life: Life = 'live';
}

async function runsOf(link: DeskLink): Promise<string | null> {
  return link.kernel === null ? t('There is no kernel.') : makeDesk(link.kernel);
}
