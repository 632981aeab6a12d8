import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { goToCell } from './cells';
import { CATEGORY, CELL } from './command_ids';
import { foremost } from './desk_status';
import { type Desks, IDesks } from './desks';
import { type Steering, steer, steerable } from './steering';

/** What can be done to a training that is so. */
const STEERING: { control: Steering; label: string; status: string[] }[] = [
  { control: 'pause', label: 'Pause Training', status: ['running'] },
  { control: 'resume', label: 'Resume Training', status: ['paused'] },
  { control: 'stop', label: 'Stop Training', status: ['running', 'paused'] },
];

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nnwidgets:commands',
  description: 'Steers the training of the active notebook by commands.',
  autoStart: true,
  requires: [IDesks],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, desks: Desks, palette: ICommandPalette | null) => {
    const add = (command: string, options: Parameters<typeof app.commands.addCommand>[1]): void => {
      app.commands.addCommand(command, options);
      palette?.addItem({ command, category: CATEGORY });
      const changed = (): void => app.commands.notifyCommandChanged(command);
      desks.currentChanged.connect(changed);
      desks.each((place) => place.link.changed.connect(changed));
    };
    for (const { control, label, status } of STEERING) {
      add(`nnwidgets:${control}`, {
        label,
        caption: `${label} of the active notebook`,
        isEnabled: () => status.includes(steerable(desks.current)?.status ?? ''),
        execute: async () => {
          const refusal = desks.current && (await steer(desks.current, control));
          if (refusal) Notification.warning(refusal, { autoClose: 10_000 });
        },
      });
    }
    const cell = (): string | null => foremost(desks.current?.link.status ?? null)?.cell ?? null;
    add(CELL, {
      label: 'Go to the Cell that Trains',
      caption: 'Show the cell of the training of the active notebook',
      isEnabled: () => cell() !== null,
      execute: async () => {
        if (desks.current) await goToCell(app.shell, desks.current, cell());
      },
    });
  },
};

export default plugin;
