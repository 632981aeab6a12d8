import type { ISessionContext } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Panel, Widget } from '@lumino/widgets';
import { t } from '../i18n';
import { Banner } from './banner';
import { followKernel } from './kernel_life';
import { LiveView } from './live';
import { PANEL_MIME, type PanelPayload, readPayload } from './payload';
import { dataUri, labelOf, themed } from './still';
import type { Theme } from './theme';

export interface PanelOutputOptions {
  readonly application: IRenderMimeRegistry;
  readonly theme: Theme;
  /** Return the registry of the notebook that an attached output belongs to, or null where it belongs to none. */
  readonly notebookOf: (output: Widget) => IRenderMimeRegistry | null;
  /** Return the session of the notebook that an output belongs to, or null where it has none. */
  readonly sessionOf: (output: Widget) => ISessionContext | null;
}

/** One output of a panel: the live panel where its model can be reached, its last picture everywhere else. */
export class PanelOutput extends Panel implements IRenderMime.IRenderer {
  constructor(private readonly options: PanelOutputOptions) {
    super();
    this.addClass('nnw-output');
    this.still.addClass('nnw-output-still');
    this.still.node.append(this.image);
    this.live = new LiveView(options.application, (alive) => {
      this.toggleClass('nnw-mod-live', alive);
      if (alive) this.followKernel();
    });
    this.addWidget(this.banner);
    this.addWidget(this.still);
    this.addWidget(this.live);
    options.theme.onChange(() => this.drawStill(), this.ending.signal);
  }

  /** Draw the output; called again at each of its updates, of which those of one panel leave its live view alone. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const before = this.payload?.modelId;
    this.payload = readPayload(model.data[PANEL_MIME]);
    if (this.payload?.modelId !== before) this.forgetKernel();
    this.trusted = model.trusted;
    this.drawStill();
    this.showLive();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.ending.abort();
    this.forgetKernel();
    super.dispose();
  }

  protected override onAfterAttach(): void {
    this.showLive();
  }

  private drawStill(): void {
    const { payload, image } = this;
    // A panel that was put back into its cell has no picture before its run ends.
    image.hidden = payload === null || payload.still === '';
    if (payload === null || image.hidden) return;
    image.alt = labelOf(payload.still) || t('Training curves of run {id}', { id: payload.runId });
    image.src = dataUri(themed(payload.still, this.options.theme.isDark()));
  }

  private showLive(): void {
    if (this.payload === null || !this.trusted || !this.isAttached) return;
    const notebook = this.options.notebookOf(this);
    if (notebook === null) return;
    this.live.display(this.payload.modelId, notebook).catch((reason: unknown) => {
      console.warn('nnwidgets: the live panel could not be shown', reason);
    });
  }

  /** From now on, say it when the kernel that the live panel is of cannot be reached. */
  private followKernel(): void {
    const session = this.options.sessionOf(this);
    if (session === null || this.kernel !== null) return;
    this.kernel = new AbortController();
    followKernel(
      session,
      (life, words) => {
        this.banner.tell(life, words, this.live.isStored ? (this.payload?.runId ?? null) : null);
        this.live.mark(life);
      },
      this.kernel.signal,
    );
  }

  private forgetKernel(): void {
    this.kernel?.abort();
    this.kernel = null;
    this.banner.tell('live', '', null);
    this.live.mark('live');
  }

  private kernel: AbortController | null = null;
  private readonly banner = new Banner();
  private readonly ending = new AbortController();
  private readonly image = document.createElement('img');
  private readonly still = new Widget();
  private readonly live: LiveView;
  private payload: PanelPayload | null = null;
  private trusted = false;
}
