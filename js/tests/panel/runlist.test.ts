import { describe, expect, it, vi } from 'vitest';
import { FakeModel } from './model';
import {
  all,
  damaged,
  earlier,
  freshPage,
  given,
  last,
  many,
  named,
  pressed,
  render,
  row,
  running,
  settled,
  text,
  view,
} from './runlist_page';
import { Sight } from './sight';

freshPage();

describe('the list of runs', () => {
  it('says what is known of each run', () => {
    const { el } = render();
    expect(text(el, 'h2')).toBe('Runs 3');
    const item = row(el, 'small net');
    expect(text(item, '.nnw-pill')).toBe('running');
    expect(item.querySelector('.nnw-pill')?.getAttribute('data-status')).toBe('running');
    expect(text(item, '.nnw-list-epochs')).toBe('7 epochs');
    expect(text(item, '.nnw-list-best')).toBe('best 0.213');
    expect(text(item, '.nnw-list-flag')).toContain('flag raised');
    expect(item.querySelector('svg[role=img]')?.getAttribute('aria-label')).toBe(
      'validation loss, from 0.91 to 0.22, lowest 0.213',
    );
    expect(item.querySelector('[aria-current=true]')?.textContent).toBe('small net');
    expect(all(el, '[aria-current]')).toHaveLength(1);
  });

  it('puts pinned runs first and says that they are pinned', () => {
    const { el } = render();
    expect(text(el, 'li .nnw-list-name')).toBe('<b>an earlier one</b>');
    expect(text(row(el, earlier.name), '.nnw-list-pin')).toBe('pinned');
  });

  it('shows names as text, whole in the title', () => {
    const { el } = render();
    const name = row(el, earlier.name).querySelector('.nnw-list-name');
    expect(el.querySelector('b')).toBeNull();
    expect(name?.getAttribute('title')).toBe('<b>an earlier one</b>');
  });

  it('names what is damaged, with the reason, and only lets it be deleted', () => {
    const { model, el } = render();
    const item = row(el, damaged.name);
    expect(text(item, '.nnw-pill')).toBe('damaged');
    expect(text(item, '.nnw-list-reason')).toBe('It cannot be read: it is empty.');
    (item.querySelector('.nnw-list-name') as HTMLElement).click();
    expect(model.sent).toEqual([]);
    named(el, `More for “${damaged.name}”`).click();
    expect(all(el, '[role=menuitem]').map((entry) => entry.textContent)).toEqual(['Delete…']);
  });

  it('shows the run whose name is clicked', () => {
    const { model, el } = render();
    (row(el, earlier.name).querySelector('.nnw-list-name') as HTMLElement).click();
    expect(last(model)).toEqual(['show', { id: earlier.id }]);
    model.set('state', { ...given, shown: earlier.id });
    expect(text(el, '[aria-current]')).toBe(earlier.name);
  });

  it('says where a run goes on that is not of this kernel', () => {
    const { el } = render({ ...given, rows: [{ ...running, here: false }] });
    expect(text(el, '.nnw-pill')).toBe('running elsewhere');
  });

  it('says what to do where there are none', () => {
    const { el } = render({ ...given, rows: [] });
    expect(text(el, '.nnw-empty')).toContain('nnw.watch(model, optimizer)');
    expect(text(el, '.nnw-empty')).toContain(given.store);
  });

  it('shows the fault of the store, and does not call it empty', () => {
    const { el } = render({ ...given, rows: [], error: 'The folder cannot be read.' });
    expect(text(el, '.nnw-error')).toBe('The folder cannot be read.');
    expect((el.querySelector('.nnw-empty') as HTMLElement).hidden).toBe(true);
  });

  it('does not say that there are none before the kernel has looked', () => {
    const { el } = render({ ...given, rows: [], store: '' });
    expect((el.querySelector('.nnw-empty') as HTMLElement).hidden).toBe(true);
  });

  it('does not guess at a kernel of another version, and waits for one that has not spoken', () => {
    expect(text(render({}).el, '.nnw-answer')).toBe('');
    expect(text(render({ ...given, wire: 99 }).el, '.nnw-answer')).toContain('Reload');
  });

  it('lets go of everything when the view ends', () => {
    const { model, end } = render();
    Sight.see(true);
    end();
    expect(model.listeners).toBe(0);
    expect(Sight.all.at(-1)?.ended).toBe(true);
  });
});

describe('search and order', () => {
  const type = (el: Element, words: string): HTMLInputElement => {
    const search = el.querySelector('input[type=search]') as HTMLInputElement;
    search.value = words;
    search.dispatchEvent(new Event('input'));
    return search;
  };

  it('finds by name and status, says how many, and Escape shows all again', () => {
    const { el } = render();
    const search = type(el, 'finished');
    expect(all(el, 'li').map((item) => text(item, '.nnw-list-name'))).toEqual([earlier.name]);
    expect(text(el, 'h2')).toBe('Runs 1 of 3');
    expect(text(el, '[aria-live=polite]')).toBe('1 of 3 runs');
    pressed('Escape', search);
    expect(all(el, 'li')).toHaveLength(3);
    expect(search.value).toBe('');
  });

  it('says that nothing was found', () => {
    const { el } = render();
    type(el, '<i>');
    expect(text(el, '.nnw-empty')).toContain('“<i>”');
  });

  it('sorts by what is chosen', () => {
    const { el } = render({ ...given, rows: many(3).map((item, i) => ({ ...item, epochs: i })) });
    const choice = el.querySelector('select') as HTMLSelectElement;
    choice.value = 'epochs';
    choice.dispatchEvent(new Event('change'));
    expect(all(el, '.nnw-list-name').map((name) => name.textContent)).toEqual(['run 2', 'run 1', 'run 0']);
  });

  it('is remembered while the sidebar is hidden', () => {
    const first = render();
    type(first.el, 'small');
    first.end();
    first.el.remove();
    const { el } = view(new FakeModel(first.model.values));
    expect(all(el, 'li')).toHaveLength(1);
    expect((el.querySelector('input[type=search]') as HTMLInputElement).value).toBe('small');
    expect(all(render().el, 'li')).toHaveLength(3);
  });
});

describe('drawing beside the run above', () => {
  it('asks for it, and shows the colour that it got', () => {
    const { model, el } = render();
    const box = named<HTMLInputElement>(el, `Draw “${earlier.name}” beside the run above`);
    expect(box.checked).toBe(true);
    expect(row(el, earlier.name).querySelector('.nnw-swatch-ghost')?.getAttribute('data-place')).toBe('1');
    box.click();
    expect(last(model)).toEqual(['overlay', { id: earlier.id, shown: false }]);
  });

  it('goes back to what is so when it is refused, and says why', async () => {
    const { model, el } = render({ ...given, rows: [running, { ...earlier, place: null }] });
    const box = named<HTMLInputElement>(el, `Draw “${earlier.name}” beside the run above`);
    box.click();
    model.answer({ ok: false, error: 'Four runs are drawn already.' });
    await settled();
    expect(box.checked).toBe(false);
    expect(text(el, '.nnw-answer')).toBe('Four runs are drawn already.');
    expect(text(el, '[aria-live=polite]')).toBe('Four runs are drawn already.');
  });

  it('keeps a click while states come that do not know of it yet', () => {
    const { model, el } = render();
    const box = named<HTMLInputElement>(el, `Draw “${earlier.name}” beside the run above`);
    box.click();
    model.set('state', { ...given, rows: [running, { ...earlier, epochs: 61 }] });
    expect(box.checked).toBe(false);
  });

  it('is not offered where nothing is shown, nor for the run above itself', () => {
    const { model, el } = render();
    expect(named(el, 'Draw “small net” beside the run above').hasAttribute('data-away')).toBe(true);
    model.set('state', { ...given, shown: null });
    expect(named<HTMLInputElement>(el, 'Draw “small net” beside the run above').disabled).toBe(true);
  });
});

describe('asking for the list', () => {
  it('asks when it comes into view and every 5 s while it is there', async () => {
    vi.useFakeTimers();
    const { model, end } = render();
    expect(model.sent).toEqual([]);
    Sight.see(true);
    const answered = async (ms: number): Promise<void> => {
      model.answer({});
      await vi.advanceTimersByTimeAsync(ms);
    };
    expect(last(model)).toEqual(['runs', null]);
    await answered(4999);
    expect(model.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(model.sent).toHaveLength(2);
    Sight.see(false);
    await answered(60_000);
    expect(model.sent).toHaveLength(2);
    Sight.see(true);
    expect(model.sent).toHaveLength(3);
    end();
    await answered(60_000);
    expect(model.sent).toHaveLength(3);
  });

  it('waits while the page is hidden', async () => {
    vi.useFakeTimers();
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    const { model } = render();
    Sight.see(true);
    expect(model.sent).toEqual([]);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(model.sent).toHaveLength(1);
    hidden.mockRestore();
  });

  it('waits while the page has lost the kernel', async () => {
    vi.useFakeTimers();
    const { model, el } = render();
    el.dataset.kernel = 'away';
    Sight.see(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(model.sent).toEqual([]);
    delete el.dataset.kernel;
    await vi.advanceTimersByTimeAsync(5000);
    expect(model.sent).toHaveLength(1);
  });

  it('does not pile up requests, and asks again when an answer is lost', async () => {
    vi.useFakeTimers();
    const { model } = render();
    Sight.see(true);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(model.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(model.sent).toHaveLength(2);
  });

  it('tells that it failed, until it works again', async () => {
    vi.useFakeTimers();
    const { model, el } = render();
    Sight.see(true);
    model.answer({ ok: false, error: 'The disk is gone.' });
    await vi.advanceTimersByTimeAsync(5000);
    expect(text(el, '.nnw-answer')).toBe('The disk is gone.');
    model.answer({});
    await vi.advanceTimersByTimeAsync(1);
    expect(text(el, '.nnw-answer')).toBe('');
  });
});

// jsdom takes milliseconds for a row, and many on a busy machine.
describe('many runs', { timeout: 30_000 }, () => {
  it('draws 200 and the others when asked to, with the focus on the next', () => {
    const { el } = render({ ...given, rows: many(210) });
    expect(all(el, 'li')).toHaveLength(200);
    const rest = el.querySelector('.nnw-list-rest') as HTMLElement;
    expect(rest.textContent).toBe('Show all 210 runs');
    rest.click();
    expect(all(el, 'li')).toHaveLength(210);
    expect(document.activeElement?.textContent).toBe('run 200');
    expect(rest.hidden).toBe(true);
  });

  it('changes only the row that changed', () => {
    const rows = many(100);
    const { model, el } = render({ ...given, rows });
    const list = el.querySelector('ul') as HTMLElement;
    const seen = new MutationObserver(() => {});
    seen.observe(list, { childList: true, subtree: true, attributes: true, characterData: true });
    const next = rows.map((item, i) => (i === 3 ? { ...item, epochs: 61 } : { ...item }));
    model.set('state', { ...given, rows: next });
    const touched = new Set(seen.takeRecords().map(({ target }) => target.parentElement?.closest('li')));
    expect([...touched].map((item) => item && text(item, '.nnw-list-name'))).toEqual(['run 3']);
  });
});
