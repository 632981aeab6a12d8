import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
import { expect, test, vi } from 'vitest';
import FIXTURE from '../../../tests/fixtures/protocol/desk.json';
import { DeskLink } from '../../src/lab/desk';
import type { Place } from '../../src/lab/desks';
import { openTab } from '../../src/lab/tab';
import { Context } from './context';

// jsdom lacks what these need when they are loaded. As JupyterLab's, the tab has the title of what it holds.
vi.mock('@jupyterlab/apputils', async () => {
  const { Widget } = await import('@lumino/widgets');
  class MainAreaWidget extends Widget {
    constructor({ content }: { content: Widget }) {
      super();
      content.title.changed.connect(({ label, caption }) => Object.assign(this.title, { label, caption }));
    }
    readonly toolbar = new Widget();
  }
  return { Clipboard: {}, MainAreaWidget };
});
vi.mock('../../src/lab/icon', () => ({ curvesIcon: undefined }));

test('a tab follows the name of its run', () => {
  const [run] = FIXTURE.runs;
  const context = new Context();
  const link = new DeskLink(context.own);
  const hear = (name: string): void => {
    const status = { ...FIXTURE, runs: [{ ...run, name }] };
    context.hear('comm_msg', {
      comm_id: 'nnwidgets-desk-1',
      data: { method: 'update', state: { status } },
    });
  };
  hear('before');
  const tabs: Widget[] = [];
  const shell = {
    widgets: () => tabs,
    add: (tab: Widget) => tabs.push(tab),
    activateById: () => {},
  } as unknown as JupyterFrontEnd.IShell;
  const registry = { getFactory: () => undefined } as unknown as IRenderMimeRegistry;
  const place = { widget: new Widget(), link, rendermime: registry } as unknown as Place;
  openTab(shell, registry, place, { model: 'panel', run: run?.id ?? '', name: 'before' });
  expect(tabs.map(({ title }) => title.label)).toEqual(['before']);
  hear('after');
  expect(tabs.map(({ title }) => title.label)).toEqual(['after']);
  expect(tabs[0]?.title.caption).toMatch(/^after: /);
  link.dispose();
});
