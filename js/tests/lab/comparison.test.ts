import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { beforeEach, describe, expect, it } from 'vitest';
import { ComparisonOutput } from '../../src/lab/comparison';
import { COMPARISON_MIME, readComparison } from '../../src/lab/payload';

const DATA = {
  version: 1,
  still: '<svg xmlns="http://www.w3.org/2000/svg" class="nnw-light" aria-label="loss of a &amp; b"/>',
  names: ['plain', 'a very long name'],
  rows: [
    ['', 'plain', 'a very…'],
    ['best validation loss', '0.2', '0.1'],
    ['flag', 'none', 'raised at epoch 12'],
  ],
  text: 'Better.',
};

let dark: boolean;
let themeChanged: () => void;
let output: ComparisonOutput;

const theme = {
  isDark: () => dark,
  onChange: (callback: () => void, signal: AbortSignal) => {
    themeChanged = () => signal.aborted || callback();
  },
};

function model(data: unknown): IRenderMime.IMimeModel {
  return {
    trusted: false,
    data: { [COMPARISON_MIME]: data },
    metadata: {},
    setData: () => {},
  } as IRenderMime.IMimeModel;
}

const picture = () => decodeURIComponent(output.node.querySelector('img')?.src ?? '');
const cells = () =>
  [...output.node.querySelectorAll('tr')].map((row) => [...row.children].map((cell) => cell.textContent));

beforeEach(() => {
  dark = false;
  output = new ComparisonOutput(theme);
});

describe('ComparisonOutput', () => {
  it('shows the picture, the table and the sentence, in an untrusted notebook too', async () => {
    await output.renderModel(model(DATA));
    expect(picture()).toContain('nnw-light');
    expect(output.node.querySelector('img')?.alt).toBe('loss of a & b');
    expect(cells()).toEqual(DATA.rows);
    expect(output.node.querySelector('p')?.textContent).toBe('Better.');
    expect([...output.node.querySelectorAll('th[title]')].map((head) => head.getAttribute('title'))).toEqual(
      DATA.names,
    );
  });

  it('follows the theme until it is disposed', async () => {
    dark = true;
    await output.renderModel(model(DATA));
    expect(picture()).toContain('nnw-dark');
    dark = false;
    themeChanged();
    expect(picture()).toContain('nnw-light');
    output.dispose();
    dark = true;
    themeChanged();
    expect(picture()).toContain('nnw-light');
  });

  it('draws itself anew at each update, and nothing for what it cannot read', async () => {
    await output.renderModel(model(DATA));
    await output.renderModel(model({ ...DATA, text: 'Worse.' }));
    expect(output.node.querySelectorAll('img, table, p')).toHaveLength(3);
    expect(output.node.textContent).toContain('Worse.');
    await output.renderModel(model({ still: 3 }));
    expect(output.node.childNodes).toHaveLength(0);
    themeChanged();
    expect(output.node.childNodes).toHaveLength(0);
  });

  it('keeps markup of names and of the picture out of the page', async () => {
    const evil = '<img src=x onerror=alert(1)><script>x()</script>';
    const rows = [
      ['', evil, evil],
      [evil, evil, evil],
    ];
    const still = '<svg onload="x()"><script>y()</script></svg>';
    await output.renderModel(model({ still, names: [evil, evil], rows, text: evil }));
    expect(output.node.querySelector('script, svg, [onload], [onerror]')).toBeNull();
    expect(output.node.querySelectorAll('img')).toHaveLength(1);
    expect(cells()).toEqual(rows);
  });
});

describe('readComparison', () => {
  it('reads what Python writes, and a later version that has more in it', () => {
    expect(readComparison({ ...DATA, version: 9, more: 1 })?.rows).toEqual(DATA.rows);
  });

  it.each([
    undefined,
    null,
    3,
    [],
    {},
    { ...DATA, still: 1 },
    { ...DATA, names: 'ab' },
    { ...DATA, names: [1] },
    { ...DATA, rows: [] },
    { ...DATA, rows: ['ab'] },
    { ...DATA, rows: [[1]] },
    { ...DATA, text: null },
  ])('refuses %j', (data) => {
    expect(readComparison(data)).toBeNull();
  });
});
