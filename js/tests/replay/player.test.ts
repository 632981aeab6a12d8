import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import shared from '../../../tests/fixtures/protocol/lesson.json';
import { addCatalogues, useLanguage } from '../../src/i18n';
import { make } from '../../src/replay';
import { Choice } from '../../src/replay/choice';
import { WHOLE } from '../../src/replay/clock';
import { begin } from '../../src/replay/page';
import type { Lesson, LessonRun, LessonSeries } from '../../src/replay/protocol';
import { lesson, packed, run, switched } from './made';
import { Page } from './page';

let pages: Page[] = [];
const open = (made: Lesson = lesson()): Page => {
  const page = new Page(made);
  pages.push(page);
  return page;
};
/** Machines that do much else at once take their time. */
const PATIENCE = { timeout: 15_000 };
vi.setConfig({ testTimeout: 20_000 });
const NAME = '<img src=x onerror="window.pwned=1"></script>';

beforeEach(() => {
  vi.useFakeTimers();
  document.body.replaceChildren();
});
afterEach(() => {
  for (const page of pages) page.life.abort();
  pages = [];
  vi.useRealTimers();
  useLanguage('en');
});

describe('playing', () => {
  it('begins with the finished run and a button that plays it', () => {
    const page = open();
    expect(page.facts).toBe('epoch 10 / 10 · step 100 · 0:10');
    expect(page.one('.nnw-pill').textContent).toBe('finished');
    expect(page.legend).toEqual(['training0.010', 'validation0.700']);
    page.button('Play the training').click();
    expect(page.step).toBe(0);
    expect(page.one('.nnw-replay-start').hidden).toBe(true);
    expect(page.button('Pause')).toBeDefined();
  });

  it('goes through the run and stops at its end', () => {
    const page = open();
    page.button('speed 4×').click();
    page.button('Play').click();
    vi.advanceTimersByTime(WHOLE / 8);
    expect(page.step).toBeGreaterThan(45);
    expect(page.step).toBeLessThan(55);
    vi.advanceTimersByTime(WHOLE / 4);
    expect(page.step).toBe(100);
    expect(page.button('Play')).toBeDefined();
    expect(page.one('[role=status]').textContent).toBe('The end of the run');
  });

  it('begins with the big button, whose place on the chart is no place to go to', () => {
    const page = open();
    const start = page.button('Play the training');
    start.focus();
    start.dispatchEvent(new MouseEvent('pointerdown', { bubbles: true, button: 0, clientX: 300 }));
    expect([page.step, start.hidden]).toEqual([100, false]);
    start.click();
    expect(page.step).toBe(0);
    // The button is gone; the keys go on in the chart.
    expect(document.activeElement).toBe(page.one('.nnw-c'));
  });

  it('is on paper as it ended, and afterwards as it was', () => {
    const page = open();
    const start = page.one('.nnw-replay-start');
    window.dispatchEvent(new Event('beforeprint'));
    window.dispatchEvent(new Event('afterprint'));
    expect(start.hidden).toBe(false);
    page.seek(30);
    window.dispatchEvent(new Event('beforeprint'));
    expect(page.step).toBe(100);
    window.dispatchEvent(new Event('afterprint'));
    expect([page.step, start.hidden]).toEqual([30, true]);
  });

  it('pauses, goes on from there, and begins again', () => {
    const page = open();
    page.button('Play').click();
    vi.advanceTimersByTime(1000);
    page.button('Pause').click();
    const { step } = page;
    vi.advanceTimersByTime(1000);
    expect(page.step).toBe(step);
    expect(page.one('[role=status]').textContent).toMatch(/^Paused at epoch \d, step \d+$/);
    page.button('From the beginning').click();
    expect(page.step).toBe(0);
  });

  it('shows where the slider is, and says it in words', () => {
    const page = open();
    page.seek(45);
    expect(page.facts).toBe('epoch 5 / 10 · step 45 · 0:05');
    expect(page.slider.getAttribute('aria-valuetext')).toBe('epoch 5, step 45');
    expect(page.legend).toEqual(['training0.022', 'validation0.300']);
    expect(page.one('.nnw-pill').textContent).toBe('recorded');
  });

  it('counts a step when it is done, as its values do', () => {
    const page = open();
    page.seek(49.8);
    expect(page.facts).toBe('epoch 5 / 10 · step 49 · 0:05');
    expect(page.legend).toEqual(['training0.020', 'validation0.300']);
    page.seek(50);
    expect(page.legend).toEqual(['training0.020', 'validation0.200']);
  });

  it('does not chatter to who hears the slider while it plays', () => {
    const page = open();
    const heard = (): string | null => page.slider.getAttribute('aria-valuetext');
    page.button('Play').click();
    const texts = new Set([heard()]);
    for (let i = 0; i < 20; i++) {
      vi.advanceTimersByTime(50);
      texts.add(heard());
    }
    expect([...texts]).toEqual(['epoch 1, step 0']);
    vi.advanceTimersByTime(2500);
    expect(heard()).not.toBe('epoch 1, step 0');
    page.seek(70);
    expect(heard()).toBe('epoch 8, step 70');
    vi.advanceTimersByTime(400);
    page.button('Pause').click();
    expect(heard()).toMatch(/^epoch 8, step 7[12]$/);
  });

  it('raises the flag where it was raised, in a place that was kept', () => {
    const page = open();
    const text = (): string => page.one('.nnw-flagtext:not(.nnw-replay-room)').textContent ?? '';
    page.seek(79);
    expect(text()).toBe('No flag so far.');
    page.seek(80);
    expect(text()).toBe('It rises.');
    expect(page.one('.nnw-flagcard').dataset.level).toBe('raised');
    expect(page.one('.nnw-replay-room').textContent).toBe('It rises.');
  });

  it('goes from epoch to epoch where motion is not wanted', () => {
    vi.stubGlobal('matchMedia', (query: string) => ({
      matches: query.includes('reduced-motion'),
      addEventListener: () => {},
    }));
    const page = open();
    const seen = new Set<number>();
    page.button('speed 4×').click();
    page.button('Play').click();
    for (let time = 0; time < WHOLE / 4 + 200; time += 100) {
      vi.advanceTimersByTime(100);
      seen.add(page.step);
    }
    expect([...seen]).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    vi.unstubAllGlobals();
  });

  it('is two players where there are two, and nothing where it ended', () => {
    const [one, other] = [open(), open()];
    one.seek(30);
    expect([one.step, other.step]).toEqual([30, 100]);
    one.button('Play').click();
    const { slider } = one;
    one.life.abort();
    expect(one.el.children).toHaveLength(0);
    const { value } = slider;
    vi.advanceTimersByTime(1000);
    expect(slider.value).toBe(value);
  });
});

describe('keys', () => {
  it('play, move and jump while the focus is in the player', () => {
    const page = open();
    const chart = page.one('.nnw-c');
    expect(page.press(chart, 'Home')).toBe(true);
    expect(page.step).toBe(0);
    page.press(chart, 'ArrowRight');
    expect(page.step).toBe(1);
    page.press(chart, 'ArrowRight', { shiftKey: true });
    expect(page.step).toBe(10);
    page.press(chart, 'ArrowLeft');
    expect(page.step).toBe(9);
    page.press(page.slider, 'PageUp');
    expect(page.step).toBe(10);
    page.press(chart, 'End');
    expect(page.step).toBe(100);
    page.press(chart, ' ');
    expect(page.button('Pause')).toBeDefined();
    page.press(chart, ' ');
    expect(page.button('Play')).toBeDefined();
  });

  it('are no tab by tab where the browser means something by them', () => {
    const page = open();
    const tab = page.one('[role=tab]');
    expect(page.press(tab, 'ArrowLeft', { altKey: true })).toBe(false);
    expect(tab.ariaSelected ?? tab.getAttribute('aria-selected')).toBe('true');
  });

  it('play once, however long the bar is held', () => {
    const page = open();
    const chart = page.one('.nnw-c');
    page.press(chart, ' ');
    expect(page.press(chart, ' ', { repeat: true })).toBe(true);
    expect(page.button('Pause')).toBeDefined();
  });

  it('belong to whatever uses them itself', () => {
    const page = open(switched());
    page.seek(50);
    const radio = page.one('.nnw-replay-switch input');
    const tab = page.one('[role=tab]');
    for (const [target, key] of [
      [radio, 'ArrowRight'],
      [radio, ' '],
      [tab, 'Home'],
      [page.button('log'), ' '],
      [page.one('.nnw-c'), 'ArrowDown'],
      [page.one('.nnw-c'), 'PageUp'],
    ] as const) {
      if (target !== tab) expect(page.press(target, key)).toBe(false);
      else page.press(target, key);
      expect(page.step).toBe(50);
    }
    expect(page.press(page.one('.nnw-c'), 'ArrowRight', { ctrlKey: true })).toBe(false);
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }));
    expect(page.step).toBe(50);
  });
});

describe('values at a step', () => {
  const tip = (page: Page): HTMLElement => page.one('.nnw-c-tip');

  it('are read by keys that move, not by one that leaves', () => {
    const page = open();
    const chart = page.one('.nnw-c');
    page.press(chart, 'Tab');
    vi.advanceTimersByTime(500);
    expect(tip(page).hidden).toBe(true);
    page.press(chart, 'ArrowLeft');
    vi.advanceTimersByTime(500);
    expect(tip(page).textContent).toMatch(/step 99/);
  });

  it('are not read where the focus has left or the player has ended', () => {
    const page = open();
    const chart = page.one('.nnw-c');
    const spoken = page.one('.nnw-c [aria-live]');
    page.press(chart, 'ArrowLeft');
    chart.dispatchEvent(new FocusEvent('blur'));
    vi.advanceTimersByTime(500);
    expect(tip(page).hidden).toBe(true);
    page.press(chart, 'ArrowLeft');
    page.life.abort();
    vi.advanceTimersByTime(500);
    expect(spoken.textContent).toBe('');
  });
});

describe('switches', () => {
  it('lead from run to run by one value', () => {
    const choice = new Choice(switched());
    expect(choice.find({ dropout: '0.5', size: 'S' })).toBe(1);
    expect(choice.turned(0, 'size', 'L')).toBe(2);
    expect(choice.turned(1, 'size', 'L')).toBeNull();
    expect(choice.of(2)).toEqual({ dropout: '0', size: 'L' });
  });

  it('show the run of a combination, at the same step, with the untouched one behind', () => {
    const page = open(switched());
    page.seek(40);
    expect(page.el.querySelectorAll('.nnw-c-ghost')).toHaveLength(0);
    page.choose('0.5');
    expect(page.step).toBe(40);
    expect(page.legend).toEqual(['training0.025', 'validation0.300', 'dropout 00.300']);
    expect(page.one('.nnw-c').querySelectorAll('.nnw-c-ghost')).toHaveLength(2);
    page.choose('0');
    page.choose('L');
    expect([page.step, page.slider.max]).toEqual([40, '50']);
    expect(page.facts).toMatch(/step 40/);
  });

  it('go on playing', () => {
    const page = open(switched());
    page.button('Play').click();
    vi.advanceTimersByTime(500);
    page.choose('0.5');
    const { step } = page;
    vi.advanceTimersByTime(500);
    expect(page.step).toBeGreaterThan(step);
  });

  it('offer nothing that was not recorded, and say why', () => {
    const page = open(switched());
    const large = page.one<HTMLInputElement>('input[value=L]');
    expect(large.disabled).toBe(false);
    page.choose('0.5');
    expect(large.disabled).toBe(true);
    expect(large.closest('label')?.title).toBe('This combination was not recorded.');
  });

  it('lead to every run, also where no two of them differ in one value only', () => {
    const made = switched();
    const [small, , large] = made.runs as [LessonRun, LessonRun, LessonRun];
    const apart = { ...made, runs: [small, { ...large, choice: { dropout: '0.5', size: 'L' } }] };
    const page = open(apart);
    page.choose('0.5');
    const chosen = [...page.el.querySelectorAll<HTMLInputElement>('.nnw-replay-switch input:checked')];
    expect(chosen.map((one) => one.value)).toEqual(['0.5', 'L']);
    expect(page.el.querySelector('.nnw-replay-switch input:disabled')).toBeNull();
  });

  it('are those of one player, also where another one has a module of its own', async () => {
    const life = new AbortController();
    for (let i = 0; i < 2; i++) {
      vi.resetModules();
      const { play } = await import('../../src/replay/player');
      const el = document.createElement('div');
      document.body.append(el);
      play(switched(), el, life.signal);
    }
    const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(document.querySelectorAll('.nnw-replay-switch input:checked')).toHaveLength(4);
    life.abort();
  });

  it('are a list of runs where the runs have no values', () => {
    const page = open(lesson({ runs: [run(), run({ id: 'two', name: 'two', steps: 100 })] }));
    const picker = page.one<HTMLSelectElement>('.nnw-replay-switch select');
    expect([...picker.options].map((option) => option.textContent)).toEqual(['one', 'two']);
    picker.value = '1';
    picker.dispatchEvent(new Event('change'));
    expect(page.one('.nnw-replay-run').textContent).toBe('two');
    expect(page.one('.nnw-replay-beside').textContent).toBe('beside one');
  });
});

describe('the other tabs', () => {
  it('list what happened, and lead there', () => {
    const page = open();
    page.seek(50);
    page.button('Events').click();
    const entries = [...page.el.querySelectorAll<HTMLElement>('.nnw-eventlist li')];
    expect(entries.map((entry) => entry.textContent)).toEqual([
      'step 0Began.',
      'step 40The rate is 0.1 now.',
      'step 80It rises.',
      'step 100Ended.',
    ]);
    expect(entries.map((entry) => entry.dataset.future)).toEqual([undefined, undefined, '', '']);
    expect(entries[1]?.getAttribute('aria-current')).toBe('step');
    entries[2]?.querySelector('button')?.click();
    expect(page.step).toBe(80);
  });

  it('write the charts as tables, with the values where the playback is', () => {
    const page = open();
    page.button('Table').click();
    page.seek(45);
    const [table] = page.el.querySelectorAll('table');
    expect(table?.caption?.textContent).toBe('loss');
    const cells = (row: Element | null | undefined): string[] =>
      [...(row?.children ?? [])].map((cell) => cell.textContent ?? '');
    expect(cells(table?.querySelector('.nnw-replay-now'))).toEqual(['here: 45', '4.5', '0.022', '0.300']);
    expect(cells(table?.tBodies[0]?.rows[4])).toEqual(['50', '5', '0.020', '0.200']);
    expect(cells(table?.tFoot?.rows[0])).toEqual(['best', '', '0.010', '0.200']);
    expect(table?.tBodies[0]?.querySelectorAll('[data-future]')).toHaveLength(6);
  });

  it('draw the graph of the lesson, with the statistics of the step', async () => {
    vi.useRealTimers();
    const page = open({ ...(shared as unknown as Lesson), language: 'en' });
    page.button('Graph').click();
    await vi.waitFor(
      () => expect(page.el.querySelectorAll('[data-key]').length).toBeGreaterThan(3),
      PATIENCE,
    );
    const layer = [...page.el.querySelectorAll<SVGElement>('[data-key]')].find((box) =>
      box.textContent?.startsWith('Linear'),
    );
    expect(layer).toBeDefined();
    expect(page.one<HTMLSelectElement>('.nnw-graph-tools select').disabled).toBe(false);
  });
});

describe('the graph', () => {
  it('is that of the run that is shown, and none where that has none', async () => {
    vi.useRealTimers();
    const [drawn] = (shared as unknown as Lesson).runs as [LessonRun];
    const page = open(lesson({ runs: [{ ...drawn, choice: {} }, run({ id: 'none', name: 'none' })] }));
    page.button('Graph').click();
    await vi.waitFor(() => expect(page.el.querySelector('[data-key]')).not.toBeNull(), PATIENCE);
    const shown = page.one('.nnw-graph-all');
    const picker = page.one<HTMLSelectElement>('.nnw-replay-switch select');
    const show = (place: string): void => {
      picker.value = place;
      picker.dispatchEvent(new Event('change'));
    };
    show('1');
    expect(shown.hidden).toBe(true);
    expect(page.one('.nnw-graph-message').textContent).toBe('No graph was recorded with this run.');
    show('0');
    await vi.waitFor(() => expect(shown.hidden).toBe(false), PATIENCE);
  });
});

describe('what a page says', () => {
  it('is text, whatever it looks like', () => {
    const named = run({
      name: NAME,
      error: NAME,
      status: 'failed',
      facts: [[NAME, NAME]],
      events: [
        { step: 1, time: 0, level: 'error', kind: 'intervention', applied: true, text: NAME, short: NAME },
      ],
      flags: [
        {
          step: 1,
          level: 'raised',
          kind: 'instability',
          text: NAME,
          onset: null,
          best_step: null,
          best: null,
        },
      ],
    });
    const page = open(lesson({ title: NAME, runs: [named], left_out: [{ name: NAME, reason: NAME }] }));
    for (const tab of ['Table', 'Events', 'Graph']) page.button(tab).click();
    expect(page.el.textContent?.split(NAME).length).toBeGreaterThan(6);
    expect(page.el.querySelector('img, script')).toBeNull();
  });

  it('changes its language and stays where it was', () => {
    addCatalogues({
      uk: { name: 'Українська', messages: { Play: 'Відтворити', 'step {step}': 'крок {step}' } },
    });
    const page = open(lesson({ language: null }));
    page.seek(40);
    const picker = page.one<HTMLSelectElement>('.nnw-replay-language');
    picker.value = 'uk';
    picker.dispatchEvent(new Event('change'));
    expect(page.button('Відтворити')).toBeDefined();
    expect(page.facts).toMatch(/крок 40/);
    expect(page.one('.nnw-replay-facts dt').textContent).toBe('оптимізатор');
  });

  it('has the language that its author chose', () => {
    addCatalogues({ uk: { name: 'Українська', messages: { Play: 'Відтворити' } } });
    const page = open(lesson({ language: 'uk' }));
    expect(page.button('Відтворити')).toBeDefined();
    expect(page.one('.nnw-replay-language')).toBeNull();
  });

  it('is dark where the page around says so', async () => {
    document.documentElement.dataset.theme = 'dark';
    const page = open();
    const root = page.one('.nnw-replay');
    expect(root.dataset.jpThemeLight).toBe('false');
    document.documentElement.dataset.theme = 'light';
    await vi.waitFor(() => expect(root.dataset.jpThemeLight).toBe('true'));
    delete document.documentElement.dataset.theme;
    document.body.className = 'dark';
    await vi.waitFor(() => expect(root.dataset.jpThemeLight).toBe('false'));
    document.body.className = '';
  });
});

describe('the two ways into a page', () => {
  beforeEach(() => vi.useRealTimers());

  it('take the place of the picture in an HTML file', async () => {
    document.body.innerHTML = '<main id="nnw-replay"><svg></svg></main>';
    const script = document.createElement('script');
    script.type = 'text/plain';
    script.id = 'nnw-lesson';
    script.textContent = await packed(lesson());
    document.body.append(script);
    await begin();
    const home = document.getElementById('nnw-replay');
    expect(home?.querySelector('.nnw-replay .nnw-name')?.textContent).toBe('A lesson');
    expect([...(home?.children ?? [])].map((one) => one.tagName)).toEqual(['DIV']);
    const opened = (): string | null | undefined =>
      document.querySelector('#nnw-replay > :last-child [role=tab][aria-selected=true]')?.textContent;
    expect(opened()).toBe('Curves');
    location.hash = '#table';
    await begin();
    expect(opened()).toBe('Table');
    location.hash = '#nowhere';
    await begin();
    expect(opened()).toBe('Curves');
  });

  it('leave the picture where nothing can be played, and say why', async () => {
    document.body.innerHTML =
      '<main id="nnw-replay"><svg></svg></main><script type="text/plain" id="nnw-lesson">broken</script>';
    await begin();
    expect(document.querySelector('[role=alert]')?.textContent).toMatch(/damaged/);
    expect(document.querySelector('#nnw-replay > svg')).not.toBeNull();
  });

  it('leave the picture alone where a part of the recording is broken', async () => {
    document.body.innerHTML = '<main id="nnw-replay"><svg></svg></main>';
    const script = document.createElement('script');
    script.type = 'text/plain';
    script.id = 'nnw-lesson';
    const [one] = run().series as [LessonSeries];
    const broken = { ...one, mean: { type: 'f8' as const, data: '*' } };
    script.textContent = await packed(lesson({ runs: [run({ series: [broken] })] }));
    document.body.append(script);
    await begin();
    const home = document.getElementById('nnw-replay');
    expect([...(home?.children ?? [])].map((child) => child.tagName)).toEqual(['P', 'svg']);
  });

  it('leave the players that are there in the language that was picked', async () => {
    vi.resetModules();
    const fresh = await import('../../src/replay');
    document.documentElement.lang = 'en';
    const [first, second] = [document.createElement('div'), document.createElement('div')];
    document.body.append(first, second);
    const module = fresh.make(await packed(lesson({ language: null })));
    const ends = [module.render({ model: { get: () => undefined }, el: first })];
    await vi.waitFor(() => expect(first.querySelector('.nnw-name')).not.toBeNull(), PATIENCE);
    const picker = first.querySelector('.nnw-replay-language') as HTMLSelectElement;
    picker.value = 'uk';
    picker.dispatchEvent(new Event('change'));
    ends.push(module.render({ model: { get: () => undefined }, el: second }));
    await vi.waitFor(() => expect(second.querySelector('.nnw-name')).not.toBeNull(), PATIENCE);
    const words = [first, second].map((el) => el.querySelector('.nnw-replay-play')?.textContent);
    expect(words).toEqual(['Відтворити', 'Відтворити']);
    for (const end of ends) end();
  });

  it('render into the element of a widget, and leave it empty', async () => {
    const el = document.createElement('div');
    document.body.append(el);
    const end = make(await packed(lesson())).render({ model: { get: () => undefined }, el });
    await vi.waitFor(() => expect(el.querySelector('.nnw-name')?.textContent).toBe('A lesson'), PATIENCE);
    end();
    expect(el.children).toHaveLength(0);
    const own = await packed(lesson({ title: 'Its own' }));
    const again = make('').render({ model: { get: (name) => (name === 'lesson' ? own : undefined) }, el });
    await vi.waitFor(() => expect(el.querySelector('.nnw-name')?.textContent).toBe('Its own'), PATIENCE);
    again();
  });
});
