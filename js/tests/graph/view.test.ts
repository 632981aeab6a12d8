import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import state from '../../../tests/fixtures/protocol/graph.json';
import view from '../../src/graph/index';
import { FakeModel } from '../panel/model';
import { net, packed, raw } from './made';

const EMPTY = new DataView(new ArrayBuffer(0));
const COLUMNS = {
  modules: ['conv', 'block.lin', 'block.act'],
  parameters: ['conv.weight', 'block.lin.weight', 'block.lin.bias'],
};
const VALUES = new DataView(
  Float32Array.from([0, 1, 0, Number.NaN, 0, 2, 0, Number.NaN, 0, 3, 0.5, 0.1, 1, 1, 1, 3, 1, 1, 4, 1, 1])
    .buffer,
);

let ends: (() => void)[] = [];

interface Opened {
  model: FakeModel;
  el: HTMLElement;
  stage: HTMLElement;
}

async function open(graph: Record<string, unknown>, values: Record<string, unknown> = {}): Promise<Opened> {
  const model = new FakeModel({
    state: { ...state, changes: {} },
    graph: await packed(graph),
    columns: {},
    values: EMPTY,
    ...values,
  });
  const el = document.createElement('div');
  document.body.append(el);
  ends.push(view.render({ model, el }));
  const stage = el.querySelector<HTMLElement>('.nnw-graph-stage') as HTMLElement;
  await vi.waitFor(() => expect(stage.dataset.painted).toBeDefined());
  return { model, el, stage };
}

const boxes = (el: HTMLElement): string[] =>
  [...el.querySelectorAll<SVGElement>('[data-key]')].map((box) => box.dataset.key ?? '');
const press = (target: Element, key: string, more = {}): boolean =>
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
const title = (el: HTMLElement): string => el.querySelector('.nnw-graph-dhead strong')?.textContent ?? '';
const drawn = async (el: HTMLElement, keys: string[]): Promise<void> => {
  await vi.waitFor(() => expect(boxes(el)).toEqual(expect.arrayContaining(keys)));
};
const button = (el: HTMLElement, text: string): HTMLButtonElement =>
  [...el.querySelectorAll('button')].find((one) => one.textContent === text) as HTMLButtonElement;
const sent = (model: FakeModel, kind: string): unknown[] =>
  model.sent.filter((command) => command.kind === kind).map((command) => command.value);

// jsdom has no canvas; it would say so at length.
HTMLCanvasElement.prototype.getContext = () => null;

beforeEach(() => document.body.replaceChildren());
afterEach(() => {
  for (const end of ends) end();
  ends = [];
});

describe('the view of a graph', () => {
  it('draws each box as an element, groups open as far as there is room', async () => {
    const { el } = await open(net());
    expect(boxes(el).sort()).toEqual(['add', 'block', 'block.act', 'block.lin', 'conv', 'net', 'x', 'y']);
    expect(el.querySelectorAll('.nnw-graph-link')).toHaveLength(2 + 5 + 3);
    expect(el.querySelector('[data-key=conv]')?.textContent).toBe('Conv2dconv · 10');
  });

  it('says why there is none yet', () => {
    const message = 'The graph appears with the first batch.';
    const model = new FakeModel({ state: { ...state, message }, graph: EMPTY, columns: {}, values: EMPTY });
    const el = document.createElement('div');
    ends.push(view.render({ model, el }));
    expect(el.querySelector('.nnw-graph-message')?.textContent).toBe(message);
    expect(el.querySelector<HTMLElement>('.nnw-graph-all')?.hidden).toBe(true);
  });

  it('keeps the graph before where the next one is broken', async () => {
    const { model, el } = await open(net());
    model.set('graph', new DataView(Uint8Array.from([1, 2, 3, 4]).buffer));
    const trouble = el.querySelector<HTMLElement>('[role=alert]') as HTMLElement;
    await vi.waitFor(() => expect(trouble.hidden).toBe(false));
    expect(trouble.textContent).toBe(
      'The graph that came from the kernel is not whole. The graph before is shown.',
    );
    expect(boxes(el)).toContain('conv');
    model.set('graph', await packed(net()));
    await vi.waitFor(() => expect(trouble.hidden).toBe(true));
  });

  it('does not guess at a kernel of another version', async () => {
    const { model, el } = await open(net());
    model.set('state', { ...state, wire: 99 });
    expect(el.querySelector('[role=alert]')?.textContent).toMatch(/different versions/);
  });

  it('shows names as text, in boxes, details and the outline', async () => {
    const name = '<img src=x onerror="window.pwned=1">';
    const graph = raw(
      [{ key: 'g', name, type: name, path: name }],
      [{ key: 'n', group: 'g', op: name, name, detail: name, error: name }],
      [],
    );
    const { el, stage } = await open(graph, { state: { ...state, message: name, changes: { n: name } } });
    press(stage, 'Home');
    button(el, 'Outline').click();
    expect(el.textContent).toContain(name);
    expect(el.querySelector('img')).toBeNull();
  });

  it('listens to nothing after its end', async () => {
    const { model } = await open(net());
    for (const end of ends) end();
    expect(model.listeners).toBe(0);
  });

  it('keeps what is open and selected when the graph is taken again', async () => {
    const { model, el, stage } = await open(net());
    press(stage, 'Home');
    press(stage, 'ArrowDown');
    expect(title(el)).toBe('conv');
    await close(el, stage);
    model.set('graph', await packed({ ...net(), hash: 'again' }));
    await vi.waitFor(() => expect(title(el)).toBe('block'));
    expect(boxes(el)).not.toContain('block.lin');
  });
});

/** Go to the inner group and close it. */
async function close(el: HTMLElement, stage: HTMLElement): Promise<void> {
  const field = el.querySelector('.nnw-graph-field') as HTMLInputElement;
  field.value = 'block';
  press(field, 'Enter');
  await vi.waitFor(() => expect(title(el)).toBe('block'));
  press(stage, 'Enter');
  await vi.waitFor(() => expect(boxes(el)).not.toContain('block.lin'));
}

describe('the keyboard', () => {
  it('follows the edges, opens and closes, deselects', async () => {
    const { el, stage } = await open(net());
    press(stage, 'Home');
    expect(title(el)).toBe('x');
    press(stage, 'ArrowDown');
    expect(title(el)).toBe('conv');
    press(stage, 'ArrowDown');
    expect(title(el)).toBe('lin');
    press(stage, 'ArrowUp');
    expect(title(el)).toBe('conv');
    press(stage, 'End');
    expect(title(el)).toBe('y');
    press(stage, 'Escape');
    expect(title(el)).toBe('');
    await close(el, stage);
    press(stage, 'Enter');
    await drawn(el, ['block.lin']);
  });

  it('leaves the keys of the panel to the panel, and keeps what is typed to itself', async () => {
    const { el, stage } = await open(net());
    const heard: string[] = [];
    document.body.addEventListener('keydown', (event) => heard.push(event.key), { once: false });
    press(stage, 'p');
    press(stage, 'ArrowDown');
    press(stage, 'a', { ctrlKey: true });
    const field = el.querySelector('.nnw-graph-field') as HTMLInputElement;
    press(field, 'x');
    expect(heard).toEqual(['p', 'a']);
    press(stage, '/');
    expect(document.activeElement).toBe(field);
  });

  it('is told what it leads to', async () => {
    const { el, stage } = await open(net());
    press(stage, 'Home');
    expect(el.querySelector('[aria-live]')?.textContent).toBe('x · input · 8×3');
  });
});

describe('the search field', () => {
  it('walks through the matches and opens what is around them', async () => {
    const { el, stage } = await open(net());
    await close(el, stage);
    const field = el.querySelector('.nnw-graph-field') as HTMLInputElement;
    field.value = 'block.';
    field.dispatchEvent(new Event('input'));
    await vi.waitFor(() => expect(el.querySelector('.nnw-graph-found')?.textContent).toBe('2'));
    press(field, 'Enter');
    await drawn(el, ['block.lin']);
    await vi.waitFor(() => expect(title(el)).toBe('lin'));
    expect(el.querySelector('.nnw-graph-found')?.textContent).toBe('1 / 2');
    press(field, 'Enter');
    await vi.waitFor(() => expect(title(el)).toBe('act'));
    press(field, 'Enter', { shiftKey: true });
    await vi.waitFor(() => expect(title(el)).toBe('lin'));
  });
});

describe('the details', () => {
  it('say what comes in, what goes out, and the parameters', async () => {
    const { el, stage } = await open(net(), { columns: COLUMNS, values: VALUES });
    press(stage, 'Home');
    press(stage, 'ArrowDown');
    press(stage, 'ArrowDown');
    const text = el.querySelector('.nnw-graph-details')?.textContent ?? '';
    expect(text).toContain('8×5 float32 conv');
    expect(text).toContain('weight 4×4 · 16');
    expect(text).toContain('bias 4 · 4 · not trained');
    expect(text).toContain('at step 400');
    expect(el.querySelector('[data-statistic=grad]')?.textContent).toBe('5.00');
    expect(el.querySelector('[data-statistic=dead]')?.textContent).toBe('no value');
  });

  it('lead to what is joined', async () => {
    const { el, stage } = await open(net());
    press(stage, 'Home');
    el.querySelector<HTMLElement>('.nnw-graph-jump')?.click();
    await vi.waitFor(() => expect(title(el)).toBe('conv'));
  });

  it('ask Python to plot what is selected, once, and to stop', async () => {
    const { model, stage } = await open(net());
    press(stage, 'Home');
    press(stage, 'ArrowDown');
    press(stage, 'Escape');
    expect(sent(model, 'graph_node')).toEqual([
      { key: 'x', statistic: 'std' },
      { key: 'conv', statistic: 'grad' },
      null,
    ]);
  });
});

describe('what is recorded', () => {
  it('tints the boxes, and says what the colours mean', async () => {
    const { el } = await open(net(), { columns: COLUMNS, values: VALUES });
    const fill = (key: string): string | null | undefined =>
      el.querySelector(`[data-key="${key}"] rect`)?.getAttribute('fill');
    const before = fill('conv');
    const select = el.querySelector('select[aria-label="Tint the boxes by"]') as HTMLSelectElement;
    select.value = 'std';
    select.dispatchEvent(new Event('change'));
    await vi.waitFor(() => expect(fill('conv')).not.toBe(before));
    expect(fill('conv')).not.toBe(fill('block.act'));
    expect(el.querySelector('.nnw-graph-ends')?.textContent).toBe('1.00log3.00');
    expect(el.querySelector('.nnw-graph-legend')?.textContent).toContain('closed groups: median');
  });

  it('is not offered where there is nothing', async () => {
    const { el } = await open(net());
    const select = el.querySelector('select[aria-label="Tint the boxes by"]') as HTMLElement;
    expect(select.closest('label')?.hidden).toBe(true);
  });

  it('goes back to a step, and lives again', async () => {
    const { model, el } = await open(net());
    const slider = el.querySelector('input[type=range]') as HTMLInputElement;
    expect(slider.value).toBe('3');
    slider.value = '1';
    slider.dispatchEvent(new Event('input'));
    expect(sent(model, 'graph_at')).toEqual([10]);
    model.answer({});
    await vi.waitFor(() => {
      button(el, 'Live').click();
      expect(sent(model, 'graph_at').at(-1)).toBeNull();
    });
  });

  it('offers the graphs of the run', async () => {
    const { model, el } = await open(net());
    const select = el.querySelector('select[aria-label="Graph of this run"]') as HTMLSelectElement;
    expect([...select.options].map((option) => option.text)).toEqual(state.graphs.map(({ label }) => label));
    select.value = '0';
    select.dispatchEvent(new Event('change'));
    expect(sent(model, 'graph_show')).toEqual([0]);
  });
});

describe('below the drawing', () => {
  it('lists findings, changes and notes, and shows where they are', async () => {
    const findings = [{ level: 'warning', path: 'block.act', since: 3, text: 'act: 93 % dead' }];
    const { el } = await open(
      { ...net(), notes: ['One branch was taken.'] },
      { state: { ...state, findings, changes: { conv: '3 → 5 features' } } },
    );
    await vi.waitFor(() => expect(el.querySelector('.nnw-graph-notes')).not.toBeNull());
    expect(el.querySelector('.nnw-graph-notes')?.textContent).toContain('One branch was taken.');
    expect(el.querySelector('.nnw-graph-notes')?.textContent).toContain(state.notes[0]);
    button(el, 'act: 93 % dead').click();
    await vi.waitFor(() => expect(title(el)).toBe('act'));
    button(el, 'conv: 3 → 5 features').click();
    await vi.waitFor(() => expect(title(el)).toBe('conv'));
    expect(el.querySelector('.nnw-graph-change')?.textContent).toBe('changed: 3 → 5 features');
  });
});

describe('the outline', () => {
  const entries = (el: HTMLElement): HTMLElement[] => [
    ...el.querySelectorAll<HTMLElement>('[role=treeitem]'),
  ];

  it('is a tree that opens and closes with the keys', async () => {
    const { el } = await open(net());
    button(el, 'Outline').click();
    expect(entries(el)).toHaveLength(3 + 3);
    const [, root] = entries(el) as [HTMLElement, HTMLElement];
    expect(root.querySelector('.nnw-graph-entry')?.textContent).toBe('Net · 30 parameters');
    root.focus();
    press(root, 'ArrowLeft');
    expect(root.getAttribute('aria-expanded')).toBe('false');
    press(root, 'ArrowRight');
    press(root, 'ArrowDown');
    expect(document.activeElement?.textContent).toBe('conv · Conv2d · 8×5 · 10 parameters');
    press(document.activeElement as Element, 'Enter');
    await vi.waitFor(() => expect(title(el)).toBe('conv'));
    expect(el.querySelector('[aria-selected=true] .nnw-graph-entry')?.textContent).toMatch(/^conv/);
  });

  it('makes only some entries of many at once', async () => {
    const nodes = Array.from({ length: 3000 }, (_, i) => ({ key: `n${i}`, group: 'g' }));
    const model = new FakeModel({
      state,
      graph: await packed(raw([{ key: 'g' }], nodes, [])),
      columns: {},
      values: EMPTY,
    });
    const el = document.createElement('div');
    document.body.append(el);
    ends.push(view.render({ model, el }));
    await vi.waitFor(() => expect(el.querySelector<HTMLElement>('.nnw-graph-all')?.hidden).toBe(false));
    button(el, 'Outline').click();
    expect(entries(el)).toHaveLength(102);
    expect(entries(el).at(-1)?.textContent).toBe('2,900 more');
    entries(el).at(-1)?.click();
    expect(entries(el)).toHaveLength(202);
  });
});
