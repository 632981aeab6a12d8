import type { IThemeManager } from '@jupyterlab/apputils';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { followTheme } from '../../src/lab/theme';

/** As much of JupyterLab's theme manager as we use. */
class Themes {
  theme: string | null = 'JupyterLab Light';
  private readonly slots = new Set<() => void>();
  readonly themeChanged = {
    connect: (slot: () => void) => this.slots.add(slot),
    disconnect: (slot: () => void) => this.slots.delete(slot),
  };
  isLight(name: string): boolean {
    return name.endsWith('Light');
  }
  change(theme: string): void {
    this.theme = theme;
    for (const slot of this.slots) slot();
  }
}

afterEach(() => {
  delete document.body.dataset.jpThemeLight;
});

describe('followTheme', () => {
  it('says what the manager says, at every change until the end', () => {
    const themes = new Themes();
    const theme = followTheme(themes as unknown as IThemeManager);
    const ending = new AbortController();
    const seen = vi.fn(() => theme.isDark());
    theme.onChange(seen, ending.signal);
    expect(theme.isDark()).toBe(false);
    themes.change('JupyterLab Dark');
    themes.change('JupyterLab Light');
    ending.abort();
    themes.change('JupyterLab Dark');
    expect(seen.mock.results.map((result) => result.value)).toEqual([true, false]);
  });

  it('reads the page where there is no manager, or none of its themes yet', () => {
    const themes = new Themes();
    themes.theme = null;
    for (const theme of [followTheme(null), followTheme(themes as unknown as IThemeManager)]) {
      expect(theme.isDark()).toBe(false);
      document.body.dataset.jpThemeLight = 'false';
      expect(theme.isDark()).toBe(true);
      document.body.dataset.jpThemeLight = 'true';
      expect(theme.isDark()).toBe(false);
      delete document.body.dataset.jpThemeLight;
    }
  });
});
