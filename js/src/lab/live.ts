import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Panel } from '@lumino/widgets';
import type { Life } from './kernel_life';
import { hasWidgetManager } from './manager';
import { WIDGET_MIME } from './payload';

/** The element that the panel's view draws; its presence means that the panel is alive on this page. */
const ALIVE = '.nnw-panel';
/** Where it says that its run is kept on disk. */
const STORED = '.nnw-saved';
/** What does nothing without the kernel; the tabs and what stands behind them are the page's own. */
const NEEDS_KERNEL =
  '.nnw-steer, .nnw-export, .nnw-options, .nnw-controls, .nnw-flagacts, .nnw-runs, .nnw-figure';

/** Holds the view that ipywidgets makes of the panel, and says when that has come or gone. */
export class LiveView extends Panel {
  constructor(
    private readonly application: IRenderMimeRegistry,
    private readonly onChange: (alive: boolean) => void,
  ) {
    super();
    this.addClass('nnw-output-live');
    // ipywidgets may set an element's classes after it has put it in its place.
    this.observer.observe(this.node, { childList: true, subtree: true, attributeFilter: ['class'] });
  }

  /** Show the panel with this model; a second call with the same model does nothing. */
  async display(modelId: string, notebook: IRenderMimeRegistry): Promise<void> {
    if (modelId === this.modelId) return;
    this.modelId = modelId;
    for (const old of [...this.widgets]) old.dispose();
    const bound = await hasWidgetManager(notebook, this.application, this.ending.signal);
    if (this.isDisposed || this.modelId !== modelId) return;
    if (bound) await this.render(modelId, notebook);
    // So that the next update of the output tries again.
    else this.modelId = '';
  }

  /** Whether the panel is drawn here. */
  get isAlive(): boolean {
    return this.alive;
  }

  /** Tell the panel whether its kernel can be reached; what needs it can be used only then. */
  mark(life: Life): void {
    if (life === 'live') delete this.node.dataset.kernel;
    else this.node.dataset.kernel = life;
    for (const part of this.node.querySelectorAll(NEEDS_KERNEL))
      part.toggleAttribute('inert', life !== 'live');
    for (const panel of this.node.querySelectorAll(ALIVE)) panel.dispatchEvent(new Event('nnw-kernel'));
  }

  /** Whether the panel says that its run is kept on disk. */
  get isStored(): boolean {
    return (this.node.querySelector(STORED)?.textContent ?? '') !== '';
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.ending.abort();
    this.observer.disconnect();
    super.dispose();
  }

  private async render(modelId: string, notebook: IRenderMimeRegistry): Promise<void> {
    const view = notebook.createRenderer(WIDGET_MIME);
    this.addWidget(view);
    const data = { [WIDGET_MIME]: { model_id: modelId, version_major: 2, version_minor: 0 } };
    await view.renderModel(notebook.createModel({ data, trusted: true }));
  }

  private readonly ending = new AbortController();
  private readonly observer = new MutationObserver(() => {
    const alive = this.node.querySelector(ALIVE) !== null;
    if (alive === this.alive) return;
    this.alive = alive;
    this.onChange(alive);
  });
  private alive = false;
  private modelId = '';
}
