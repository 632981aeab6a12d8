import { beforeEach, describe, expect, it } from 'vitest';
import foot from '../../../tests/fixtures/protocol/foot.json';
import head from '../../../tests/fixtures/protocol/head.json';
import legend from '../../../tests/fixtures/protocol/legend.json';
import options from '../../../tests/fixtures/protocol/options.json';
import page from '../../../tests/fixtures/protocol/page.json';
import reply from '../../../tests/fixtures/protocol/reply.json';
import panel from '../../src/panel/index';
import { isReply, WIRE } from '../../src/panel/protocol';
import { FakeModel } from './model';

let root: HTMLElement;

function render(values: Record<string, unknown>): { model: FakeModel; el: HTMLElement; end: () => void } {
  const model = new FakeModel(values);
  const el = document.createElement('div');
  root.append(el);
  return { model, el, end: panel.render({ model, el }) };
}

const text = (el: HTMLElement, selector: string): string => el.querySelector(selector)?.textContent ?? '';
const button = (el: HTMLElement, name: string): HTMLButtonElement =>
  [...el.querySelectorAll('button')].find((b) => b.textContent === name) as HTMLButtonElement;

beforeEach(() => {
  document.body.replaceChildren();
  root = document.createElement('div');
  root.className = 'nnw-panel';
  document.body.append(root);
});

describe('the head', () => {
  it('says what is going on', () => {
    const { el } = render({ view: 'head', state: head, options });
    expect(text(el, '.nnw-name')).toBe('digits-mlp');
    expect(text(el, '[role=status]')).toBe('running');
    expect(text(el, '.nnw-facts').replaceAll('\u00a0', ' ')).toBe(
      'epoch 24 / 60 · step 1,204 · 2,300 steps/s · 0:21 left',
    );
    expect(text(el, '.nnw-cost')).toBe('costs 1.3 % of the time');
    expect(el.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')).toBe('39');
  });

  it('follows the state', () => {
    const { model, el } = render({ view: 'head', state: head, options });
    model.set('state', { ...head, status: 'failed', error: 'ValueError: too deep' });
    expect(text(el, '[role=status]')).toBe('failed');
    expect(text(el, '.nnw-error')).toBe('ValueError: too deep');
  });

  it('shows names as text', () => {
    const name = '<img src=x onerror="window.pwned=1">';
    const { el } = render({ view: 'head', state: { ...head, name }, options });
    expect(text(el, '.nnw-name')).toBe(name);
    expect(el.querySelector('img')).toBeNull();
  });

  it('does not guess at a kernel of another version', () => {
    const { el } = render({ view: 'head', state: { ...head, wire: 99 }, options });
    expect(text(el, '.nnw-name')).toBe('');
    expect(text(el, '.nnw-answer')).toContain('Reload');
  });

  it('asks for another axis and shows the refusal', async () => {
    const { model, el } = render({ view: 'head', state: head, options });
    button(el, 'time').click();
    expect(model.sent).toMatchObject([{ wire: WIRE, kind: 'x', value: 'time' }]);
    model.answer({ ok: false, error: 'not today' });
    await Promise.resolve();
    await Promise.resolve();
    expect(text(el, '.nnw-answer')).toBe('not today');
  });

  it('shows which axis, scale and mode are in force', () => {
    const { model, el } = render({ view: 'head', state: head, options });
    expect(button(el, 'epoch').getAttribute('aria-pressed')).toBe('true');
    expect(button(el, 'Reset').disabled).toBe(true);
    model.set('options', {
      ...options,
      x: 'step',
      axes: ['step', 'time'],
      log: true,
      mode: 'zoom',
      zoomed: true,
    });
    expect(button(el, 'step').getAttribute('aria-pressed')).toBe('true');
    expect(button(el, 'epoch').hidden).toBe(true);
    expect(button(el, 'log').getAttribute('aria-pressed')).toBe('true');
    expect(button(el, 'Zoom').getAttribute('aria-pressed')).toBe('true');
    expect(button(el, 'Reset').disabled).toBe(false);
  });

  it('switches tabs in the page alone, also by keyboard', () => {
    const { model, el } = render({ view: 'head', state: head, options });
    button(el, 'Table').click();
    expect(root.dataset.tab).toBe('table');
    expect(model.sent).toEqual([]);
    button(el, 'Table').focus();
    button(el, 'Table').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    expect(root.dataset.tab).toBe('runs');
    expect(document.activeElement?.textContent).toBe('Runs');
    expect(model.sent).toMatchObject([{ kind: 'runs' }]);
  });

  it('lets go of everything when the view ends', () => {
    const { model, end } = render({ view: 'head', state: head, options });
    expect(model.listeners).toBeGreaterThan(0);
    end();
    expect(model.listeners).toBe(0);
  });
});

describe('the legend', () => {
  it('names each line, its last value and what was not finite', () => {
    const { el } = render({ view: 'legend', state: legend });
    const items = [...el.querySelectorAll('.nnw-item')].map((item) => item.textContent);
    expect(items).toEqual(['training0.0573 not finite', 'validation0.200', 'an earlier one0.310']);
  });

  it('offers further metrics on the second chart', () => {
    const { model, el } = render({
      view: 'legend',
      state: { ...legend, main: false, metric: 'accuracy', items: [] },
    });
    const picker = el.querySelector('select') as HTMLSelectElement;
    expect(picker.hidden).toBe(false);
    expect([...picker.options].map((option) => option.value)).toEqual(['accuracy', 'lr']);
    picker.value = 'lr';
    picker.dispatchEvent(new Event('change'));
    expect(model.sent).toMatchObject([{ kind: 'metric', value: 'lr' }]);
  });
});

describe('the foot', () => {
  it('says what the process uses and what is saved', () => {
    const { el } = render({ view: 'foot', state: foot });
    expect(text(el, '.nnw-quiet')).toBe('CPU 62 %412 MBH200 37 %, 2.0 GB of 140.6 GBsaved to step 1,200');
    expect(text(el, '.nnw-notice')).toBe('train/loss was not a finite number 3 times.');
  });

  it('does not call saved what is not', () => {
    const notices = [{ kind: 'store', level: 'error', text: 'Not saved since step 3.', step: 3 }];
    const { el } = render({ view: 'foot', state: { ...foot, notices } });
    expect(text(el, '.nnw-saved')).toBe('');
    expect(text(el, '.nnw-notice')).toBe('Not saved since step 3.');
  });
});

describe('the other tabs', () => {
  it('give the numbers as a table', () => {
    const { el } = render({ view: 'page', state: page });
    const cells = [...el.querySelectorAll('tbody th, tbody td')].map((cell) => cell.textContent);
    expect(cells).toEqual(['train/loss', '0.057', '0.041', '1,187', '1,204', '3']);
  });

  it('draw an earlier run beside this one', () => {
    const { model, el } = render({ view: 'page', state: page });
    const box = el.querySelector('input') as HTMLInputElement;
    expect(box.checked).toBe(true);
    box.click();
    expect(model.sent).toMatchObject([
      { kind: 'overlay', value: { id: '20261101-101010-abc123', shown: false } },
    ]);
  });

  it('tell what happened', () => {
    const { el } = render({ view: 'page', state: page });
    expect(text(el, '.nnw-eventlist')).toBe('step 0Began on 2026-11-01 10:10:10.');
  });
});

it('a reply is recognised by its shape', () => {
  expect(isReply(reply)).toBe(true);
  expect(isReply({ kind: 'reply' })).toBe(false);
  expect(isReply(null)).toBe(false);
});
