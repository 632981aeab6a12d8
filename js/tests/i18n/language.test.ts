import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addCatalogues, language, t, tn, useLanguage } from '../../src/i18n';
import { choose, pages, readers, tellLab } from '../../src/i18n/reader';
import { inLanguage } from '../../src/i18n/views';
import { PageLanguage } from '../../src/lab/language';
import { DEFAULTS, Preferences } from '../../src/lab/preferences';
import panel from '../../src/panel/index';
import { FakeModel } from '../panel/model';

let ending: AbortController;

beforeEach(() => {
  ending = new AbortController();
  addCatalogues({
    uk: {
      name: 'Українська',
      messages: { Stop: 'Стоп', Table: 'Таблиця', '{n} epoch': ['{n} епоха', '{n} епохи', '{n} епох'] },
    },
    cs: { name: 'Čeština', messages: { '{n} epoch': ['{n} epocha', '{n} epochy', '{n} epoch'] } },
  });
});

afterEach(() => {
  ending.abort();
  choose('');
  tellLab('');
  document.documentElement.lang = '';
  vi.restoreAllMocks();
  useLanguage('en');
});

function browser(...codes: string[]): void {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(codes);
}

describe('a text', () => {
  it('is English where nobody has translated it', () => {
    useLanguage('uk');
    expect([t('Stop'), t('Go on')]).toEqual(['Стоп', 'Go on']);
  });

  it.each([
    ['uk', [1, 2, 5, 11, 21, 112], ['1 епоха', '2 епохи', '5 епох', '11 епох', '21 епоха', '112 епох']],
    ['cs', [1, 3, 5], ['1 epocha', '3 epochy', '5 epoch']],
    ['en', [0, 1, 1200], ['0 epochs', '1 epoch', '1,200 epochs']],
  ])('takes the form that belongs to a number in %s', (code, numbers, texts) => {
    useLanguage(code);
    expect(numbers.map((n) => tn(n, '{n} epoch', '{n} epochs'))).toEqual(texts);
  });
});

describe('the language of a page', () => {
  it('is that of the browser where nothing else is known', () => {
    browser('de-AT', 'uk-UA', 'en');
    expect(pages()).toBe('uk');
  });

  it('is English where no language of the reader has a catalogue', () => {
    browser('de', 'fr');
    expect(pages()).toBe('en');
  });

  it('is that of the document, unless that only says English', () => {
    browser('uk');
    document.documentElement.lang = 'cs';
    expect(pages()).toBe('cs');
    document.documentElement.lang = 'en';
    expect(pages()).toBe('uk');
  });

  it('is what was chosen for a kernel before what JupyterLab says', () => {
    browser('en');
    tellLab('cs');
    expect(language()).toBe('cs');
    choose('uk-UA');
    expect([language(), readers()[0]]).toEqual(['uk', 'uk-UA']);
    choose('');
    expect(language()).toBe('cs');
  });
});

describe('a view', () => {
  it('is drawn anew in the same element when its kernel is given another language, and not after its end', () => {
    const model = new FakeModel({ language: '' });
    const drawn: string[] = [];
    const ended: boolean[] = [];
    inLanguage(model, ending.signal, (signal) => {
      drawn.push(t('Stop'));
      signal.addEventListener('abort', () => ended.push(true));
    });
    model.set('language', 'uk');
    expect([drawn, ended]).toEqual([['Stop', 'Стоп'], [true]]);
    ending.abort();
    model.set('language', 'en');
    expect([drawn.length, ended.length, model.listeners]).toEqual([2, 2, 0]);
  });

  it('does not take from the page what was chosen for another kernel', () => {
    choose('uk');
    inLanguage(new FakeModel({ language: '' }), ending.signal, () => {});
    expect(language()).toBe('uk');
  });

  it('hears what a view of another bundle was told', async () => {
    const drawn: string[] = [];
    inLanguage(new FakeModel({}), ending.signal, () => drawn.push(language()));
    document.documentElement.dataset.nnwChosen = 'uk';
    await vi.waitFor(() => expect(drawn).toEqual(['en', 'uk']));
  });

  it('of the panel speaks the language, keeps its tab and leaves nothing behind', () => {
    const el = document.createElement('div');
    const around = document.createElement('div');
    around.className = 'nnw-panel';
    around.append(el);
    document.body.append(around);
    const model = new FakeModel({ view: 'head', state: {}, options: { axes: [] }, language: '' });
    const end = panel.render({ model, el });
    const tab = (place: number): HTMLElement =>
      el.querySelectorAll<HTMLElement>('[role=tab]')[place] as HTMLElement;
    tab(2).click();
    expect(tab(2).textContent).toBe('Table');
    const listeners = model.listeners;
    model.set('language', 'uk');
    expect([tab(2).textContent, tab(2).getAttribute('aria-selected')]).toEqual(['Таблиця', 'true']);
    expect(model.listeners).toBe(listeners);
    end();
    expect(model.listeners).toBe(0);
    around.remove();
  });
});

describe('what JupyterLab says of the language', () => {
  const set = (preferences: Preferences, code: string): void => {
    preferences.current = { ...DEFAULTS, language: code };
    preferences.changed.emit();
  };

  it('says nothing to the kernel of a page in plain English', () => {
    browser('en-US');
    expect(new PageLanguage(new Preferences(), 'en').forKernel()).toEqual({});
  });

  it('tells the language of JupyterLab, or of the browser, or what was set', () => {
    browser('uk');
    const preferences = new Preferences();
    expect(new PageLanguage(preferences, 'cs-CZ').forKernel()).toEqual({ language: 'cs' });
    const page = new PageLanguage(preferences, 'en');
    expect(page.forKernel()).toEqual({ language: 'uk' });
    set(preferences, 'en');
    expect([language(), page.forKernel()]).toEqual(['en', { language: 'en' }]);
  });

  it('takes back what it said', () => {
    browser('en');
    const preferences = new Preferences();
    const page = new PageLanguage(preferences, 'en');
    set(preferences, 'uk');
    expect([language(), page.forKernel()]).toEqual(['uk', { language: 'uk' }]);
    set(preferences, 'auto');
    expect([language(), page.forKernel()]).toEqual(['en', { language: null }]);
  });

  it('goes before what was chosen for a kernel earlier, when it is set anew', () => {
    browser('en');
    const preferences = new Preferences();
    new PageLanguage(preferences, 'en');
    choose('cs');
    set(preferences, 'uk');
    expect(language()).toBe('uk');
  });
});
