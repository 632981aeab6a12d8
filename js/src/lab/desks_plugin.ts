import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import { Desks, IDesks } from './desks';

const plugin: JupyterFrontEndPlugin<Desks> = {
  id: 'nnwidgets:desks',
  description: 'Knows the trainings of the kernels of all notebooks and consoles.',
  autoStart: true,
  provides: IDesks,
  requires: [INotebookTracker],
  optional: [IConsoleTracker],
  activate: (app: JupyterFrontEnd, notebooks: INotebookTracker, consoles: IConsoleTracker | null) =>
    new Desks(app.shell, notebooks, consoles),
};

export default plugin;
