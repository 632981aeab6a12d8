import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { onLanguage, t } from '../i18n';
import { goToCell } from './cells';
import { CATEGORY, CELL } from './command_ids';
import { foremost } from './desk_status';
import { type Desks, IDesks } from './desks';
import { type Steering, steer, steerable } from './steering';

/** What can be done to a training that is so. */
const STEERING: { control: Steering; label: () => string; caption: () => string; status: string[] }[] = [
  {
    control: 'pause',
    label: () => t('Pause Training'),
    caption: () => t('Pause the training of the active notebook'),
    status: ['running'],
  },
  {
    control: 'resume',
    label: () => t('Resume Training'),
    caption: () => t('Resume the training of the active notebook'),
    status: ['paused'],
  },
  {
    control: 'stop',
    label: () => t('Stop Training'),
    caption: () => t('Stop the training of the active notebook'),
    status: ['running', 'paused'],
  },
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
      onLanguage(changed, new AbortController().signal); // as long as the page
      desks.each((place) => place.link.changed.connect(changed));
    };
    for (const { control, label, caption, status } of STEERING) {
      add(`nnwidgets:${control}`, {
        label,
        caption,
        isEnabled: () => status.includes(steerable(desks.current)?.status ?? ''),
        execute: async () => {
          const refusal = desks.current && (await steer(desks.current, control));
          if (refusal) Notification.warning(refusal, { autoClose: 10_000 });
        },
      });
    }
    const cell = (): string | null => foremost(desks.current?.link.status ?? null)?.cell ?? null;
    add(CELL, {
      label: () => t('Go to the Cell that Trains'),
      caption: () => t('Show the cell of the training of the active notebook'),
      isEnabled: () => cell() !== null,
      execute: async () => {
        if (desks.current) await goToCell(app.shell, desks.current, cell());
      },
    });
  },
};

export default plugin;
