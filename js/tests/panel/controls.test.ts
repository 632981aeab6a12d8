import { beforeEach, describe, expect, it, vi } from 'vitest';
import controls from '../../../tests/fixtures/protocol/controls.json';
import head from '../../../tests/fixtures/protocol/head.json';
import options from '../../../tests/fixtures/protocol/options.json';
import panel from '../../src/panel/index';
import { scientific } from '../../src/panel/sliders';
import { FakeModel } from './model';

let root: HTMLElement;

function render(values: Record<string, unknown>): { model: FakeModel; el: HTMLElement; end: () => void } {
  const model = new FakeModel(values);
  const el = document.createElement('div');
  root.append(el);
  return { model, el, end: panel.render({ model, el }) };
}

const labelled = (el: HTMLElement, name: string): HTMLInputElement =>
  el.querySelector(`[aria-label="${name}"]`) as HTMLInputElement;
const section = (el: HTMLElement, name: string): HTMLElement =>
  el.querySelector(`[data-control=${name}]`) as HTMLElement;
const asked = (model: FakeModel): unknown => model.sent.filter((c) => c.kind === 'control').at(-1)?.value;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  document.body.replaceChildren();
  root = document.createElement('div');
  root.className = 'nnw-panel';
  document.body.append(root);
});

describe('the controls', () => {
  it('show what is in force, what was asked for, and what became of it', () => {
    const { el } = render({ view: 'controls', state: controls });
    expect(labelled(el, 'Dropout').value).toBe('0.5');
    expect(labelled(el, 'Learning rate, exact value').value).toBe('1e-3');
    expect(labelled(el, 'Device').value).toBe('cpu');
    expect(section(el, 'size').textContent).toContain('26,122 parameters');
    expect(section(el, 'size').textContent).toContain('size 2× requested, waits for the next step …');
    expect(section(el, 'dropout').textContent).toContain('0.2 → 0.5, applied at step 862');
    expect(el.querySelector('.nnw-route')?.textContent).toBe('steering: own subshell');
  });

  it('list the snapshots with a way back to each, also after the end', () => {
    const { model, el } = render({ view: 'controls', state: controls });
    const list = section(el, 'restore');
    expect(list.textContent).toContain('best, epoch 14');
    expect(list.textContent).toContain('validation 0.412');
    expect(list.querySelector('.nnw-value')?.textContent).toBe('2');
    labelled(list, 'Go back to before dropout 0.2 → 0.5').click();
    expect(asked(model)).toEqual({ control: 'restore', value: 5 });
    const button = labelled(list, 'Go back to best, epoch 14');
    button.focus();
    model.set('state', { ...controls, open: false, snapshots: controls.snapshots.slice(1) });
    expect(labelled(list, 'Go back to best, epoch 14')).toBe(button);
    button.blur();
    model.set('state', { ...controls, open: false });
    labelled(list, 'Go back to best, epoch 14').click();
    expect(asked(model)).toEqual({ control: 'restore', value: 3 });
    model.set('state', { ...controls, snapshots: [] });
    expect(list.hidden).toBe(true);
  });

  it('ask when a slider is let go, once for several arrow keys', () => {
    const { model, el } = render({ view: 'controls', state: controls });
    const slider = labelled(el, 'Dropout');
    for (const value of ['0.55', '0.6', '0.65']) {
      slider.value = value;
      slider.dispatchEvent(new Event('input'));
      slider.dispatchEvent(new Event('change'));
    }
    vi.advanceTimersByTime(200);
    expect(model.sent.filter((c) => c.kind === 'control')).toHaveLength(1);
    expect(asked(model)).toEqual({ control: 'dropout', value: 0.65 });
  });

  it('show the old value again when they are refused', async () => {
    const { model, el } = render({ view: 'controls', state: controls });
    const slider = labelled(el, 'Dropout');
    slider.value = '0.9';
    slider.dispatchEvent(new Event('input'));
    slider.dispatchEvent(new Event('change'));
    vi.advanceTimersByTime(200);
    model.set('state', { ...controls });
    expect(slider.value).toBe('0.9');
    model.answer({ ok: false, error: 'no' });
    await Promise.resolve();
    await Promise.resolve();
    expect(slider.value).toBe('0.5');
  });

  it('send a learning rate as it is written: a number, or a multiple', () => {
    const { model, el } = render({ view: 'controls', state: controls });
    const field = labelled(el, 'Learning rate, exact value');
    for (const [text, value] of [
      ['2e-4', 2e-4],
      ['×0.5', '×0.5'],
      ['fast', 'fast'],
    ] as const) {
      field.value = text;
      field.dispatchEvent(new Event('change'));
      expect(asked(model)).toEqual({ control: 'learning_rate', value });
    }
  });

  it('offer to insert dropout where there is none', () => {
    const dropout = { value: null, layers: [], offer: ['1', '4'] };
    const { model, el } = render({
      view: 'controls',
      state: { ...controls, facts: { ...controls.facts, dropout } },
    });
    const button = [...section(el, 'dropout').querySelectorAll('button')].find((b) => !b.hidden);
    expect(section(el, 'dropout').textContent).toContain('no dropout layers');
    button?.click();
    expect(asked(model)).toEqual({ control: 'insert_dropout', value: { rate: 0.3, after: ['1', '4'] } });
  });

  it('have a slider for each parameter group', () => {
    const groups = [
      { name: 'body', value: 0.1 },
      { name: '<b>head</b>', value: 0.01 },
    ];
    const learning_rate = { value: 0.1, groups, note: null };
    const { model, el } = render({
      view: 'controls',
      state: { ...controls, facts: { ...controls.facts, learning_rate } },
    });
    const slider = labelled(el, 'Learning rate of <b>head</b>');
    slider.value = '-3';
    slider.dispatchEvent(new Event('change'));
    vi.advanceTimersByTime(200);
    expect(asked(model)).toEqual({ control: 'learning_rate', value: { 1: 0.001 } });
    expect(el.querySelector('b')).toBeNull();
  });

  it('hide what a framework does not have, and rest when the run is over', () => {
    const facts = { ...controls.facts, device: null, size: null };
    const { el } = render({
      view: 'controls',
      state: { ...controls, facts, open: false, status: 'finished' },
    });
    expect(section(el, 'device').hidden).toBe(true);
    expect(section(el, 'size').hidden).toBe(true);
    expect(labelled(el, 'Dropout').disabled).toBe(true);
  });

  it('look at the layers when somebody wants to see them', () => {
    const { model, el } = render({ view: 'controls', state: controls });
    const fold = section(el, 'size').querySelector('details') as HTMLDetailsElement;
    fold.open = true;
    fold.dispatchEvent(new Event('toggle'));
    expect(asked(model)).toEqual({ control: 'look', value: null });
    const field = labelled(el, 'Width of fc1');
    field.value = '128';
    field.dispatchEvent(new Event('change'));
    expect(asked(model)).toEqual({ control: 'size', value: { fc1: 128 } });
  });
});

describe('a request without an answer', () => {
  it('goes by the control channel as well, once', () => {
    const sendControlMessage = vi.fn();
    const model = new FakeModel({ view: 'controls', state: controls, address: 'abc' });
    model.widget_manager = { kernel: { clientId: 'c', username: 'u', sendControlMessage } };
    const el = document.createElement('div');
    root.append(el);
    panel.render({ model, el });
    labelled(el, 'Dropout').dispatchEvent(new Event('change'));
    vi.advanceTimersByTime(1000);
    const sent = sendControlMessage.mock.calls.map((call) => call[0].content);
    const command = model.sent.find((c) => c.kind === 'control');
    expect(sent).toContainEqual({ model: 'abc', data: command });
    expect(sent.filter((content) => content.data === command)).toHaveLength(1);
  });

  it('is harmless where the front end has no such way', () => {
    const { model, el } = render({ view: 'controls', state: controls, address: 'abc' });
    labelled(el, 'Dropout').dispatchEvent(new Event('change'));
    vi.advanceTimersByTime(1000);
    expect(model.sent.some((c) => c.kind === 'control')).toBe(true);
  });
});

describe('the buttons', () => {
  const named = (el: HTMLElement, name: string): HTMLButtonElement =>
    [...el.querySelectorAll('button')].find((b) => b.textContent === name) as HTMLButtonElement;

  it('steer', () => {
    const { model, el } = render({ view: 'head', state: { ...head, undo: 'dropout 0.2 → 0.5' }, options });
    for (const [name, control] of [
      ['Pause', 'pause'],
      ['Step', 'step'],
      ['Evaluate now', 'evaluate'],
      ['Stop', 'stop'],
      ['Undo', 'undo'],
    ] as const) {
      named(el, name).click();
      expect(asked(model)).toEqual({ control, value: null });
    }
  });

  it('become Resume while paused, and rest when there is nothing to steer', () => {
    const { model, el } = render({ view: 'head', state: { ...head, status: 'paused' }, options });
    named(el, 'Resume').click();
    expect(asked(model)).toEqual({ control: 'resume', value: null });
    expect(named(el, 'Undo').disabled).toBe(true);
    model.set('state', { ...head, open: false, status: 'finished' });
    expect(named(el, 'Pause').disabled).toBe(true);
  });
});

describe('learning rates', () => {
  it.each([
    [1e-3, '1e-3'],
    [2.5e-4, '2.5e-4'],
    [0.1, '0.1'],
    [0, '0'],
    [0.01, '0.01'],
  ])('%d is written %s', (value, text) => {
    expect(scientific(value)).toBe(text);
  });
});
