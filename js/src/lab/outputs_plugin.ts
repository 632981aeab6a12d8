import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { DeskLink } from './desk';
import { type Desks, IDesks } from './desks';
import { putBack, putPicture, stands } from './put_back';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nnwidgets:outputs',
  description: 'Puts the panel of a training that goes on back into its cell after the page was loaded anew.',
  autoStart: true,
  requires: [IDesks],
  activate: (_: JupyterFrontEnd, desks: Desks) => {
    desks.each(({ notebook, link }) => {
      if (notebook === null) return;
      // Each is put back once: whoever clears the output of a cell that trains does not want it back.
      const seen = new Set<string>();
      link.changed.connect(() => note(notebook, link, seen));
      link.met.connect((_, running) => {
        if (running) void restore(notebook, link, seen);
      });
    });
  },
};

/** Remember which runs have been seen in their cells. */
function note(notebook: NotebookPanel, link: DeskLink, seen: Set<string>): void {
  if (notebook.isDisposed) return;
  for (const run of link.status?.runs ?? [])
    if (run.cell_busy && !seen.has(run.id) && stands(notebook, run)) seen.add(run.id);
}

async function restore(notebook: NotebookPanel, link: DeskLink, seen: Set<string>): Promise<void> {
  await notebook.context.ready;
  if (notebook.isDisposed) return;
  for (const run of link.status?.runs ?? []) {
    if (seen.has(run.id) || !putBack(notebook, run)) continue;
    seen.add(run.id);
    link.context.iopubMessage.connect((_, message) => {
      if (!notebook.isDisposed) putPicture(notebook, run, message);
    });
  }
}

export default plugin;
