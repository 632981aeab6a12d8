// What a person set for all panels, in JupyterLab's settings.
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Token } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';

export interface Settings {
  readonly frameRate: number;
  readonly horizontalAxis: 'auto' | 'step' | 'epoch' | 'time';
  readonly logarithmic: boolean;
  readonly smoothing: number;
  readonly notifyEnded: boolean;
  readonly notifyFailed: boolean;
  readonly notifyFlag: boolean;
  readonly systemNotifications: boolean;
  /** The code of a language, or `auto`. */
  readonly language: string;
}

/** The same as in schema/settings.json, for where there is no registry of settings. */
export const DEFAULTS: Settings = {
  frameRate: 10,
  horizontalAxis: 'auto',
  logarithmic: false,
  smoothing: 0.7,
  notifyEnded: true,
  notifyFailed: true,
  notifyFlag: true,
  systemNotifications: false,
  language: 'auto',
};

export const IPreferences = new Token<Preferences>('nnwidgets:IPreferences', 'What was set for all panels.');

export class Preferences {
  readonly changed = new Signal<this, void>(this);

  current: Settings = DEFAULTS;

  follow(settings: ISettingRegistry.ISettings): void {
    const read = (): void => {
      this.current = { ...DEFAULTS, ...(settings.composite as Partial<Settings>) };
      this.changed.emit();
    };
    settings.changed.connect(read);
    read();
  }

  /** What a kernel is told. */
  forKernel(): { frame_rate: number; x: string; log: boolean; smoothing: number } {
    const { frameRate, horizontalAxis, logarithmic, smoothing } = this.current;
    return { frame_rate: frameRate, x: horizontalAxis, log: logarithmic, smoothing };
  }
}
