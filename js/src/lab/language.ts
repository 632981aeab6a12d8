// The language of the page as JupyterLab has it: our own setting, or else JupyterLab's, or else the browser's.
import { addCatalogues, ENGLISH } from '../i18n';
import catalogues from '../i18n/lab.catalogues';
import { choose, followReader, pages, tellLab } from '../i18n/reader';
import type { Preferences } from './preferences';

addCatalogues(catalogues);

export class PageLanguage {
  /** `lab` is the code of JupyterLab's language, which changes only with a reload of the page. */
  constructor(
    private readonly preferences: Preferences,
    private readonly lab: string,
  ) {
    preferences.changed.connect(this.settle, this);
    this.settle();
    followReader(new AbortController().signal); // as long as the page
  }

  /**
   * What a kernel is told: the language of its page. A page in English says nothing, unless English was chosen or it
   * said something else before: with another page of the same kernel, the one that has something to say is heard.
   */
  forKernel(): { language?: string | null } {
    const code = this.chosen !== '' ? this.chosen : pages();
    const usual = this.chosen === '' && code === ENGLISH;
    if (usual && !this.told) return {};
    this.told = true;
    return { language: usual ? null : code };
  }

  private settle(): void {
    const { language } = this.preferences.current;
    const chosen = language === 'auto' ? '' : language;
    // JupyterLab is in English where nobody chose another language, and says nothing by that.
    tellLab(chosen !== '' ? chosen : this.lab.toLowerCase().startsWith(ENGLISH) ? '' : this.lab);
    // Who sets a language now does not mean that of a kernel any more.
    if (chosen !== this.chosen) choose('');
    this.chosen = chosen;
  }

  private chosen = '';
  private told = false;
}
