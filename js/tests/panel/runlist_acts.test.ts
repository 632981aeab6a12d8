import { describe, expect, it } from 'vitest';
import {
  all,
  choose,
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
} from './runlist_page';

freshPage();

describe('the menu of a row', () => {
  it('opens, moves and closes by keyboard, and gives the focus back', () => {
    const { el } = render();
    const more = named(el, 'More for “small net”');
    const menu = el.querySelector('[role=menu]') as HTMLElement;
    more.focus();
    more.click();
    expect(more.getAttribute('aria-expanded')).toBe('true');
    expect(document.activeElement?.textContent).toBe('Rename');
    pressed('ArrowDown');
    expect(document.activeElement?.textContent).toBe('Pin');
    pressed('End');
    expect(document.activeElement?.textContent).toBe('Delete…');
    pressed('ArrowDown');
    expect(document.activeElement?.textContent).toBe('Rename');
    pressed('Escape');
    expect(menu.hidden).toBe(true);
    expect(document.activeElement).toBe(more);
    expect(more.getAttribute('aria-expanded')).toBe('false');
  });

  it('stays open while states come, with what is now true', () => {
    const { model, el } = render();
    named(el, 'More for “small net”').click();
    pressed('ArrowDown');
    model.set('state', { ...given, rows: [earlier, { ...running, pinned: true, epochs: 8 }] });
    expect((el.querySelector('[role=menu]') as HTMLElement).hidden).toBe(false);
    expect(document.activeElement?.textContent).toBe('Unpin');
    (document.activeElement as HTMLElement).click();
    expect(last(model)).toEqual(['pin', { id: running.id, pinned: false }]);
  });

  it('goes with its row, and the focus stays in the list', () => {
    const { model, el } = render();
    named(el, 'More for “small net”').click();
    model.set('state', { ...given, rows: [earlier] });
    expect((el.querySelector('[role=menu]') as HTMLElement).hidden).toBe(true);
    expect(document.activeElement?.textContent).toBe(earlier.name);
  });

  it('closes when something else is clicked, and at a second click', () => {
    const { el } = render();
    const more = named(el, 'More for “small net”');
    const menu = el.querySelector('[role=menu]') as HTMLElement;
    more.click();
    more.dispatchEvent(new Event('pointerdown', { bubbles: true }));
    more.click();
    expect(menu.hidden).toBe(true);
    more.click();
    el.dispatchEvent(new Event('pointerdown', { bubbles: true }));
    expect(menu.hidden).toBe(true);
  });

  it('offers a tab only where there are tabs', () => {
    const { model, el } = render();
    choose(el, 'small net', 'Open in a tab');
    expect(model.sent).toEqual([]);
    document.body.dataset.nnwLab = '';
    named(el, `More for “${earlier.name}”`).click();
    choose(el, 'small net', 'Open in a tab');
    expect(last(model)).toEqual(['tab', { id: running.id }]);
  });
});

describe('renaming', () => {
  const field = (el: Element): HTMLInputElement => el.querySelector('.nnw-list-field') as HTMLInputElement;

  it('saves with Enter and says what became of it', async () => {
    const { model, el } = render();
    choose(el, 'small net', 'Rename');
    expect(document.activeElement).toBe(field(el));
    field(el).value = ' wide net ';
    pressed('Enter');
    expect(last(model)).toEqual(['rename', { id: running.id, name: 'wide net' }]);
    model.answer({});
    await settled();
    expect(field(el)).toBeNull();
    expect(document.activeElement).toBe(named(el, 'More for “small net”'));
    expect(text(el, '[aria-live=polite]')).toBe('Renamed to “wide net”.');
  });

  it('shows a refusal where it was asked, and keeps what was typed', async () => {
    const { model, el } = render();
    choose(el, 'small net', 'Rename');
    field(el).value = '';
    pressed('Enter');
    model.answer({ ok: false, error: 'A name has a letter.' });
    await settled();
    expect(text(row(el, 'small net'), '.nnw-note')).toBe('A name has a letter.');
    expect(field(el).getAttribute('aria-invalid')).toBe('true');
    expect(text(el, '.nnw-answer')).toBe('');
    expect(text(el, '[aria-live=polite]')).toBe('A name has a letter.');
  });

  it('asks nothing where it is cancelled or nothing changed', () => {
    const { model, el } = render();
    for (const key of ['Escape', 'Enter']) {
      choose(el, 'small net', 'Rename');
      pressed(key);
      expect(field(el)).toBeNull();
    }
    expect(model.sent).toEqual([]);
  });

  it('goes on while states come, with its text and the focus', () => {
    const { model, el } = render();
    choose(el, 'small net', 'Rename');
    field(el).value = 'half a na';
    model.set('state', { ...given, rows: [...many(5), damaged, { ...running, epochs: 9 }] });
    expect(field(el).value).toBe('half a na');
    expect(document.activeElement).toBe(field(el));
  });
});

describe('deleting', () => {
  const question = (el: Element): HTMLElement => named<HTMLElement>(el, 'Delete “small net” for good?');
  const press = (el: Element, label: string): void =>
    all(question(el), 'button')
      .find((button) => button.textContent === label)
      ?.click();

  it('asks in the row, and Cancel or Escape lets it be', () => {
    const { model, el } = render();
    choose(el, 'small net', 'Delete…');
    expect(document.activeElement?.textContent).toBe('Cancel');
    pressed('Escape');
    expect(question(el)).toBeUndefined();
    choose(el, 'small net', 'Delete…');
    press(el, 'Cancel');
    expect(question(el)).toBeUndefined();
    expect(document.activeElement).toBe(named(el, 'More for “small net”'));
    expect(model.sent).toEqual([]);
  });

  it('deletes once, and the focus goes to the run in its place', async () => {
    const { model, el } = render({ ...given, rows: [running, { ...earlier, pinned: false }] });
    choose(el, 'small net', 'Delete…');
    press(el, 'Delete');
    press(el, 'Delete');
    expect(model.sent).toHaveLength(1);
    expect(last(model)).toEqual(['delete', { id: running.id }]);
    model.answer({});
    await settled();
    model.set('state', { ...given, rows: [earlier] });
    expect(document.activeElement?.textContent).toBe(earlier.name);
    expect(text(el, '[aria-live=polite]')).toBe('Deleted “small net”.');
  });

  it('leaves the focus at the heading when the last one goes', () => {
    const { model, el } = render({ ...given, rows: [running] });
    choose(el, 'small net', 'Delete…');
    model.set('state', { ...given, rows: [] });
    expect(document.activeElement).toBe(el.querySelector('h2'));
  });

  it('says why it is refused, in the row', async () => {
    const { model, el } = render();
    choose(el, 'small net', 'Delete…');
    press(el, 'Delete');
    model.answer({ ok: false, error: 'It is still being written. Stop it first.' });
    await settled();
    expect(text(question(el), '.nnw-note')).toBe('It is still being written. Stop it first.');
  });

  it('leaves open what was opened after it, when its answer comes late', async () => {
    const { model, el } = render();
    choose(el, 'small net', 'Delete…');
    press(el, 'Delete');
    choose(el, 'small net', 'Rename');
    model.answer({});
    await settled();
    expect(document.activeElement?.className).toBe('nnw-list-field');
  });

  it('tells a refusal above the list where the question was closed before', async () => {
    const { model, el } = render();
    choose(el, 'small net', 'Delete…');
    press(el, 'Delete');
    pressed('Escape');
    model.answer({ ok: false, error: 'Too late.' });
    await settled();
    expect(text(el, '.nnw-answer')).toBe('Too late.');
  });
});
