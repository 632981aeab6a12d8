import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { DeskLink } from './desk';
import { type Desks, IDesks } from './desks';
import { putBack, putPicture } from './put_back';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nnwidgets:outputs',
  description: 'Puts the panel of a training that goes on back into its cell after the page was loaded anew.',
  autoStart: true,
  requires: [IDesks],
  activate: (_: JupyterFrontEnd, desks: Desks) => {
    desks.each(({ notebook, link }) => {
      if (notebook === null) return;
      link.met.connect((_, running) => {
        if (running) void restore(notebook, link);
      });
    });
  },
};

async function restore(notebook: NotebookPanel, link: DeskLink): Promise<void> {
  await notebook.context.ready;
  if (notebook.isDisposed) return;
  for (const run of link.status?.runs ?? []) {
    if (!putBack(notebook, run)) continue;
    link.context.iopubMessage.connect((_, message) => {
      if (!notebook.isDisposed) putPicture(notebook, run, message);
    });
  }
}

export default plugin;
