import { describe, expect, it } from 'vitest';
import { dataUri, labelOf, themed } from '../../src/lab/still';

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" class="nnw-still nnw-light"><g class="nnw-light"/></svg>';

describe('themed', () => {
  it('turns the root to the dark palette and back, and leaves every other element alone', () => {
    const dark = themed(SVG, true);
    expect(dark).toBe(SVG.replace('nnw-still nnw-light', 'nnw-still nnw-dark'));
    expect(themed(dark, false)).toBe(SVG);
  });

  it('is the same picture where the palette is the right one already', () => {
    expect(themed(SVG, false)).toBe(SVG);
  });

  it('finds the root after a prolog and a comment', () => {
    const text = `<?xml version="1.0"?>\n<!-- a run -->\n${SVG}`;
    expect(themed(text, true)).toContain('class="nnw-still nnw-dark"');
  });

  it('leaves a picture without palettes as it is', () => {
    expect(themed('<svg viewBox="0 0 1 1"/>', true)).toBe('<svg viewBox="0 0 1 1"/>');
    expect(themed('', true)).toBe('');
  });
});

describe('dataUri', () => {
  it('carries every character of the picture', () => {
    const text = '<svg><text>100 % #1 "ü" 損失 🙂</text></svg>';
    const uri = dataUri(text);
    const prefix = 'data:image/svg+xml;charset=utf-8,';
    expect(uri.startsWith(prefix)).toBe(true);
    expect(uri).not.toMatch(/[#"<>\s]/);
    expect(decodeURIComponent(uri.slice(prefix.length))).toBe(text);
  });

  it('survives half a character', () => {
    expect(decodeURIComponent(dataUri('a\uD83Db'))).toContain('a\uFFFDb');
  });
});

describe('labelOf', () => {
  it('returns the words of the root', () => {
    expect(labelOf('<svg xmlns="http://www.w3.org/2000/svg" aria-label="a &lt;b&gt; &quot;c&quot;"/>')).toBe(
      'a <b> "c"',
    );
  });

  it.each(['', '<svg', '<svg aria-label="a"><b></svg>', '<p aria-label="a"/>', SVG])(
    'has none for %j',
    (svg) => {
      expect(labelOf(svg)).toBe('');
    },
  );
});
