import { describe, expect, it, vi } from 'vitest';
import { properties } from '../../schema/settings.json';
import { Notice } from '../../src/lab/notice';
import { DEFAULTS } from '../../src/lab/preferences';
import { wordsFor } from '../../src/lab/words';

vi.mock('@jupyterlab/apputils', () => ({ Clipboard: { copyToSystem: vi.fn() } }));

describe('Notice', () => {
  it('offers earlier runs, and says what went wrong', async () => {
    const notice = new Notice();
    const act = vi.fn(async () => 'The kernel did not answer.');
    notice.say(wordsFor('unloaded'), act);
    expect(notice.isHidden).toBe(false);
    expect(notice.node.querySelector('pre')?.textContent).toContain('nnw.watch');
    const buttons = [...notice.node.querySelectorAll('button')];
    buttons.find((button) => button.textContent === 'Show earlier runs')?.click();
    await vi.waitFor(() =>
      expect(notice.node.querySelector('[role=alert]')?.textContent).toBe('The kernel did not answer.'),
    );
    notice.say(wordsFor('desk'));
    expect([notice.isHidden, notice.node.textContent]).toEqual([true, '']);
  });

  it('names the command that installs, where it is missing', () => {
    const notice = new Notice();
    notice.say(wordsFor('missing'));
    expect(notice.node.querySelector('pre')?.textContent).toBe('%pip install nnwidgets');
    expect(notice.node.querySelector('button')?.textContent).toBe('Copy');
  });
});

it('has the same defaults without a registry of settings as with one', () => {
  const own = Object.fromEntries(
    Object.entries(properties).map(([k, v]) => [k, (v as { default: unknown }).default]),
  );
  expect(DEFAULTS).toEqual(own);
});
