import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { t } from '../i18n';
import { CATEGORY, OPEN } from './command_ids';
import { type Desks, IDesks } from './desks';
import { SIDEBAR, Sidebar } from './sidebar';

/** Below JupyterLab's own, the property inspector and the debugger. */
const RANK = 900;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nnwidgets:sidebar',
  description: 'Shows the trainings of the active notebook in the right sidebar.',
  autoStart: true,
  requires: [IDesks, IRenderMimeRegistry],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    desks: Desks,
    application: IRenderMimeRegistry,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
  ) => {
    const sidebar = new Sidebar(desks, application);
    restorer?.add(sidebar, SIDEBAR);
    app.shell.add(sidebar, 'right', { rank: RANK });
    app.commands.addCommand(OPEN, {
      label: () => t('Show Training Runs'),
      caption: () => t('Show the trainings of the active notebook in the sidebar'),
      execute: () => app.shell.activateById(SIDEBAR),
    });
    palette?.addItem({ command: OPEN, category: CATEGORY });
    desks.each((place) => {
      place.link.said.connect((_, message) => {
        if (message.kind === 'open' && place === desks.current && !document.hidden)
          app.shell.activateById(SIDEBAR);
      });
    });
  },
};

export default plugin;
