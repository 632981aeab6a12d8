import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';
import type { DeskLink } from './desk';
import { type Desks, IDesks } from './desks';
import { ask } from './kernel_requests';
import { PageLanguage } from './language';
import { IPreferences, Preferences } from './preferences';

const ID = 'nnwidgets:settings';

const plugin: JupyterFrontEndPlugin<Preferences> = {
  id: ID,
  description: 'Knows what was set for all panels, and tells the kernels.',
  autoStart: true,
  provides: IPreferences,
  requires: [IDesks],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    desks: Desks,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
  ) => {
    const preferences = new Preferences();
    const language = new PageLanguage(preferences, translator?.languageCode ?? '');
    const links = new Set<DeskLink>();
    const tell = (link: DeskLink): void => {
      const { kernel, desk } = link;
      if (kernel !== null && desk !== null)
        void ask(kernel, { ask: 'settings', value: { ...preferences.forKernel(), ...language.forKernel() } });
    };
    desks.each(({ link, widget }) => {
      links.add(link);
      widget.disposed.connect(() => links.delete(link));
      link.met.connect(() => void loaded.then(() => tell(link)));
      if (link.desk !== null) void loaded.then(() => tell(link));
    });
    const loaded = follow(preferences, registry).then(() => {
      preferences.changed.connect(() => links.forEach(tell));
    });
    return preferences;
  },
};

async function follow(preferences: Preferences, registry: ISettingRegistry | null): Promise<void> {
  try {
    const settings = await registry?.load(ID);
    if (settings !== undefined) preferences.follow(settings);
  } catch (reason) {
    console.warn('nnwidgets: the settings could not be read', reason);
  }
}

export default plugin;
