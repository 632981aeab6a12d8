import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IThemeManager } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Widget } from '@lumino/widgets';
import { ComparisonOutput } from './comparison';
import { PanelOutput, type PanelOutputOptions } from './output';
import { COMPARISON_MIME, PANEL_MIME } from './payload';
import { followTheme, type Theme } from './theme';

/** Before the widget view (-10), which says "model not found" where the panel is not alive. */
const RANK = -20;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nnwidgets:panel',
  description: 'Shows a training panel live where its kernel is, and as a picture where it is not.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry],
  optional: [IThemeManager],
  activate: (
    _app: JupyterFrontEnd,
    tracker: INotebookTracker,
    application: IRenderMimeRegistry,
    themes: IThemeManager | null,
  ) => {
    const theme = followTheme(themes);
    const pairs = comparisons(theme);
    // For every place that renders outputs, and for notebooks whose cells are drawn before their own factory is there.
    const anywhere = {
      application,
      theme,
      notebookOf: (output: Widget) => enclosingNotebook(output)?.content.rendermime ?? null,
      sessionOf: (output: Widget) => enclosingNotebook(output)?.sessionContext ?? null,
    };
    application.addFactory(factory(anywhere), RANK);
    application.addFactory(pairs, RANK);
    // A notebook's own factory also serves the views of its outputs that stand outside of it.
    const register = ({ content, sessionContext }: NotebookPanel): void => {
      const own = { notebookOf: () => content.rendermime, sessionOf: () => sessionContext };
      content.rendermime.addFactory(factory({ application, theme, ...own }), RANK);
      content.rendermime.addFactory(pairs, RANK);
    };
    tracker.forEach(register);
    tracker.widgetAdded.connect((_, panel) => register(panel));
  },
};

function factory(options: PanelOutputOptions): IRenderMime.IRendererFactory {
  return { safe: true, mimeTypes: [PANEL_MIME], createRenderer: () => new PanelOutput(options) };
}

function comparisons(theme: Theme): IRenderMime.IRendererFactory {
  return { safe: true, mimeTypes: [COMPARISON_MIME], createRenderer: () => new ComparisonOutput(theme) };
}

function enclosingNotebook(output: Widget): NotebookPanel | null {
  let widget: Widget | null = output;
  while (widget !== null && !(widget instanceof NotebookPanel)) widget = widget.parent;
  return widget;
}

export default plugin;
