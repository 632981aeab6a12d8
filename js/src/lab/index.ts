import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nnwidgets:panel',
  description: 'Shows a training panel live where its kernel is, and as a picture where it is not.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app: JupyterFrontEnd, _tracker: INotebookTracker) => {},
};

export default plugin;
