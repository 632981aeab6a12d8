import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Panel } from '@lumino/widgets';
import { hasWidgetManager } from './manager';
import { WIDGET_MIME } from './payload';

/** The element that the panel's view draws; its presence means that the panel is alive on this page. */
const ALIVE = '.nnw-panel';

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
