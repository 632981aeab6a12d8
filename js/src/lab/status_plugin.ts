import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { OPEN } from './command_ids';
import { type Desks, IDesks } from './desks';
import { StatusItem } from './status_item';

/** After what JupyterLab says of the kernel. */
const RANK = 10;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nnwidgets:status',
  description: 'Shows the training of the active notebook in the status bar.',
  autoStart: true,
  requires: [IDesks],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, desks: Desks, bar: IStatusBar | null) => {
    if (bar === null) return;
    const item = new StatusItem(desks, () => void app.commands.execute(OPEN));
    bar.registerStatusItem('nnwidgets:status', {
      item,
      align: 'left',
      rank: RANK,
      isActive: () => item.isActive,
      activeStateChanged: item.activeChanged,
    });
  },
};

export default plugin;
