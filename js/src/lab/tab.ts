// A panel in a tab of the main area.
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Panel } from '@lumino/widgets';
import { onLanguage, t } from '../i18n';
import { type Command, WIRE } from '../panel/protocol';
import type { DeskLink } from './desk';
import type { Place } from './desks';
import { curvesIcon } from './icon';
import type { Life } from './kernel_life';
import { ask, requestNumber } from './kernel_requests';
import { LiveView } from './live';
import { Notice } from './notice';
import { type Words, wordsFor } from './words';

export interface PanelToOpen {
  readonly model: string;
  readonly run: string;
  readonly name: string;
}

/** Open a panel in a tab, or bring the tab to the front that has it already. */
export function openTab(
  shell: JupyterFrontEnd.IShell,
  application: IRenderMimeRegistry,
  place: Place,
  panel: PanelToOpen,
): void {
  const id = `nnwidgets-tab-${panel.model}`;
  const there = [...shell.widgets('main')].some((widget) => widget.id === id);
  if (!there) {
    const tab = new MainAreaWidget({ content: new TabContent(application, place, panel) });
    tab.id = id;
    tab.title.label = panel.name;
    tab.title.caption = captionOf(panel.name, place);
    tab.title.icon = curvesIcon;
    tab.title.closable = true;
    const { desk } = place.link;
    tab.disposed.connect(() => tellClosed(place.link, desk, panel.run));
    // JupyterLab puts what it shows of the tab's widget under a toolbar, which would be empty.
    tab.toolbar.hide();
    shell.add(tab, 'main');
  }
  shell.activateById(id);
}

function captionOf(name: string, place: Place): string {
  return t('{name}: a training of {notebook}', { name, notebook: place.widget.title.label });
}

/** The panel while its kernel lives, and what became of it after that. */
class TabContent extends Panel {
  constructor(
    application: IRenderMimeRegistry,
    private readonly place: Place,
    panel: PanelToOpen,
  ) {
    super();
    this.addClass('nnw-tab-content');
    this.node.tabIndex = -1;
    this.view = new LiveView(application, () => {});
    this.addWidget(this.notice);
    this.addWidget(this.view);
    this.desk = place.link.desk;
    this.run = panel.run;
    place.link.changed.connect(this.follow, this);
    onLanguage(() => this.follow(place.link), this.ending.signal);
    place.widget.disposed.connect(this.close, this);
    this.view.display(panel.model, place.rendermime).catch((reason: unknown) => {
      console.warn('nnwidgets: the panel could not be shown', reason);
    });
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.place.link.changed.disconnect(this.follow, this);
    this.ending.abort();
    super.dispose();
  }

  private follow(link: DeskLink): void {
    if (this.isOver) {
      this.notice.say(over());
      return;
    }
    const run = link.status?.runs.find(({ id }) => id === this.run);
    if (run !== undefined) this.named(run.name);
    this.isOver = link.desk !== this.desk;
    const life = link.state === 'desk' ? 'live' : 'away';
    if (this.isOver) this.view.dispose();
    else if (life !== this.life) this.view.mark(life);
    this.life = life;
    this.notice.say(this.isOver ? over() : wordsFor(link.state));
  }

  /** JupyterLab gives the tab the title of what it holds. */
  private named(name: string): void {
    this.title.label = name;
    this.title.caption = captionOf(name, this.place);
  }

  /** Without the notebook nothing knows the widgets of its kernel any more. */
  override close(): void {
    if (this.parent !== null) this.parent.close();
    else super.close();
  }

  private readonly ending = new AbortController();
  private readonly notice = new Notice();
  private readonly view: LiveView;
  private readonly desk: string | null;
  private readonly run: string;
  private isOver = false;
  private life: Life = 'live';
}

/** A run that was opened from its file need not be held any longer for this tab. */
function tellClosed(link: DeskLink, desk: string | null, run: string): void {
  if (link.kernel === null || desk === null || link.desk !== desk) return;
  const command: Command = { wire: WIRE, request: requestNumber(), kind: 'tab_closed', value: { id: run } };
  void ask(link.kernel, { model: desk, data: { ...command, value: { id: run } } });
}

const over = (): Words => ({
  text: t('The kernel of this training has ended.'),
  more: t('What the run recorded is kept: the sidebar lists it among the runs of the next kernel.'),
});
