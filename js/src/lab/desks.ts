// The notebooks and consoles of the page, each with what is known of its kernel.
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ConsolePanel, IConsoleTracker } from '@jupyterlab/console';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Token } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import { DeskLink } from './desk';

/** A notebook or a console. */
export interface Place {
  readonly widget: NotebookPanel | ConsolePanel;
  /** The same, where it is a notebook. */
  readonly notebook: NotebookPanel | null;
  readonly link: DeskLink;
  /** What renders its outputs, and so knows the widgets of its kernel. */
  readonly rendermime: IRenderMimeRegistry;
}

export const IDesks = new Token<Desks>(
  'nnwidgets:IDesks',
  'The notebooks and consoles with the trainings of their kernels.',
);

export class Desks {
  constructor(
    private readonly shell: JupyterFrontEnd.IShell,
    private readonly notebooks: INotebookTracker,
    private readonly consoles: IConsoleTracker | null,
  ) {
    const addNotebook = (panel: NotebookPanel): void => this.add(panel, panel, panel.content.rendermime);
    const addConsole = (panel: ConsolePanel): void => this.add(panel, null, panel.console.rendermime);
    notebooks.forEach(addNotebook);
    notebooks.widgetAdded.connect((_, panel) => addNotebook(panel));
    notebooks.currentChanged.connect(this.refresh, this);
    consoles?.forEach(addConsole);
    consoles?.widgetAdded.connect((_, panel) => addConsole(panel));
    consoles?.currentChanged.connect(this.refresh, this);
    shell.currentChanged?.connect(this.refresh, this);
  }

  /** One that is new. */
  readonly added = new Signal<this, Place>(this);
  readonly currentChanged = new Signal<this, void>(this);

  /** The notebook or console that was active last. */
  current: Place | null = null;

  /** Have every place that is there and that will come. */
  each(callback: (place: Place) => void): void {
    for (const place of this.places.values()) callback(place);
    this.added.connect((_, place) => callback(place));
  }

  /** Whether a person sees a notebook or console of this kernel. */
  isInView(place: Place): boolean {
    const { kernel } = place.link;
    const same = (other: Place): boolean => kernel !== null && other.link.kernel?.id === kernel.id;
    const seen = [...this.places.values()].filter((other) => other === place || same(other));
    return !document.hidden && seen.some((other) => other.widget.isVisible);
  }

  private add(
    widget: Place['widget'],
    notebook: NotebookPanel | null,
    rendermime: IRenderMimeRegistry,
  ): void {
    if (this.places.has(widget)) return;
    const place: Place = { widget, notebook, link: new DeskLink(widget.sessionContext), rendermime };
    this.places.set(widget, place);
    widget.disposed.connect(() => {
      this.places.delete(widget);
      place.link.dispose();
      this.refresh();
    });
    this.added.emit(place);
    this.refresh();
  }

  private refresh(): void {
    const of = (widget: Widget | null | undefined): Place | null =>
      (widget && this.places.get(widget)) || null;
    const kept = of(this.current?.widget);
    const tracked = of(this.notebooks.currentWidget) ?? of(this.consoles?.currentWidget);
    const current = of(this.shell.currentWidget) ?? kept ?? tracked;
    if (current === this.current) return;
    this.current = current;
    this.currentChanged.emit();
  }

  private readonly places = new Map<Widget, Place>();
}
