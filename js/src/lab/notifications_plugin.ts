import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { t } from '../i18n';
import { goToCell } from './cells';
import { type Desks, IDesks, type Place } from './desks';
import { type EventKind, type RunEvent, RunEvents, wordsOf } from './events';
import { IPreferences, type Preferences, type Settings } from './preferences';

const SETTING: Record<EventKind, keyof Settings> = {
  ended: 'notifyEnded',
  failed: 'notifyFailed',
  flag: 'notifyFlag',
};
const TYPE: Record<EventKind, 'success' | 'error' | 'warning'> = {
  ended: 'success',
  failed: 'error',
  flag: 'warning',
};
/** Milliseconds for which the end of a training is shown; what went wrong stays. */
const STAY_MS = 15_000;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'nnwidgets:notifications',
  description: 'Says when a training has ended, has failed or is flagged while its notebook is not in view.',
  autoStart: true,
  requires: [IDesks, IPreferences],
  activate: (app: JupyterFrontEnd, desks: Desks, preferences: Preferences) => {
    const events = new RunEvents(sessionStorage);
    const tell = (place: Place, event: RunEvent): void => {
      if (!preferences.current[SETTING[event.kind]]) return;
      const message = wordsOf(event);
      const show = (): void => void goToCell(app.shell, place, event.run.cell);
      Notification.emit(message, TYPE[event.kind], {
        autoClose: event.kind === 'ended' && !document.hidden ? STAY_MS : false,
        actions: [{ label: t('Show'), callback: show }],
      });
      if (preferences.current.systemNotifications && document.hidden)
        tellSystem(message, `nnwidgets ${event.kind} ${event.run.id}`, show);
    };
    desks.each((place) => {
      place.link.changed.connect(({ status }) => {
        if (status === null) return;
        const inView = desks.isInView(place);
        for (const event of events.since(status)) if (!inView) tell(place, event);
      });
    });
    preferences.changed.connect(() => {
      if (preferences.current.systemNotifications && globalThis.Notification?.permission === 'default')
        void globalThis.Notification.requestPermission();
    });
  },
};

/** `tag`: two tabs of the browser say the same thing once. */
function tellSystem(message: string, tag: string, show: () => void): void {
  if (globalThis.Notification?.permission !== 'granted') return;
  const shown = new globalThis.Notification('nnwidgets', { body: message, tag });
  shown.onclick = () => {
    window.focus();
    show();
  };
}

export default plugin;
