import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { t } from '../i18n';
import { CATEGORY, TAB } from './command_ids';
import { type Desks, IDesks } from './desks';
import { openTab, type PanelToOpen } from './tab';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nnwidgets:tabs',
  description: 'Opens a training in a tab of its own.',
  autoStart: true,
  // Where there is no such shell, as in Notebook 7, the main area holds the document alone.
  requires: [ILabShell, IDesks, IRenderMimeRegistry],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    desks: Desks,
    application: IRenderMimeRegistry,
    palette: ICommandPalette | null,
  ) => {
    // By this the list of runs knows that its rows can offer a tab.
    document.body.dataset.nnwLab = '';
    desks.each((place) => {
      place.link.said.connect((_, message) => {
        // Every page with this kernel hears it; one of them was clicked.
        if (message.kind === 'tab' && document.hasFocus()) openTab(shell, application, place, message);
      });
    });
    const shown = (): PanelToOpen | null => {
      const status = desks.current?.link.status;
      const run = status?.runs.find(({ id }) => id === status.shown);
      return run?.panel ? { model: run.panel, run: run.id, name: run.name } : null;
    };
    app.commands.addCommand(TAB, {
      label: () => t('Open Training in a Tab'),
      caption: () => t('Open the panel that the sidebar shows in a tab of the main area'),
      isEnabled: () => shown() !== null,
      execute: () => {
        const panel = shown();
        if (panel !== null && desks.current !== null) openTab(shell, application, desks.current, panel);
      },
    });
    palette?.addItem({ command: TAB, category: CATEGORY });
  },
};

export default plugin;
