import { beforeEach, describe, expect, it } from 'vitest';
import flag from '../../../tests/fixtures/protocol/flag.json';
import panel from '../../src/panel/index';
import { FakeModel } from './model';

function render(state: unknown): { model: FakeModel; el: HTMLElement } {
  const model = new FakeModel({ view: 'flag', state });
  const el = document.createElement('div');
  document.body.append(el);
  panel.render({ model, el });
  return { model, el };
}

const named = (el: HTMLElement, name: string): HTMLButtonElement =>
  [...el.querySelectorAll('button')].find((made) => made.textContent === name) as HTMLButtonElement;
const visible = (el: HTMLElement, of: string): boolean =>
  !el.querySelector(of)?.closest('[hidden]') && !el.classList.contains('nnw-quiet');
const asked = (model: FakeModel): unknown => model.sent.at(-1)?.value;

beforeEach(() => document.body.replaceChildren());

describe('the flag', () => {
  it('says what is seen', () => {
    const { el } = render(flag);
    expect(el.querySelector('.nnw-flagtext')?.textContent).toBe(flag.text);
    expect(el.querySelector('.nnw-flagcard')?.getAttribute('data-level')).toBe('raised');
    expect(named(el, 'Go back to the best (epoch 14, 0.412)')).toBeTruthy();
  });

  it('is silent while there is nothing to say, and speaks once when there is', () => {
    const { model, el } = render({ ...flag, level: 'none', text: '' });
    const spoken: string[] = [];
    el.addEventListener('nnw-say', (event) => spoken.push((event as CustomEvent).detail));
    expect(visible(el, '.nnw-flagcard')).toBe(false);
    model.set('state', flag);
    model.set('state', { ...flag, verdict: 'With dropout 0 → 0.5: better.' });
    model.set('state', { ...flag, now: 'It now stands at 0.5.' });
    expect(visible(el, '.nnw-flagcard')).toBe(true);
    expect(spoken).toEqual([flag.text]);
  });

  it('asks for the best, and for a branch with what was chosen', () => {
    const { model, el } = render(flag);
    named(el, 'Go back to the best (epoch 14, 0.412)').click();
    expect(asked(model)).toEqual({ control: 'restore', value: 'best' });
    const choice = el.querySelector('select') as HTMLSelectElement;
    expect([...choice.options].map((option) => option.textContent)).toEqual(['dropout 0.5', 'half the size']);
    choice.selectedIndex = 1;
    named(el, 'Branch from the best with').click();
    expect(asked(model)).toEqual({ control: 'branch', value: { from: 'best', size: 0.5 } });
  });

  it('keeps the choice while states come', () => {
    const { model, el } = render(flag);
    const choice = el.querySelector('select') as HTMLSelectElement;
    choice.selectedIndex = 1;
    model.set('state', { ...flag, text: 'later' });
    model.set('state', {
      ...flag,
      remedies: [{ label: 'weight decay 0.1', change: { weight_decay: 0.1 } }, ...flag.remedies],
    });
    expect(choice.value).toBe('half the size');
  });

  it('fades when it is withdrawn, and offers nothing any more', () => {
    const { el } = render({ ...flag, level: 'withdrawn', text: 'The flag is taken back: …' });
    expect(el.querySelector('.nnw-flagcard')?.getAttribute('data-level')).toBe('withdrawn');
    expect(el.querySelector('.nnw-flagtext')?.textContent).toContain('taken back');
    expect(visible(el, '.nnw-flagacts')).toBe(false);
  });

  it('offers the way back after the end, too', () => {
    const { el } = render({ ...flag, open: false, remedies: [] });
    expect(visible(el, '.nnw-flagacts')).toBe(true);
    expect(visible(el, '.nnw-branching')).toBe(false);
    expect(named(el, 'Go back to the best (epoch 14, 0.412)').title).toContain('the training is over');
  });

  it('offers nothing where nothing can be done', () => {
    expect(visible(render({ ...flag, best: null, remedies: [] }).el, '.nnw-flagacts')).toBe(false);
    expect(visible(render({ ...flag, remedies: [] }).el, '.nnw-branching')).toBe(false);
  });

  it('says what followed, and why nothing can be gone back to', () => {
    const { model, el } = render(flag);
    expect(el.textContent).toContain('It now stands at 0.482');
    model.set('state', { ...flag, best: null, remedies: [], nothing: 'This run watches numbers.' });
    expect(visible(el, '.nnw-flagacts')).toBe(false);
    expect(el.textContent).toContain('This run watches numbers.');
  });

  it('tells what became of the last of them, and no longer what was undone', () => {
    const { model, el } = render({ ...flag, last: 'branch from best: dropout 0 → 0.5, applied at step 90' });
    const answer = el.querySelector('.nnw-answer') as HTMLElement;
    expect(answer.textContent).toContain('applied at step 90');
    model.set('state', {
      ...flag,
      level: 'none',
      text: '',
      last: 'undone: branch from best, applied at step 95',
    });
    expect(answer.textContent).toBe('undone: branch from best, applied at step 95');
    expect(visible(el, '.nnw-flagacts')).toBe(true);
  });

  it('shows what came of a branch, also after the flag is gone', () => {
    const { el } = render({ ...flag, level: 'none', text: '', verdict: 'With dropout 0 → 0.5: better.' });
    expect(visible(el, '.nnw-verdict')).toBe(true);
    expect(el.querySelector('.nnw-verdict')?.textContent).toBe('With dropout 0 → 0.5: better.');
    expect(visible(el, '.nnw-flagacts')).toBe(true);
  });

  it('explains itself in plain words', () => {
    const { el } = render(flag);
    const help = el.querySelector('details') as HTMLDetailsElement;
    expect(help.open).toBe(false);
    for (const word of ['variance', 'bias', 'gap', 'dropout']) expect(help.textContent).toContain(word);
  });

  it('does not guess at a state of another version', () => {
    const { el } = render({ ...flag, wire: 2 });
    expect(el.querySelector('.nnw-flagtext')?.textContent).toBe('');
  });
});
