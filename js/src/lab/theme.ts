import type { IThemeManager } from '@jupyterlab/apputils';

/** Whether the application is dark, and word of every change until `signal` aborts. */
export interface Theme {
  isDark(): boolean;
  onChange(callback: () => void, signal: AbortSignal): void;
}

/** Follow JupyterLab's themes; without a manager the page's own mark is read and never changes. */
export function followTheme(manager: IThemeManager | null): Theme {
  return {
    isDark: () =>
      manager?.theme ? !manager.isLight(manager.theme) : document.body.dataset.jpThemeLight === 'false',
    onChange: (callback, signal) => {
      if (manager === null || signal.aborted) return;
      const changed = (): void => callback();
      manager.themeChanged.connect(changed);
      signal.addEventListener('abort', () => manager.themeChanged.disconnect(changed), { once: true });
    },
  };
}
