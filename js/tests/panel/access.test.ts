import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import controls from '../../../tests/fixtures/protocol/controls.json';
import flag from '../../../tests/fixtures/protocol/flag.json';
import foot from '../../../tests/fixtures/protocol/foot.json';
import head from '../../../tests/fixtures/protocol/head.json';
import legend from '../../../tests/fixtures/protocol/legend.json';
import options from '../../../tests/fixtures/protocol/options.json';
import page from '../../../tests/fixtures/protocol/page.json';
import table from '../../../tests/fixtures/protocol/points.json';
import panel from '../../src/panel/index';
import { FakeModel } from './model';

let root: HTMLElement;

function render(values: Record<string, unknown>, into = root): { model: FakeModel; el: HTMLElement } {
  const model = new FakeModel(values);
  const el = document.createElement('div');
  into.append(el);
  panel.render({ model, el });
  return { model, el };
}

beforeEach(() => {
  vi.useFakeTimers();
  root = document.createElement('div');
  root.className = 'nnw-panel';
  document.body.replaceChildren(root);
});
afterEach(() => vi.useRealTimers());

describe('what a screen reader is told', () => {
  const spoken = (): string[] => {
    vi.advanceTimersByTime(1000);
    const region = root.querySelector('.nnw-voice[aria-live=polite]');
    const said = [...(region?.children ?? [])].map((line) => line.textContent ?? '');
    region?.replaceChildren();
    return said;
  };

  it('is the status and not the steps', () => {
    const { model } = render({ view: 'head', state: head, options });
    expect(spoken()).toEqual(['digits-mlp: running']);
    for (let step = 1; step < 50; step += 1) model.set('state', { ...head, step, frame: step });
    expect(spoken()).toEqual([]);
    model.set('state', { ...head, status: 'paused' });
    expect(spoken()).toEqual(['digits-mlp: paused']);
    model.set('state', { ...head, status: 'failed', error: 'ValueError: too deep', open: false });
    expect(spoken()).toEqual(['digits-mlp: failed. ValueError: too deep']);
  });

  it('is silent about a run that is over when it is opened, and about a status that does not last', () => {
    const { model } = render({ view: 'head', state: { ...head, status: 'finished', open: false }, options });
    expect(spoken()).toEqual([]);
    model.set('state', { ...head, status: 'running' });
    model.set('state', { ...head, status: 'finished', open: false });
    expect(spoken()).toEqual([]);
  });

  it('is what was applied, with its control, and what is flagged or warned of', () => {
    render({ view: 'head', state: { ...head, status: 'finished', open: false }, options });
    const control = render({ view: 'controls', state: { ...controls, requested: [], decided: [] } });
    const flagged = render({ view: 'flag', state: { ...flag, level: 'none', text: '' } });
    const noticed = render({ view: 'foot', state: { ...foot, notices: [] } });
    expect(spoken()).toEqual([]);
    const decided = {
      control: 'dropout',
      applied: true,
      step: 120,
      text: '0.4, applied at step 120',
      note: null,
    };
    control.model.set('state', { ...controls, requested: [], decided: [decided] });
    control.model.set('state', { ...controls, requested: [], decided: [decided] });
    expect(spoken()).toEqual(['Dropout: 0.4, applied at step 120']);
    flagged.model.set('state', flag);
    noticed.model.set('state', {
      ...foot,
      notices: [{ kind: 'store', level: 'error', text: 'The disk is full.', step: 3 }],
    });
    expect(spoken()).toEqual([flag.text, 'The disk is full.']);
    flagged.model.set('state', { ...flag, level: 'withdrawn', text: 'It is taken back.' });
    expect(spoken()).toEqual(['It is taken back.']);
  });

  it('has one live region in all views of a panel', () => {
    render({ view: 'head', state: head, options });
    render({ view: 'controls', state: controls });
    render({ view: 'flag', state: flag });
    render({ view: 'foot', state: foot });
    render({ view: 'page', state: page });
    render({ view: 'legend', state: legend });
    expect(root.querySelectorAll('[aria-live]:not([aria-live=off]), [role=alert], [role=log]')).toHaveLength(
      1,
    );
  });
});

describe('a chart', () => {
  const chart = (): { box: HTMLElement; figure: HTMLElement; model: FakeModel } => {
    const box = document.createElement('div');
    box.className = 'nnw-chart';
    root.append(box);
    const { model } = render({ view: 'legend', state: legend }, box);
    const figure = document.createElement('div');
    figure.className = 'nnw-figure';
    box.append(figure);
    vi.advanceTimersByTime(20);
    return { box, figure, model };
  };

  it('says in words what it shows, not more often than anybody asks', () => {
    const { figure, model } = chart();
    const named = (): string | null => figure.getAttribute('aria-label');
    expect(figure.getAttribute('role')).toBe('img');
    expect(named()).toBe('Chart of loss: training 0.057, validation 0.200, an earlier one 0.310');
    const [first, ...others] = legend.items;
    model.set('state', { ...legend, items: [{ ...first, value: '0.05' }, ...others] });
    expect(named()).toContain('training 0.057');
    vi.advanceTimersByTime(3000);
    expect(named()).toContain('training 0.05,');
  });

  it('is zoomed and moved by keys', () => {
    const { box, model } = chart();
    expect(box.tabIndex).toBe(0);
    for (const key of ['+', '-', 'ArrowLeft', 'ArrowRight', '0', 'q']) {
      box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    }
    expect(model.sent.map(({ kind, value }) => [kind, value])).toEqual([
      ['nudge', 'in'],
      ['nudge', 'out'],
      ['nudge', 'left'],
      ['nudge', 'right'],
      ['reset', null],
    ]);
    // What is inside keeps its own keys.
    box.querySelector('select')?.dispatchEvent(new KeyboardEvent('keydown', { key: '+', bubbles: true }));
    expect(model.sent).toHaveLength(5);
  });
});

describe('the points of a chart', () => {
  it('are asked for when somebody opens them, and again on demand', async () => {
    const { model, el } = render({ view: 'page', state: page });
    const fold = el.querySelector('details') as HTMLDetailsElement;
    expect(fold.textContent).toContain('Show the points of loss');
    expect(model.sent).toEqual([]);
    fold.open = true;
    await vi.advanceTimersByTimeAsync(10);
    expect(model.sent).toMatchObject([{ kind: 'points', value: 'loss' }]);
    model.answer({ data: JSON.stringify(table) });
    await vi.runAllTimersAsync();
    expect(fold.querySelector('caption')?.textContent).toBe('loss: 2 points');
    expect([...fold.querySelectorAll('th[scope=col]')].map((head) => head.textContent)).toEqual(
      table.columns,
    );
    expect(
      [...fold.querySelectorAll('tbody tr')].map((row) => [...row.children].map((c) => c.textContent)),
    ).toEqual(table.rows);
    model.set('state', { ...page, table: [{ ...page.table[0], points: 9 }] });
    expect(fold.isConnected && fold.open).toBe(true);
    expect(model.sent).toHaveLength(1);
    fold.querySelector('button')?.click();
    expect(model.sent).toHaveLength(2);
    model.answer({ data: JSON.stringify({ ...table, count: 900 }) });
    await vi.runAllTimersAsync();
    expect(fold.querySelector('caption')?.textContent).toContain('2 of 900 points');
  });

  it('of the chart under the graph are asked for without a metric', async () => {
    const { model, el } = render({ view: 'points', state: { wire: 1 } });
    const fold = el.querySelector('details') as HTMLDetailsElement;
    fold.open = true;
    await vi.advanceTimersByTimeAsync(10);
    expect(model.sent).toMatchObject([{ kind: 'points', value: null }]);
  });
});
